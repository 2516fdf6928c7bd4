//! The local root key: its file, its text form, and what it wraps.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use phi_seal::key::{
    KeyError, KeyErrorKind, KeyScope, KeyUse, Kms, LocalKms, WrapContext, WrappedKey,
};
use phi_seal::{KeyId, SecretBytes, TenantId};
use pollster::block_on;

/// The bytes 0 to 31.
const ROOT: &str = "phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// Computed with Python's hmac: HKDF-Expand of those bytes with `phi-seal/v1 local-kms-id`.
const REFERENCE: &str = "local:3b8c864724a4074d84d1000f850febe7";

fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let _ = mode;
}

fn read(content: impl AsRef<[u8]>) -> Result<LocalKms, KeyErrorKind> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    write(&path, content, 0o600);
    LocalKms::from_file(&path).map_err(|error| error.kind())
}

fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

fn context(version: u32) -> WrapContext {
    let tenant = TenantId::new("clinic-9").unwrap();
    let scope = KeyScope::tenant(tenant, KeyUse::Index);
    WrapContext::new(&scope, &KeyId::from_bytes([7; 32]), version)
}

fn payload() -> SecretBytes {
    SecretBytes::from_vec(b"0123456789abcdef0123456789abcdef".to_vec())
}

#[test]
fn the_text_form_is_strict() {
    assert_eq!(read(ROOT).unwrap().reference(), REFERENCE);
    assert_eq!(read(format!("{ROOT}\n")).unwrap().reference(), REFERENCE);
    let body = ROOT.strip_prefix("phi-root1.").unwrap();
    for bad in [
        String::new(),
        "\n".into(),
        body.into(),
        "phi-root1.".into(),
        format!("phi-root2.{body}"),
        format!("PHI-ROOT1.{body}"),
        format!(" {ROOT}"),
        format!("{ROOT}\r\n"),
        format!("{ROOT}\n\n"),
        format!("{ROOT} "),
        format!("{ROOT}="),
        format!("{ROOT}A"),
        ROOT[..ROOT.len() - 1].into(),
        // The last symbol's unused bits are not zero.
        format!("{}9", &ROOT[..ROOT.len() - 1]),
        ROOT.replace('A', "+"),
        ROOT.replace('A', "\0"),
        "x".repeat(100_000),
    ] {
        assert_eq!(read(&bad).err(), Some(KeyErrorKind::Malformed), "{bad:?}");
    }
    assert_eq!(read([0xff; 53]).err(), Some(KeyErrorKind::Malformed));
    for len in 0..ROOT.len() {
        assert_eq!(read(&ROOT[..len]).err(), Some(KeyErrorKind::Malformed));
    }
}

#[test]
fn a_file_is_made_once_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    assert_eq!(
        kind(LocalKms::from_file(&path)),
        Some(KeyErrorKind::NotFound)
    );
    assert!(!path.exists());

    let made = LocalKms::create_file(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("phi-root1.") && text.ends_with('\n') && text.len() == 54);
    assert_eq!(
        LocalKms::from_file(&path).unwrap().reference(),
        made.reference()
    );
    assert_eq!(
        kind(LocalKms::create_file(&path)),
        Some(KeyErrorKind::AlreadyExists)
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // No temporary file stays behind.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let nowhere = folder.path().join("no/root.key");
    assert_eq!(
        kind(LocalKms::create_file(nowhere)),
        Some(KeyErrorKind::NotFound)
    );
    let other = LocalKms::create_file(folder.path().join("other.key")).unwrap();
    assert_ne!(other.reference(), made.reference());
}

#[cfg(unix)]
#[test]
fn only_a_regular_file_of_its_owner_alone_is_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    LocalKms::create_file(&path).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(LocalKms::from_file(&path).is_ok(), "{mode:o}");
    }
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(LocalKms::from_file(&link).is_ok());
    // A link is a name that is taken, wherever it leads.
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("nothing"), &dangling).unwrap();
    assert_eq!(
        kind(LocalKms::create_file(&dangling)),
        Some(KeyErrorKind::AlreadyExists)
    );
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&path, &link] {
            let refused = Some(KeyErrorKind::Permissions);
            assert_eq!(kind(LocalKms::from_file(path)), refused, "{mode:o}");
        }
    }
    for other in [folder.path(), Path::new("/dev/null")] {
        assert_eq!(
            kind(LocalKms::from_file(other)),
            Some(KeyErrorKind::Malformed)
        );
    }
}

