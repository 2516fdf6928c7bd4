//! A token made for one test, and what the tests do to it.

use std::cell::OnceCell;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use phi_seal::integration::pkcs11::{Pkcs11Key, Pkcs11Kms, Pkcs11KmsBuilder, Pkcs11Module};
use phi_seal::key::{KeyError, KeyErrorKind, KeyScope, KeyUse, Kms, WrapContext, WrappedKey};
use phi_seal::{KeyId, SecretBytes, SubjectId, TenantId};
use pollster::block_on;

pub(crate) const PIN: &str = "canary-pin-90210";
pub(crate) const TOKEN: &str = "ward 3";
pub(crate) const LABEL: &str = "phi root";
pub(crate) const ID: [u8; 2] = [0x01, 0xa2];

/// So long that no test on no machine reaches it.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) struct Ward {
    folder: PathBuf,
    pub(crate) name: String,
    admin: OnceCell<Pkcs11>,
}

impl Ward {
    pub(crate) fn new(folder: PathBuf, name: &str) -> Self {
        Self {
            folder,
            name: name.to_owned(),
            admin: OnceCell::new(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a token, and leaves the module as it was found: not initialised.
    pub(crate) fn make_token(&self, label: &str) {
        let api = Pkcs11::new(crate::process::soft_hsm()).unwrap();
        // Not to be unloaded while others have it too.
        std::mem::forget(api.clone());
        initialize(&api);
        let slot = *api.get_slots_with_token().unwrap().last().unwrap();
        api.init_token(slot, &pin("so-pin"), label).unwrap();
        let session = api.open_rw_session(slot_of(&api, label)).unwrap();
        session.login(UserType::So, Some(&pin("so-pin"))).unwrap();
        session.init_pin(&pin(PIN)).unwrap();
        session.logout().unwrap();
        drop(session);
        api.finalize().unwrap();
    }

    /// SoftHSM with a token, and the module for us alone.
    pub(crate) fn module(&self) -> Pkcs11Module {
        self.make_token(TOKEN);
        Pkcs11Module::load_alone(crate::process::soft_hsm()).unwrap()
    }

    /// The same behind `tests/pkcs11/interposer.c`, shared with others.
    pub(crate) fn interposed(&self) -> Pkcs11Module {
        self.make_token(TOKEN);
        let library = self.path("interposer.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pkcs11/interposer.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]);
        let status = compiler.arg(&library).args([source, "-ldl"]).status();
        assert!(status.unwrap().success(), "a C compiler is needed");
        let mut pipes = Command::new("mkfifo");
        let status = pipes.args([self.path("entered"), self.path("release")]);
        assert!(status.status().unwrap().success());
        Pkcs11Module::load(library).unwrap()
    }

    /// Lets the next `times` calls of a function fail in a way that the interposer knows.
    pub(crate) fn tell(&self, function: &str, times: u32, how: &str) {
        fs::write(self.path(function), format!("{times} {how}")).unwrap();
    }

    pub(crate) fn calls(&self, function: &str) -> usize {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().filter(|line| *line == function).count()
    }

    /// Waits until a call hangs in the interposer.
    pub(crate) fn await_hanging(&self) {
        File::open(self.path("entered")).unwrap();
    }

    /// Lets the call that hangs go on.
    pub(crate) fn release(&self) {
        let mut options = OpenOptions::new();
        options.write(true).open(self.path("release")).unwrap();
    }

    /// The module, past the adapter, once it is initialised.
    pub(crate) fn admin(&self) -> &Pkcs11 {
        self.admin
            .get_or_init(|| Pkcs11::new(crate::process::soft_hsm()).unwrap())
    }

    pub(crate) fn slot(&self) -> Slot {
        slot_of(self.admin(), TOKEN)
    }

    /// A session for reading and writing. Somebody must be logged in.
    pub(crate) fn session(&self) -> Session {
        self.admin().open_rw_session(self.slot()).unwrap()
    }

    /// Makes a key as somebody may by other tools, with these attributes beside.
    pub(crate) fn make_key(&self, label: &str, id: &[u8], others: &[Attribute]) {
        let session = self.session();
        let _ = session.login(UserType::User, Some(&pin(PIN)));
        let mut template = vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
        ];
        template.extend_from_slice(others);
        session
            .generate_key(&Mechanism::AesKeyGen, &template)
            .unwrap();
    }

    /// Takes the token out of its slot, as far as SoftHSM has one.
    pub(crate) fn take_out(&self) {
        fs::rename(self.path("tokens"), self.path("away")).unwrap();
    }

    pub(crate) fn put_back(&self) {
        let _ = fs::remove_dir(self.path("tokens"));
        fs::rename(self.path("away"), self.path("tokens")).unwrap();
    }
}

pub(crate) fn builder(module: &Pkcs11Module) -> Pkcs11KmsBuilder {
    Pkcs11Kms::builder(module, key(), || Ok(secret(PIN))).timeout(LONG)
}

/// Makes the key and opens it, by four sessions.
pub(crate) fn created(module: &Pkcs11Module) -> Pkcs11Kms {
    block_on(builder(module).sessions(4).create()).unwrap()
}

pub(crate) fn key() -> Pkcs11Key {
    Pkcs11Key::new(TOKEN, LABEL, ID).unwrap()
}

pub(crate) fn context() -> WrapContext {
    WrapContext::new(&scope("clinic-9", "p-1"), &KeyId::from_bytes([7; 32]), 1)
}

pub(crate) fn scope(tenant: &'static str, subject: &'static str) -> KeyScope {
    let tenant = TenantId::new(tenant).unwrap();
    match subject {
        "" => KeyScope::tenant(tenant, KeyUse::Seal),
        _ => KeyScope::subject(tenant, SubjectId::new(subject).unwrap()),
    }
}

pub(crate) const PAYLOAD: &[u8; 64] =
    b"canary-payload-canary-payload-0123456789abcdef0123456789abcdef!!";

pub(crate) fn secret(text: impl AsRef<[u8]>) -> SecretBytes {
    SecretBytes::from_vec(text.as_ref().to_vec())
}

pub(crate) fn wrap(kms: &dyn Kms) -> Result<WrappedKey, KeyError> {
    block_on(kms.wrap(&secret(PAYLOAD), &context()))
}

pub(crate) fn unwrap(kms: &dyn Kms, wrapped: &WrappedKey) -> Result<Vec<u8>, KeyError> {
    block_on(kms.unwrap(wrapped, &context())).map(SecretBytes::into_vec)
}

pub(crate) fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

/// Calls until it is done, however busy the machine is.
pub(crate) fn eventually<T>(call: impl Fn() -> Result<T, KeyError>) -> T {
    loop {
        match call() {
            Ok(done) => return done,
            Err(error) => assert_eq!(error.kind(), KeyErrorKind::Unavailable),
        }
    }
}

pub(crate) fn pin(text: &str) -> AuthPin {
    AuthPin::new(text.to_owned().into())
}

pub(crate) fn initialize(api: &Pkcs11) {
    api.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .unwrap();
}

fn slot_of(api: &Pkcs11, label: &str) -> Slot {
    let mut slots = api.get_slots_with_token().unwrap().into_iter();
    slots
        .find(|slot| api.get_token_info(*slot).unwrap().label() == label)
        .unwrap()
}
