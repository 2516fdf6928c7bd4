//! The order of an action as types: `Permit` → `Pending` → `Receipt` → `Release`.
//!
//! Each has one private constructor, and all carry the lifetime `'o`, which is generative: the
//! compiler makes a fresh one for every action and never lets two be equal. A value opened in
//! one action can therefore not be released by another.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use crate::access::Decision;
use crate::aead::MessageKey;
use crate::audit::AuditError;
use crate::codec::Value;
use crate::context::{Context, Field, FieldInfo, RecordRef};
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::secret::SecretBytes;

/// Ties a value to one action: invariant in `'o`.
#[derive(Clone, Copy)]
pub(crate) struct Brand<'o>(PhantomData<fn(&'o ()) -> &'o ()>);

impl Brand<'_> {
    /// Only actions make brands, one each.
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The policy's permission to act on fields of one record, within one action.
///
/// Owns the request it was issued for: it opens and seals at that record only, and each field is
/// held against the permitted ones at run time.
pub struct Permit<'o, 'a> {
    record: RecordRef<'a>,
    fields: &'a [FieldInfo],
    decision: Decision,
    first_item: usize,
    number: usize,
    /// Where the next field is looked for first: they mostly come in the order announced, and
    /// to search from the start took a sixth of the time of a record of twelve.
    next: Cell<usize>,
    _brand: Brand<'o>,
}

impl<'o, 'a> Permit<'o, 'a> {
    /// The only place where a decision becomes a permit. Gives the decision back when it permits
    /// none of the fields.
    pub(crate) fn grant(
        _brand: Brand<'o>,
        decision: Decision,
        record: RecordRef<'a>,
        fields: &'a [FieldInfo],
        first_item: usize,
        number: usize,
    ) -> Result<Self, Decision> {
        if !(0..fields.len()).any(|position| decision.permits(position)) {
            return Err(decision);
        }
        Ok(Self {
            record,
            fields,
            decision,
            first_item,
            number,
            next: Cell::new(0),
            _brand,
        })
    }

    /// Whether it covers this field: announced as it is, and permitted.
    pub fn permits<T: Value>(&self, field: &Field<T>) -> bool {
        self.item_of(&field.info()).is_ok()
    }

    /// Where its fields stand among the action's event items.
    #[cfg(feature = "index")]
    pub(crate) const fn first_item(&self) -> usize {
        self.first_item
    }

    /// Refuses unless every field that was announced is permitted, naming the first that is not.
    pub(crate) fn demand_all(&self) -> Result<(), Error> {
        let mut positions = 0..self.fields.len();
        match positions.find(|position| !self.decision.permits(*position)) {
            Some(position) => Err(self.fields[position].blame(Error::denied())),
            None => Ok(()),
        }
    }

    /// The record it was issued for.
    pub(crate) const fn record(&self) -> RecordRef<'a> {
        self.record
    }

    /// Which permit of its action it is: no other has the same number.
    pub(crate) const fn number(&self) -> usize {
        self.number
    }

    /// Whether the policy was asked about this field at all.
    pub(crate) fn has_announced(&self, field: &FieldInfo) -> bool {
        self.fields.contains(field)
    }

    /// The event item of a permitted field, or why there is none.
    #[inline]
    pub(crate) fn item_of(&self, field: &FieldInfo) -> Result<usize, Error> {
        let next = self.next.get();
        let position = match self.fields.get(next) {
            Some(announced) if announced.is(field) => Some(next),
            _ => self.fields.iter().position(|announced| announced.is(field)),
        };
        match position.filter(|position| self.decision.permits(*position)) {
            Some(position) => {
                self.next.set(position + 1);
                Ok(self.first_item + position)
            }
            None => Err(field.blame(Error::denied())),
        }
    }
}

impl fmt::Debug for Permit<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("fields", &self.fields.len())
            .finish_non_exhaustive()
    }
}

/// The cipher's answer, or the one error for wrong context, wrong key and tampering.
pub(crate) fn decrypt(
    context: &mut Context<'_>,
    field: &FieldInfo,
    key: &mut MessageKey,
    envelope: &Envelope<'_>,
) -> Result<SecretBytes, Error> {
    let mut plaintext = SecretBytes::with_capacity(envelope.ciphertext.len());
    plaintext.append(envelope.ciphertext);
    key.open(
        envelope.nonce,
        context.associated_data(envelope.kind(), &envelope.key_id().0, field),
        plaintext.as_mut_slice(),
        envelope.tag,
    )
    .map(|()| plaintext)
    .ok_or(Error::new(
        ErrorKind::Integrity,
        "not authentic here: another place's value, another key, or changed",
    ))
}

/// Something that an action made, or why it could not; both wait for the action to be recorded.
///
/// Whether a key exists, an envelope is authentic or a value decodes tells something about the
/// data, so that too is learnt only after the record.
#[must_use = "release it after the action is recorded"]
pub struct Pending<'o, P> {
    waiting: Result<P, Error>,
    _brand: PhantomData<fn(&'o ()) -> &'o ()>,
}

impl<P> Pending<'_, P> {
    pub(crate) const fn new(waiting: Result<P, Error>) -> Self {
        Self {
            waiting,
            _brand: PhantomData,
        }
    }
}

impl<'o, P> Pending<'o, P> {
    /// Turns what waits into something else that waits.
    pub(crate) fn and_then<Q>(self, f: impl FnOnce(P) -> Result<Q, Error>) -> Pending<'o, Q> {
        Pending::new(self.waiting.and_then(f))
    }

    /// Says more about why nothing waits.
    pub(crate) fn map_err(self, f: impl FnOnce(Error) -> Error) -> Self {
        Self::new(self.waiting.map_err(f))
    }

    /// Why nothing waits, for the action's own book-keeping.
    pub(crate) fn failure(&self) -> Option<ErrorKind> {
        self.waiting.as_ref().err().map(Error::kind)
    }
}

impl<P> fmt::Debug for Pending<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}

/// Proof that the sink took every part of the action's event. Owns the action's brand: there is
/// one receipt an action.
pub(crate) struct Receipt<'o>(Brand<'o>);

impl<'o> Receipt<'o> {
    /// The only place where a sink's answer becomes a receipt.
    pub(crate) fn sign(brand: Brand<'o>, recorded: Result<(), AuditError>) -> Result<Self, Error> {
        recorded.map(|()| Self(brand)).map_err(Error::from)
    }

    /// What the receipt is for.
    pub(crate) fn release(self) -> Release<'o> {
        Release(self.0)
    }
}

/// Lets out what waits in one action, after that action was recorded.
pub struct Release<'o>(Brand<'o>);

impl<'o> Release<'o> {
    /// Lets one value out, or the reason why there is none.
    ///
    /// # Errors
    ///
    /// Whatever went wrong for this value when it was sealed or opened.
    pub fn release<P>(&self, pending: Pending<'o, P>) -> Result<P, Error> {
        pending.waiting
    }
}

impl fmt::Debug for Release<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.debug_struct("Release").finish_non_exhaustive()
    }
}
