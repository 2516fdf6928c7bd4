//! TEMP
use super::*;
use crate::error::Error;
use crate::key::DataKey;
use crate::label::TenantId;
use crate::secret::SecretBytes;
pub(crate) struct IndexKey;
impl IndexKey {
    pub(crate) fn derive(_: &DataKey, _: &TenantId<'_>, _: &IndexInfo) -> Self {
        Self
    }
    pub(crate) fn version(&self) -> IndexVersion {
        IndexVersion([0; 4])
    }
    pub(crate) fn value<I: Index>(&self, _: &SecretBytes) -> Result<IndexValue<I>, Error> {
        Ok(IndexValue::truncated(self.version(), &[0; 32]))
    }
}
pub(crate) fn compound(parts: &[SecretBytes]) -> SecretBytes {
    let mut b = SecretBytes::default();
    for p in parts {
        b.append(p.as_slice());
    }
    b
}
