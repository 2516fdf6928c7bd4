//! Lists: the element's content code, then each element behind its length.

use alloc::vec::Vec;

use super::{CodecError, Encoder, Value};
use crate::secret::SecretBytes;

pub(super) fn encode<T: Value>(items: &[T], out: &mut Encoder<'_>) -> Result<(), CodecError> {
    out.append(&[T::CONTENT.code()]);
    for item in items {
        let length_at = out.len();
        out.append(&[0; 4]);
        item.encode(out)?;
        let length = u32::try_from(out.len() - length_at - 4)
            .map_err(|_| CodecError::new("a list element must be shorter than 4 GiB"))?;
        out.patch(length_at, length.to_be_bytes());
    }
    Ok(())
}

pub(super) fn decode<T: Value>(content: SecretBytes) -> Result<Vec<T>, CodecError> {
    let (code, rest) = content.as_slice().split_first().ok_or(MALFORMED)?;
    if *code != T::CONTENT.code() {
        return Err(CodecError::new(
            "the stored list holds elements of another type",
        ));
    }
    // Counted first, so that the vector never grows and leaves a copy behind.
    let mut items = Vec::with_capacity(elements(rest).try_fold(0, |n, item| item.map(|_| n + 1))?);
    for element in elements(rest) {
        let mut bytes = SecretBytes::with_capacity(element?.len());
        bytes.append(element?);
        match T::decode(bytes) {
            Ok(item) => items.push(item),
            Err(error) => {
                T::wipe_list(&mut items);
                return Err(error);
            }
        }
    }
    Ok(items)
}

/// The content as exactly `N` bytes.
pub(super) fn fixed<const N: usize>(content: &SecretBytes) -> Result<[u8; N], CodecError> {
    content
        .as_slice()
        .try_into()
        .map_err(|_| CodecError::new("the stored value has another size than the field's type"))
}

fn elements(mut rest: &[u8]) -> impl Iterator<Item = Result<&[u8], CodecError>> {
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let element = rest.split_first_chunk::<4>().and_then(|(length, tail)| {
            tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
        });
        match element {
            Some((element, tail)) => {
                rest = tail;
                Some(Ok(element))
            }
            None => {
                rest = &[];
                Some(Err(MALFORMED))
            }
        }
    })
}

const MALFORMED: CodecError = CodecError::new("the stored list is cut short");
