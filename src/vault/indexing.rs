//! What indexes and searches need of an action beyond opening and sealing.

use super::action::Action;
use crate::audit::Outcome;
use crate::codec::{self, Content};
use crate::context::FieldInfo;
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::release::Permit;
use crate::secret::SecretBytes;

impl<'a> Action<'a> {
    /// Takes back the items of a permit, under which nothing was shown: of a row that was found
    /// and is no answer to the search.
    pub(crate) fn retract(&mut self, permit: &Permit<'_, 'a>) {
        self.items.truncate(permit.first_item());
    }

    /// Decrypts a field of a permitted record for the crate's own use, such as to compare it with
    /// a search's term. What comes out is not released.
    pub(crate) fn peek(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
        envelope: &Envelope<'_>,
    ) -> Result<(Content, SecretBytes), Error> {
        let mut content = self
            .plaintext(permit, field, envelope)
            .map_err(|error| field.blame(error))?;
        if envelope.padded {
            codec::unpad(&mut content)
                .map_err(|error| field.blame(Error::new(ErrorKind::Undecodable, error.reason())))?;
        }
        Ok((envelope.content, content))
    }

    /// Of a field that has no value in a row: whether that may be.
    pub(crate) fn absent(&self, field: &FieldInfo) -> Result<(), Error> {
        match field.seals_null() {
            true => Err(field.blame(super::NULL_IS_TAMPERING)),
            false => Ok(()),
        }
    }

    /// Notes a failure that concerns a field of a permit, whatever became of it before.
    pub(crate) fn spoil(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
        error: Error,
    ) -> Error {
        if let Ok(item) = permit.item_of(field) {
            self.items[item].outcome = Outcome::Failed(error.kind());
        }
        field.blame(error)
    }

    /// Notes that nothing came of any field of a permit.
    pub(crate) fn fail_all(&mut self, permit: &Permit<'_, 'a>, kind: ErrorKind) {
        for item in &mut self.items[permit.first_item()..] {
            item.outcome = Outcome::Failed(kind);
        }
    }

    /// As [`peek`](Action::peek), and says so in the event: for work that is done on a permitted
    /// field without releasing it.
    pub(crate) fn inspect(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
        envelope: Option<Envelope<'_>>,
    ) -> Result<Option<(Content, SecretBytes)>, Error> {
        let item = self.claim(permit, field)?;
        match envelope {
            None if field.seals_null() => self.settle(item, Err(super::NULL_IS_TAMPERING)),
            None => {
                self.items[item].outcome = Outcome::Absent;
                Ok(None)
            }
            Some(envelope) => {
                self.items[item].key_id = Some(envelope.key_id());
                let value = self.peek(permit, field, &envelope);
                self.settle(item, value)
                    .map(|(content, bytes)| (content != Content::Null).then_some((content, bytes)))
            }
        }
    }
}
