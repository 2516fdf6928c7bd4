//! One key in one token, and what is done when the token is lost. All of this blocks.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::fault::{Cure, Fault};
use super::gate::Pass;
use super::gcm;
use super::key_name::Pkcs11Key;
use super::module::Pkcs11Module;
use super::pin::PinSource;
use crate::SecretBytes;
use crate::key::{KeyError, KeyErrorKind};

pub(super) struct Token {
    pub(super) module: Pkcs11Module,
    pub(super) key: Pkcs11Key,
    pub(super) pin: PinSource,
    pub(super) is_read_write: bool,
    pub(super) is_iv_the_tokens: bool,
    /// Whether the key was there once: if it is gone then, so is the token.
    pub(super) was_seen: AtomicBool,
}

/// What is asked of the token.
pub(super) enum Task {
    /// Makes the key. Answers nothing.
    Create,
    /// Uses the key once. Answers nothing.
    Check,
    Wrap {
        payload: SecretBytes,
        associated: Vec<u8>,
    },
    Unwrap {
        wrapped: Vec<u8>,
        associated: Vec<u8>,
    },
}

/// A session of one thread.
///
/// Not closed on drop: after a restart of the module its number may be somebody else's.
pub(super) struct Connection {
    session: Session,
    generation: u64,
}

impl Token {
    /// Does the task. Tries again, with another session and then with the module restarted, as long
    /// as that may help and the deadline allows.
    pub(super) fn perform(
        &self,
        held: &mut Option<Connection>,
        task: &Task,
        deadline: Instant,
    ) -> Result<SecretBytes, KeyError> {
        let mut attempt = 1;
        loop {
            let pass = self.module.enter(deadline).ok_or(RESTARTING)?;
            let fault = match self.attempt(&pass, held, task, deadline) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            match (fault.cure, held.take()) {
                (Cure::None | Cure::Wait, kept) => *held = kept,
                (Cure::NewSession, Some(connection)) => close(&pass, connection),
                (Cure::ForgetSession, _) | (Cure::NewSession, None) => {}
            }
            let generation = pass.generation;
            drop(pass);
            if fault.cure == Cure::None || attempt == ATTEMPTS || Instant::now() >= deadline {
                return Err(fault.error);
            }
            // A session that was lost is replaced at once. If that did not help, the token itself
            // is away.
            let is_lost = fault.cure != Cure::Wait;
            let is_worth_it = match (is_lost, attempt) {
                (true, 1) => true,
                (true, _) => self.module.restart(generation, deadline),
                (false, _) => false,
            };
            if !is_worth_it {
                back_off(attempt, deadline);
            }
            attempt += 1;
        }
    }

    /// Closes a session that is not needed any more.
    pub(super) fn part(&self, connection: Connection, deadline: Instant) {
        if let Some(pass) = self.module.enter(deadline) {
            close(&pass, connection);
        }
    }

    fn attempt(
        &self,
        pass: &Pass<'_>,
        held: &mut Option<Connection>,
        task: &Task,
        deadline: Instant,
    ) -> Result<SecretBytes, Fault> {
        if matches!(task, Task::Create) {
            return self.create(deadline);
        }
        let connection = match held.take() {
            Some(connection) if connection.generation == pass.generation => connection,
            _ => Connection {
                session: self.connect(deadline)?,
                generation: pass.generation,
            },
        };
        let session = &held.insert(connection).session;
        // Each time: a handle kept from before may come to mean another key.
        let key = self.find(session)?;
        match task {
            Task::Wrap {
                payload,
                associated,
            } => gcm::wrap(
                session,
                key,
                payload.as_slice(),
                associated,
                self.is_iv_the_tokens,
            )
            .map(SecretBytes::from_vec),
            Task::Unwrap {
                wrapped,
                associated,
            } => gcm::unwrap(session, key, wrapped, associated, self.is_iv_the_tokens),
            Task::Create | Task::Check => {
                gcm::probe(session, key, self.is_iv_the_tokens).map(|()| SecretBytes::default())
            }
        }
    }

    /// A session that is logged in and sees a key which is fit for it.
    fn connect(&self, deadline: Instant) -> Result<Session, Fault> {
        self.session(self.is_read_write, deadline, |session| {
            let key = self.find(session)?;
            refuse_unfit(session, key)
        })
    }

    fn create(&self, deadline: Instant) -> Result<SecretBytes, Fault> {
        let session = self.session(true, deadline, |session| {
            match self.matching(session)?.len() {
                0 => session
                    .generate_key(&Mechanism::AesKeyGen, &self.template())
                    .map(drop)
                    .map_err(Fault::from),
                _ => Err(Fault::lasting(
                    KeyErrorKind::AlreadyExists,
                    "there is a key of this label and id already, which was left as it is",
                )),
            }
        })?;
        // The key is there: a session that does not close changes nothing about that.
        let _ = session.close();
        Ok(SecretBytes::default())
    }

