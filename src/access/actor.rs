//! The person or system that acts.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Error, ErrorKind};
use crate::label::{ActorId, is_name};

/// Who acts: an id unique to one person or system (45 CFR 164.312(a)(2)(i)), and their roles.
///
/// # Example
///
/// ```
/// use phi_seal::Actor;
///
/// let actor = Actor::new("clinician-17")?.role("physician").role("on-call");
/// assert!(actor.has_role("physician"));
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone)]
pub struct Actor {
    id: ActorId<'static>,
    roles: Vec<String>,
}

impl Actor {
    /// The most roles an actor may bear.
    pub const MAX_ROLES: usize = 32;

    /// An actor without roles. Shared accounts defeat the audit: one id, one person.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when the id is empty or longer than 1024 bytes.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        Ok(Self {
            id: ActorId::new(id.into())?,
            roles: Vec::new(),
        })
    }

    /// Adds a role, as the application's identity provider vouches for it.
    ///
    /// Checked when a vault admits the session: at most 32 roles, each a name of 1 to 64 ASCII
    /// letters, digits, `-`, `_` or `.`, starting with a letter.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// The id.
    pub const fn id(&self) -> &ActorId<'static> {
        &self.id
    }

    /// The roles.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// Whether the actor bears this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.roles.len() > Self::MAX_ROLES {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "an actor has at most 32 roles",
            ));
        }
        if !self.roles.iter().all(|role| is_name(role)) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a role is named by 1 to 64 of a-z A-Z 0-9 - _ .",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("roles", &self.roles.len())
            .finish_non_exhaustive()
    }
}
