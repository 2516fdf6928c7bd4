//! A keyset under a key in SoftHSM, by the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use phi_seal::integration::pkcs11::Pkcs11Uri;
use pollster::block_on;

use crate::place::Place;

const PIN: &str = "canary-pin-90210";
const FOLDER: &str = "PHI_SEAL_CLI_HSM_FOLDER";

/// SoftHSM reads where its tokens are from the environment, so the set-up is done by this program
/// once more, with an environment of its own.
#[test]
fn a_keyset_lives_under_a_token() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return make_token(Path::new(&folder));
    }
    let place = Place::new();
    fs::create_dir(place.path("tokens")).unwrap();
    let tokens = place.path("tokens").display().to_string();
    let configuration = format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n");
    place.write("softhsm2.conf", configuration.as_bytes());
    place.write("pin", PIN.as_bytes());
    place.write("wrong", b"canary-pin-00000");
    let folder = place.path("");
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["hsm::a_keyset_lives_under_a_token", "--exact"]);
    child
        .env(FOLDER, &folder)
        .env("SOFTHSM2_CONF", place.path("softhsm2.conf"));
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command
            .env("SOFTHSM2_CONF", place.path("softhsm2.conf"))
            .env("WARD_PIN", PIN);
        let output = command.output().unwrap();
        for said in [&output.stdout, &output.stderr] {
            assert!(
                !String::from_utf8_lossy(said).contains("canary-pin"),
                "a pin was printed"
            );
        }
        place.checked(output)
    };
    let (by_file, wrong) = (uri(&folder, "file:", "pin"), uri(&folder, "file:", "wrong"));
    let by_variable = uri(&folder, "env:WARD_PIN", "");
    let rewrap = [
        "keyset",
        "rewrap",
        "keys.json",
        "--from",
        "local:root.key",
        "--to",
        &by_file,
    ];
    let done = run(&rewrap);
    assert_eq!(
        (done.code, &*done.out),
        (0, "wrapped every key anew; generation 8\n"),
        "{done:?}"
    );
    let listed = run(&["keyset", "list", "keys.json", "--kms", &by_variable]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(
        listed
            .out
            .contains("wrapped by pkcs11:token=ward%203;object=phi%20root;id=%01;type=")
    );
    assert!(run(&["keyset", "rotate", "keys.json", "--kms", &by_file]).code == 0);
    let verified = run(&["keyset", "verify", "keys.json", "--kms", &by_file, "--json"]);
    assert_eq!(verified.json()["unwrapped"], 6);

    let before = place.read("keys.json");
    let verify = |kms: &str| {
        let ran = run(&["keyset", "verify", "keys.json", "--kms", kms]);
        assert_eq!(ran.out, "");
        ran.code
    };
    assert_eq!(verify(&wrong), 4, "denied");
    assert_eq!(verify("local:root.key"), 1);
    assert_eq!(verify(&by_file.replace("ward%203", "ward%204")), 1);
    assert_eq!(verify(&by_file.replace("file:", "")), 1);
    assert_eq!(verify(&format!("{by_file}&pin-value=1234")), 1);
    assert_eq!(
        verify(&by_file.replace("module-path=/", "module-path=/none")),
        1
    );
    fs::remove_file(place.path("pin")).unwrap();
    assert_eq!(verify(&by_file), 1);
    place.write("pin", PIN.as_bytes());
    assert_eq!(place.read("keys.json"), before);
    assert_eq!(
        run(&["keyset", "verify", "keys.json", "--kms", &by_file]).code,
        0
    );
}

fn uri(folder: &Path, source: &str, name: &str) -> String {
    let pin = match name {
        "" => source.to_owned(),
        _ => format!("{source}{}", folder.join(name).display()),
    };
    let module = soft_hsm();
    format!(
        "pkcs11:token=ward%203;object=phi%20root;id=%01?module-path={}&pin-source={pin}",
        module.display()
    )
}

fn make_token(folder: &Path) {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    use cryptoki::session::UserType;
    use cryptoki::types::AuthPin;

    let pin = |text: &str| AuthPin::new(text.to_owned().into());
    let api = Pkcs11::new(soft_hsm()).unwrap();
    std::mem::forget(api.clone());
    let flags = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    api.initialize(flags).unwrap();
    let slot = *api.get_slots_with_token().unwrap().last().unwrap();
    api.init_token(slot, &pin("so-pin"), "ward 3").unwrap();
    let is_it = |slot: &_| api.get_token_info(*slot).unwrap().label() == "ward 3";
    let slot = api
        .get_slots_with_token()
        .unwrap()
        .into_iter()
        .find(is_it)
        .unwrap();
    let session = api.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&pin("so-pin"))).unwrap();
    session.init_pin(&pin(PIN)).unwrap();
    session.logout().unwrap();
    drop(session);
    let uri = Pkcs11Uri::parse(&uri(folder, "file:", "pin")).unwrap();
    drop(block_on(uri.builder().unwrap().create()).unwrap());
}

fn soft_hsm() -> PathBuf {
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ]
    .iter()
    .map(PathBuf::from)
    .find(|path| path.exists())
    .expect("SoftHSM is needed for this test: apt-get install softhsm2")
}
