//! Text, and byte arrays of a fixed size.

use alloc::string::String;

use super::{CodecError, Content, Encoder, Value, list};
use crate::secret::{SecretBytes, wipe, wipe_vec};

impl Value for String {
    const CONTENT: Content = Content::Text;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(self.as_bytes());
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        content
            .into_string()
            .ok_or(CodecError::new("text must be valid UTF-8"))
    }

    fn wipe(&mut self) {
        wipe_vec(&mut core::mem::take(self).into_bytes());
    }

    fn size_hint(&self) -> usize {
        self.len()
    }
}

impl<const N: usize> Value for [u8; N] {
    const CONTENT: Content = Content::Bytes;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(self);
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        list::fixed(&content)
    }

    fn wipe(&mut self) {
        wipe(self);
    }

    fn size_hint(&self) -> usize {
        N
    }
}
