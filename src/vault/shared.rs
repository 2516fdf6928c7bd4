//! What the values of one record share, so that it is made once for each record.

use crate::aead::MessageKey;
use crate::context::{Context, FieldInfo};
use crate::envelope::{KeyId, NONCE_LEN};
use crate::key::DataKey;
use crate::label::TenantId;
use crate::release::Permit;

/// The context of the permit that was used last, and the message key that was.
#[derive(Default)]
pub(super) struct Shared<'a> {
    context: Option<(usize, Context<'a>)>,
    pub(super) keys: LastKey,
}

impl<'a> Shared<'a> {
    /// The context of the permit's record, and the last message key.
    pub(super) fn at(
        &mut self,
        tenant: &TenantId<'_>,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
    ) -> (&mut Context<'a>, &mut LastKey) {
        let number = permit.number();
        if self.context.as_ref().is_none_or(|(of, _)| *of != number) {
            let context = Context::new(tenant, permit.record(), field.record_type());
            self.context = Some((number, context));
        }
        let (_, context) = self
            .context
            .as_mut()
            .expect("it was there, or was just put there");
        (context, &mut self.keys)
    }
}

/// The AES-256-GCM key of the last nonce prefix, and for which permit its data key was lent.
#[derive(Default)]
pub(super) struct LastKey(Option<Derived>);

pub(super) struct Derived {
    permit: usize,
    nonce_prefix: [u8; 12],
    pub(super) key_id: KeyId,
    pub(super) key: MessageKey,
}

impl LastKey {
    /// The key for this nonce, if the provider has lent its data key for this permit before.
    ///
    /// It is asked once for each record and key: asking for each field took an eighth of the
    /// field's time. For another record it is asked again, because the scope is another. A key
    /// that is disabled between two fields of one record serves that record to its end.
    pub(super) fn lent(
        &mut self,
        permit: &Permit<'_, '_>,
        nonce: &[u8; NONCE_LEN],
    ) -> Option<&mut Derived> {
        self.0
            .as_mut()
            .filter(|last| last.permit == permit.number() && last.nonce_prefix == nonce[..12])
    }

    /// The key for this nonce under a key just lent, derived anew only when key or prefix differ
    /// from the last.
    pub(super) fn derive(
        &mut self,
        permit: &Permit<'_, '_>,
        key: &DataKey,
        nonce: &[u8; NONCE_LEN],
    ) -> &mut Derived {
        let is_hit = |last: &Derived| last.key_id == *key.id() && last.nonce_prefix == nonce[..12];
        if !self.0.as_ref().is_some_and(is_hit) {
            self.0 = None;
        }
        let derived = self.0.get_or_insert_with(|| {
            let mut nonce_prefix = [0; 12];
            nonce_prefix.copy_from_slice(&nonce[..12]);
            Derived {
                permit: permit.number(),
                nonce_prefix,
                key_id: *key.id(),
                key: key.sealing().derive(nonce),
            }
        });
        derived.permit = permit.number();
        derived
    }
}
