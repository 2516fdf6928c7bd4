//! From a value to an envelope and back, given a key. Knows nothing of policy or audit.

use alloc::vec::Vec;

use crate::aead::MessageKey;
use crate::codec::{self, CodecError, Content, Encoder, Value};
use crate::context::{Context, FieldInfo};
use crate::envelope::{KeyId, NONCE_LEN, PREFIX_LEN, TAG_LEN, write_prefix};
use crate::error::{Error, ErrorKind};
use crate::secret::SecretBytes;

/// An encoded value, behind room for header and nonce.
pub(super) struct Plaintext {
    buffer: SecretBytes,
    content: Content,
    padded: bool,
}

impl Plaintext {
    /// Encodes a value, or the absence of one, as the field wants it padded.
    pub(super) fn encode<T: Value>(value: Option<&T>, field: &FieldInfo) -> Result<Self, Error> {
        // A hint, so of limited credit: the buffer grows where it was too small.
        let room = value.map_or(0, T::size_hint).min(MAX_HINT)
            + field.bucket().map_or(0, |bucket| usize::from(bucket.get()));
        let mut buffer = Self::room_for(room);
        if let Some(value) = value {
            value
                .encode(&mut Encoder::new(&mut buffer))
                .map_err(|error| Error::new(ErrorKind::Unencodable, error.reason()))?;
        }
        if let Some(bucket) = field.bucket() {
            codec::pad(&mut buffer, PREFIX_LEN, bucket);
        }
        Ok(Self {
            buffer,
            content: value.map_or(Content::Null, |_| T::CONTENT),
            padded: field.bucket().is_some(),
        })
    }

    /// Takes over what was decrypted, encoding and padding as they are.
    pub(super) fn reuse(plaintext: &SecretBytes, content: Content, padded: bool) -> Self {
        let mut buffer = Self::room_for(plaintext.len());
        buffer.append(plaintext.as_slice());
        Self {
            buffer,
            content,
            padded,
        }
    }

    /// Encrypts in place: the buffer becomes the envelope, returned with its tag.
    pub(super) fn seal(
        mut self,
        context: &mut Context<'_>,
        field: &FieldInfo,
        key_id: &KeyId,
        message_key: &mut MessageKey,
        nonce: &[u8; NONCE_LEN],
    ) -> Result<(Vec<u8>, [u8; TAG_LEN]), Error> {
        let (prefix, content) = self
            .buffer
            .as_mut_slice()
            .split_first_chunk_mut()
            .expect("`room_for` left room for it");
        let kind = write_prefix(prefix, self.content, self.padded, key_id, nonce);
        let associated_data = context.associated_data(kind, &key_id.0, field);
        let tag = message_key
            .seal(nonce, associated_data, content)
            .ok_or(Error::new(
                ErrorKind::Unencodable,
                "the value must be shorter than 64 GiB",
            ))?;
        self.buffer.append(&tag);
        Ok((self.buffer.into_vec(), tag))
    }

    fn room_for(content_len: usize) -> SecretBytes {
        let mut buffer = SecretBytes::with_capacity(PREFIX_LEN + content_len + TAG_LEN);
        buffer.append(&[0; PREFIX_LEN]);
        buffer
    }
}

/// Decodes what was decrypted: a value, or a sealed absence.
pub(super) fn decode<T: Value>(
    mut content: SecretBytes,
    code: Content,
    padded: bool,
) -> Result<Option<T>, CodecError> {
    if padded {
        codec::unpad(&mut content)?;
    }
    if code == T::CONTENT {
        T::decode(content).map(Some)
    } else if code == Content::Null && content.is_empty() {
        Ok(None)
    } else {
        Err(CodecError::new(
            "the stored value is of another type than the field",
        ))
    }
}

/// A sealed absence in a field that is always present.
pub(super) const NULL_IN_PLAIN_FIELD: CodecError =
    CodecError::new("the stored value is a sealed null, but the field is not optional");

/// How much is allocated on a value's word: 1 MiB.
const MAX_HINT: usize = 1 << 20;
