//! From the fields of a record to what its row stores.

use alloc::vec::Vec;

use super::{Index, IndexInfo, IndexKey, IndexValue, Question, StoredIndex, compound, terms};
use crate::codec::Content;
use crate::error::Error;
use crate::secret::SecretBytes;
use crate::vault::Session;

/// A field's value as the codec writes it; `None` where it is absent.
pub(crate) type Encoded = Option<(Content, SecretBytes)>;

/// What the row stores for these values of the index's fields, in their order.
pub(crate) fn stored<I: Index>(key: &IndexKey, parts: &[&Encoded]) -> Result<I::Stored, Error> {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| {
            part.as_ref()
                .map(|(content, bytes)| (*content, bytes.as_slice()))
        })
        .collect();
    terms(&I::INFO, &parts)?
        .iter()
        .map(|term| key.value::<I>(term))
        .collect::<Result<Vec<IndexValue<I>>, Error>>()
        .map(I::Stored::of)
}

/// The term that these questions look up together.
pub(crate) fn lookup(questions: &[Question]) -> SecretBytes {
    let lookups: Vec<_> = questions
        .iter()
        .map(|question| {
            let mut lookup = SecretBytes::with_capacity(question.lookup.len());
            lookup.append(question.lookup.as_slice());
            lookup
        })
        .collect();
    compound(&lookups)
}

/// The active keys of an action's indexes, each derived once.
#[derive(Default)]
pub(crate) struct ActiveKeys(Vec<(IndexInfo, IndexKey)>);

impl ActiveKeys {
    /// The key under which values of this index are made now.
    pub(crate) fn of(&mut self, session: &Session, info: &IndexInfo) -> Result<&IndexKey, Error> {
        let at = match self.0.iter().position(|(known, _)| known == info) {
            Some(at) => at,
            None => {
                let tenant = session.access().tenant();
                let key = session.with_index_key(|key| IndexKey::derive(key, tenant, info))?;
                self.0.push((*info, key));
                self.0.len() - 1
            }
        };
        Ok(&self.0[at].1)
    }
}

/// The keys under which values of this index may have been made, the active one first.
pub(crate) fn readable_keys(session: &Session, info: &IndexInfo) -> Result<Vec<IndexKey>, Error> {
    let mut keys = Vec::new();
    let tenant = session.access().tenant();
    session.with_each_index_key(|key| keys.push(IndexKey::derive(key, tenant, info)))?;
    Ok(keys)
}
