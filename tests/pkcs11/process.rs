//! Each test in a process of its own.
//!
//! A PKCS#11 module exists once in a process, and SoftHSM reads where its tokens are from the
//! environment, which a test may not change for others. So a test starts this program again, for
//! itself alone, with an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ward::Ward;

/// Tests that get a [`Ward`] and run alone.
macro_rules! alone {
    ($($(#[$attribute:meta])* fn $name:ident($ward:ident) $body:block)*) => {$(
        $(#[$attribute])*
        #[test]
        fn $name() {
            let name = concat!(module_path!(), "::", stringify!($name));
            $crate::process::alone(name, |$ward| $body);
        }
    )*};
}

pub(crate) fn alone(path: &str, test: impl FnOnce(&Ward)) {
    let (_, name) = path.split_once("::").unwrap();
    if let Some(folder) = std::env::var_os(FOLDER) {
        return test(&Ward::new(folder.into(), name));
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let configuration = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(folder.path().join("softhsm2.conf"), configuration).unwrap();
    run(folder.path(), name, &[]);
}

/// Runs the test of this name in this folder once more, with these variables beside.
pub(crate) fn run(folder: &Path, name: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env("SOFTHSM2_CONF", folder.join("softhsm2.conf"))
        .env("PHI_SEAL_PKCS11_REAL", soft_hsm())
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let warned = String::from_utf8_lossy(&output.stderr);
    let is_run = output.status.success() && said.contains("1 passed");
    assert!(is_run, "{name}: {}\n{said}\n{warned}", output.status);
}

/// Where distributions put SoftHSM's module.
pub(crate) fn soft_hsm() -> PathBuf {
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

const FOLDER: &str = "PHI_SEAL_PKCS11_FOLDER";
