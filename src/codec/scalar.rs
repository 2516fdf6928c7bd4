//! Integers and booleans. An integer takes 16 bytes whatever it is, so that its length tells
//! nothing and a field may change from `i32` to `i64` without resealing.

use alloc::vec::Vec;

use super::{CodecError, Content, Encoder, Value, list};
use crate::secret::{SecretBytes, wipe_vec};

macro_rules! integer {
    ($($int:ty),*) => {$(
        impl Value for $int {
            const CONTENT: Content = Content::Integer;

            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
                out.append(&i128::from(*self).to_be_bytes());
                Ok(())
            }

            fn decode(content: SecretBytes) -> Result<Self, CodecError> {
                decode_integer(&content)?.try_into().map_err(|_| OUT_OF_RANGE)
            }

            fn wipe(&mut self) {
                *self = 0;
                zeroize::optimization_barrier(self);
            }

            fn size_hint(&self) -> usize {
                16
            }
        }
    )*};
}

integer!(i8, i16, i32, i64, i128, u16, u32, u64);

/// A `u8` alone is an integer; a `Vec<u8>` is a byte string.
impl Value for u8 {
    const CONTENT: Content = Content::Integer;
    const LIST_CONTENT: Content = Content::Bytes;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        u16::from(*self).encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        decode_integer(&content)?
            .try_into()
            .map_err(|_| OUT_OF_RANGE)
    }

    fn wipe(&mut self) {
        *self = 0;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        16
    }

    fn encode_list(items: &[Self], out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(items);
        Ok(())
    }

    fn decode_list(content: SecretBytes) -> Result<Vec<Self>, CodecError> {
        Ok(content.into_vec())
    }

    fn wipe_list(items: &mut Vec<Self>) {
        wipe_vec(items);
    }

    fn list_size_hint(items: &[Self]) -> usize {
        items.len()
    }
}

impl Value for bool {
    const CONTENT: Content = Content::Boolean;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(&[u8::from(*self)]);
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        match content.as_slice() {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(CodecError::new("a boolean is one byte, 0 or 1")),
        }
    }

    fn wipe(&mut self) {
        *self = false;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        1
    }
}

/// Any list of values is one value: its elements cannot be swapped or dropped.
impl<T: Value> Value for Vec<T> {
    const CONTENT: Content = T::LIST_CONTENT;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        T::encode_list(self, out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        T::decode_list(content)
    }

    fn wipe(&mut self) {
        T::wipe_list(self);
    }

    fn size_hint(&self) -> usize {
        T::list_size_hint(self)
    }
}

fn decode_integer(content: &SecretBytes) -> Result<i128, CodecError> {
    list::fixed(content).map(i128::from_be_bytes)
}

const OUT_OF_RANGE: CodecError =
    CodecError::new("the stored integer does not fit the field's type");