    /// Opens a session and logs in; closes it again if `prepare` fails.
    fn session(
        &self,
        is_read_write: bool,
        deadline: Instant,
        prepare: impl FnOnce(&Session) -> Result<(), Fault>,
    ) -> Result<Session, Fault> {
        let api = self.module.api();
        let (slot, info) = self.slot(api)?;
        let session = match is_read_write {
            true => api.open_rw_session_no_drop(slot)?,
            false => api.open_ro_session_no_drop(slot)?,
        };
        let prepared = self
            .module
            .logins()
            .log_in(&session, &info, &self.pin, deadline)
            .and_then(|()| prepare(&session));
        if let Err(fault) = prepared {
            if fault.cure != Cure::ForgetSession {
                let _ = session.close();
            }
            return Err(fault);
        }
        Ok(session)
    }

    fn slot(&self, api: &Pkcs11) -> Result<(Slot, TokenInfo), Fault> {
        let mut slots = api
            .get_slots_with_token()?
            .into_iter()
            // A slot whose token cannot be asked is not the one.
            .filter_map(|slot| Some((slot, api.get_token_info(slot).ok()?)))
            .filter(|(_, info)| info.token_initialized() && info.label() == self.key.token);
        match (slots.next(), slots.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => Err(self.missing("there is no token of this label")),
            (Some(_), Some(_)) => Err(Fault::lasting(
                KeyErrorKind::Contract,
                "several tokens have this label: give each its own",
            )),
        }
    }

    fn find(&self, session: &Session) -> Result<ObjectHandle, Fault> {
        match self.matching(session)?.as_slice() {
            [key] => {
                self.was_seen.store(true, Ordering::Relaxed);
                Ok(*key)
            }
            [] => Err(self.missing("there is no aes key of this label and id in the token")),
            _ => Err(Fault::lasting(
                KeyErrorKind::Contract,
                "several keys in the token have this label and id: give each its own",
            )),
        }
    }

    fn matching(&self, session: &Session) -> Result<Vec<ObjectHandle>, Fault> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            Attribute::Label(self.key.label.as_bytes().to_vec()),
            Attribute::Id(self.key.id.clone()),
        ];
        Ok(session.find_objects(&template)?)
    }

    fn missing(&self, detail: &'static str) -> Fault {
        if self.was_seen.load(Ordering::Relaxed) {
            return Fault::new(
                KeyErrorKind::Unavailable,
                "the token's key is not to be seen any more; see that the token is there",
                Cure::NewSession,
            );
        }
        Fault::lasting(KeyErrorKind::NotFound, detail)
    }

    fn template(&self) -> [Attribute; 12] {
        [
            Attribute::Label(self.key.label.as_bytes().to_vec()),
            Attribute::Id(self.key.id.clone()),
            Attribute::ValueLen(32.into()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Modifiable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            // Somebody logged in could otherwise turn a wrapped key into an object of the token.
            Attribute::Wrap(false),
            Attribute::Unwrap(false),
        ]
    }
}

fn refuse_unfit(session: &Session, key: ObjectHandle) -> Result<(), Fault> {
    let attributes = session.get_attributes(
        key,
        &[
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::ValueLen,
        ],
    )?;
    let stays_inside = attributes.contains(&Attribute::Sensitive(true))
        && attributes.contains(&Attribute::Extractable(false));
    if !stays_inside {
        return Err(Fault::lasting(
            KeyErrorKind::Contract,
            "the key can be read out of the token: make one that is sensitive, not extractable",
        ));
    }
    let is_short = attributes
        .iter()
        .any(|a| matches!(a, Attribute::ValueLen(len) if **len != 32));
    if is_short {
        return Err(Fault::lasting(
            KeyErrorKind::Contract,
            "the token's key is too short: it must have 256 bits",
        ));
    }
    Ok(())
}

fn close(pass: &Pass<'_>, connection: Connection) {
    if connection.generation == pass.generation {
        // A session that is gone already is as good as closed.
        let _ = connection.session.close();
    }
}

/// Up to 50 ms after the first attempt, 100 ms after the second; by chance, so that many clients
/// do not come back at once.
fn back_off(attempt: u32, deadline: Instant) {
    let longest = FIRST_PAUSE * 2u32.saturating_pow(attempt - 1);
    let chance = getrandom::u32().unwrap_or(u32::MAX);
    let pause = longest.mul_f64(f64::from(chance) / f64::from(u32::MAX));
    thread::sleep(pause.min(deadline.saturating_duration_since(Instant::now())));
}

const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const RESTARTING: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the pkcs11 module is being initialised again; try again",
);
