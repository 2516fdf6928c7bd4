//! From the fields of a record to what its row stores.

use alloc::vec::Vec;

use super::key::{IndexKey, compound};
use super::{Index, IndexInfo, IndexValue, StoredIndex};
use crate::codec::Content;
use crate::error::Error;
use crate::secret::SecretBytes;
use crate::vault::Session;

/// A field's value as the codec writes it; `None` where it is absent.
pub(crate) type Encoded = Option<(Content, SecretBytes)>;

/// What the row stores for these values of the index's fields, in their order.
pub(crate) fn stored<I: Index>(key: &IndexKey, parts: &[&Encoded]) -> Result<I::Stored, Error> {
    terms(&I::INFO, parts)
        .iter()
        .map(|term| key.value::<I>(term))
        .collect::<Result<Vec<IndexValue<I>>, Error>>()
        .map(I::Stored::of)
}

/// What is hashed: one term of several normal forms for a compound index, and none as soon as one
/// of the fields is absent or has no normal form.
fn terms(info: &IndexInfo, parts: &[&Encoded]) -> Vec<SecretBytes> {
    let mut forms = info.parts().iter().zip(parts).map(|(part, encoded)| {
        let (content, bytes) = encoded.as_ref()?;
        Some(part.normal().terms(*content, bytes.as_slice()))
    });
    if info.parts().len() == 1 {
        let forms = forms.next().flatten().unwrap_or_default();
        return forms.into_iter().map(|form| compound(&[form])).collect();
    }
    let forms: Option<Vec<SecretBytes>> = forms.map(|form| form?.into_iter().next()).collect();
    forms.iter().map(|forms| compound(forms)).collect()
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
