//! A folder with a root key and a keyset, and the program run in it.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phi_seal::TenantId;
use phi_seal::danger::export_data_key;
use phi_seal::key::{KeyProvider, Keyring, KeysetFile, LocalKms, Scope};
use pollster::block_on;
use serde_json::Value;
use tempfile::TempDir;

use crate::leaks;

/// Made by `tests/interop/keyset.py`. Versions: 1 destroyed, 2 decrypt-only, 3 disabled, 4 active;
/// 5 for index values of a tenant, and 6 a patient's, both active. Generation 7, minimum version 2.
const KEYSET: &[u8] = include_bytes!("../vectors/keyset-1.json");
pub(crate) const ROOT: &str = "phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub(crate) const KEYSET_ID: &str = "3735aae41da007c7eb11f4cdcf2b4f6f";
pub(crate) const REFERENCE: &str = "local:3b8c864724a4074d84d1000f850febe7";
pub(crate) const IDS: [&str; 6] = [
    "6bb22666d7475d0a2f4f002322625ee831baf3e1ad10b9a768e2c5a9dc7ca3bf",
    "6a5dde1caac20fad9e8ceeb4a39df70a5403b6a71c315ea510f846619bfd6bdc",
    "4c9aa895ab800a175d63784da5546a32492c123b12836651d5ac6d7f4761aab2",
    "338f5029a30fc3983297431564b3eaa7fc4b72b253bf240e4d17185ed228d8de",
    "d3586c9063ab01e10da9649257dde473dcba3d6c97f10b36d53889544344b9af",
    "7b8bdc241ee891a117263c287f8ea9af98f26be31b3e9e0e4e89014d4f14fce1",
];

/// What every command here is about.
pub(crate) const KMS: [&str; 2] = ["--kms", "local:root.key"];

pub(crate) struct Place {
    folder: TempDir,
    secrets: RefCell<Vec<Vec<u8>>>,
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            secrets: RefCell::default(),
        };
        place.write("root.key", ROOT.as_bytes());
        place.write("keys.json", KEYSET);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn kms(&self) -> LocalKms {
        LocalKms::from_file(self.path("root.key")).unwrap()
    }

    pub(crate) fn keyset(&self) -> KeysetFile {
        KeysetFile::load(self.path("keys.json")).unwrap()
    }

    pub(crate) fn keyring(&self) -> Keyring {
        block_on(self.keyset().unlock(&self.kms())).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs the program with this on its standard input, which is no terminal.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // It may end before it has read everything.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        self.checked(output)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.learn_secrets();
        let mut command = Command::new(env!("CARGO_BIN_EXE_phi-seal"));
        command.args(arguments).current_dir(&self.folder);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What a run said, after looking whether a key is in it.
    pub(crate) fn checked(&self, output: Output) -> Ran {
        self.learn_secrets();
        for secret in &*self.secrets.borrow() {
            for said in [&output.stdout, &output.stderr] {
                assert!(!leaks::has(said, secret), "a key was printed");
            }
        }
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must change nothing, print nothing and end like this, and gives what it
    /// said on standard error.
    pub(crate) fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let before = self.contents();
        let ran = self.run(arguments);
        assert_eq!((ran.code, &*ran.out), (code, ""), "{arguments:?}: {ran:?}");
        assert_eq!(self.contents(), before, "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
        ran.err
    }

    /// The error of a refused command with `--json`: its kind.
    pub(crate) fn refused_kind(&self, code: i32, arguments: &[&str]) -> String {
        let error = self.refused(code, &[arguments, &["--json"]].concat());
        let error: Value = serde_json::from_str(&error).unwrap();
        assert!(error["error"]["message"].as_str().unwrap().len() > 10);
        error["error"]["kind"].as_str().unwrap().to_owned()
    }

    /// Every file but lock files, which stay empty.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut contents = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&self.folder).unwrap().to_str().unwrap();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with("lock") {
                    contents.push((name.to_owned(), fs::read(&path).unwrap()));
                }
            }
        }
        contents.sort();
        contents
    }

    /// The root key, in its text form and as bytes, every data key there is now, and the keys that
    /// sign journals.
    fn learn_secrets(&self) {
        let mut secrets = self.secrets.borrow_mut();
        secrets.push(ROOT.trim_start_matches("phi-root1.").into());
        secrets.push((0..32).collect());
        if let Ok(file) = KeysetFile::load(self.path("keys.json"))
            && let Ok(keyring) = block_on(file.unlock(&self.kms()))
        {
            secrets.extend(exported(&keyring).into_iter().map(Vec::from));
        }
        for file in fs::read_dir(&self.folder).unwrap() {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "signing")
            {
                let text = fs::read_to_string(path).unwrap();
                let material = text.trim_end().splitn(5, '+').nth(4).unwrap_or_default();
                let seed = STANDARD.decode(material).ok().filter(|it| it.len() == 33);
                secrets.extend(seed.map(|it| it[1..].to_vec()));
            }
        }
        secrets.sort();
        secrets.dedup();
        assert!(secrets.len() > 1);
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Every key that is readable.
pub(crate) fn exported(keyring: &Keyring) -> Vec<[u8; 32]> {
    let mut keys = Vec::new();
    let any = TenantId::new("any").unwrap();
    for key in keyring.keys() {
        let scope = key.scope();
        let mut request = Scope::sealing(scope.tenant_id().unwrap_or(&any), scope.subject_id());
        request.key_use = scope.key_use();
        let _ = keyring.with_key(request, key.id(), &mut |key| {
            keys.push(export_data_key(key))
        });
    }
    keys
}