#[test]
fn what_is_wrapped_opens_in_its_own_place_only() {
    let kms = LocalKms::generate().unwrap();
    let wrapped = block_on(kms.wrap(&payload(), &context(1))).unwrap();
    assert_eq!(wrapped.reference(), kms.reference());
    assert_eq!(wrapped.as_bytes().len(), 24 + 32 + 16);
    let opened = block_on(kms.unwrap(&wrapped, &context(1))).unwrap();
    assert_eq!(opened.as_slice(), payload().as_slice());
    let again = block_on(kms.wrap(&payload(), &context(1))).unwrap();
    assert!(again != wrapped, "nonces are fresh");

    let refused = Some(KeyErrorKind::WrongKey);
    assert_eq!(kind(block_on(kms.unwrap(&wrapped, &context(2)))), refused);
    for at in 0..wrapped.as_bytes().len() {
        let mut bytes = wrapped.as_bytes().to_vec();
        bytes[at] ^= 1;
        let changed = WrappedKey::new(wrapped.reference(), bytes).unwrap();
        assert_eq!(kind(block_on(kms.unwrap(&changed, &context(1)))), refused);
    }
    for len in 1..wrapped.as_bytes().len() {
        let bytes = wrapped.as_bytes()[..len].to_vec();
        let cut = WrappedKey::new(wrapped.reference(), bytes).unwrap();
        assert_eq!(kind(block_on(kms.unwrap(&cut, &context(1)))), refused);
    }
}

#[test]
fn another_root_key_is_named_as_the_cause() {
    let (one, other) = (LocalKms::generate().unwrap(), LocalKms::generate().unwrap());
    let wrapped = block_on(one.wrap(&payload(), &context(1))).unwrap();
    let error = block_on(other.unwrap(&wrapped, &context(1))).unwrap_err();
    assert_eq!(error.kind(), KeyErrorKind::WrongKey);
    assert!(
        error.to_string().contains("root key is another one"),
        "{error}"
    );
    // Putting the other root key's name there does not help.
    let renamed = WrappedKey::new(other.reference(), wrapped.as_bytes().to_vec()).unwrap();
    assert_eq!(
        kind(block_on(other.unwrap(&renamed, &context(1)))),
        Some(KeyErrorKind::WrongKey)
    );
}

#[test]
fn the_context_for_remote_services_is_opaque() {
    let context = context(3);
    assert!(String::from_utf8_lossy(context.as_bytes()).contains("clinic-9"));
    let pairs = context.opaque_pairs();
    assert_eq!(pairs[0], ("phi-seal-use", "index".to_owned()));
    assert_eq!(pairs[1].0, "phi-seal-context");
    assert_eq!(pairs[1].1.len(), 64);
    let hex = KeyId::from_bytes(context.digest()).to_hex();
    assert_eq!(pairs[1].1, hex);
    assert!(!format!("{context:?}").contains("clinic-9"));
}

#[test]
fn wrapped_keys_have_limits() {
    let long = "k".repeat(513);
    for reference in ["", "a\nb", "schlüssel", "a\0", &long] {
        let refused = kind(WrappedKey::new(reference, vec![1]));
        assert_eq!(refused, Some(KeyErrorKind::Contract), "{reference:?}");
    }
    assert!(WrappedKey::new("arn:aws:kms:eu-central-1:1:key/7", vec![1; 8192]).is_ok());
    assert_eq!(
        kind(WrappedKey::new("k", vec![])),
        Some(KeyErrorKind::Contract)
    );
    assert_eq!(
        kind(WrappedKey::new("k", vec![1; 8193])),
        Some(KeyErrorKind::Contract)
    );
}

#[test]
fn debug_shows_no_root_key() {
    let text = format!("{:?}", read(ROOT).unwrap());
    assert_eq!(
        text,
        format!("LocalKms {{ reference: \"{REFERENCE}\", .. }}")
    );
    let wrapped = WrappedKey::new("k", vec![0xab; 9]).unwrap();
    assert_eq!(
        format!("{wrapped:?}"),
        "WrappedKey { reference: \"k\", len: 9, .. }"
    );
}

/// Environment variables are set for a child process: setting them in this one is not sound
/// while other tests run.
#[test]
fn the_environment_holds_a_root_key() {
    const EXPECTED: &str = "PHI_SEAL_TEST_EXPECTED";
    const VARIABLE: &str = "PHI_SEAL_TEST_ROOT";
    if let Ok(expected) = std::env::var(EXPECTED) {
        let result = match LocalKms::from_env(VARIABLE) {
            Ok(kms) => kms.reference().to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        assert_eq!(result, expected);
        return;
    }
    for (value, expected) in [
        (Some(ROOT), REFERENCE),
        (Some(""), "Malformed"),
        (Some("phi-root1.short"), "Malformed"),
        (None, "NotFound"),
    ] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "the_environment_holds_a_root_key"]);
        child.env(EXPECTED, expected).env_remove(VARIABLE);
        value.map(|value| child.env(VARIABLE, value));
        let output = child.output().unwrap();
        assert!(output.status.success(), "{value:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    }
    assert_eq!(
        kind(LocalKms::from_env("A=B")),
        Some(KeyErrorKind::NotFound)
    );
}
