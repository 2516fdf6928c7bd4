//! Padding to a bucket: one byte 0x80, then zeros (ISO/IEC 7816-4, section 12.1.1).

use core::num::NonZeroU16;

use super::CodecError;
use crate::secret::SecretBytes;

/// Pads what follows the first `start` bytes of `buffer` to a multiple of `bucket` bytes.
pub(crate) fn pad(buffer: &mut SecretBytes, start: usize, bucket: NonZeroU16) {
    let bucket = usize::from(bucket.get());
    buffer.append(&[0x80]);
    let missing = (bucket - (buffer.len() - start) % bucket) % bucket;
    const ZEROS: [u8; 256] = [0; 256];
    let mut left = missing;
    while left > 0 {
        let step = left.min(ZEROS.len());
        buffer.append(&ZEROS[..step]);
        left -= step;
    }
}

/// Removes the padding, whatever the bucket was.
pub(crate) fn unpad(content: &mut SecretBytes) -> Result<(), CodecError> {
    match content.as_slice().iter().rposition(|byte| *byte != 0) {
        Some(mark) if content.as_slice()[mark] == 0x80 => {
            content.truncate(mark);
            Ok(())
        }
        _ => Err(CodecError::new(
            "the stored value's padding is not 0x80 and zeros",
        )),
    }
}
