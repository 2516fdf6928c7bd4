//! Envelopes, one a line.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use std::io::{self, BufRead, Read};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::arguments::Spelling;
use super::failure::Failure;

/// What is known of an input when it ends.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) envelopes: u64,
    pub(super) empty: u64,
    pub(super) bad: u64,
}

/// Hands each line's number and envelope, in its byte or text form, to `f`, which says what is wrong
/// with it. In memory is one line at a time. Never tells what stands in a line.
pub(super) fn each(
    mut input: impl BufRead,
    spelling: Spelling,
    mut f: impl FnMut(u64, Result<&[u8], &'static str>) -> Result<bool, Failure>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    for number in 1.. {
        let is_whole = match next_line(&mut input, &mut line) {
            Ok(Some(is_whole)) => is_whole,
            Ok(None) => break,
            Err(_) => return Err(Failure::of_input("standard input could not be read")),
        };
        let text = line.trim_ascii();
        if is_whole && text.is_empty() {
            tally.empty += 1;
            continue;
        }
        let decoded = match is_whole {
            true => decode(text, spelling),
            false => Err("longer than 16 MiB"),
        };
        match f(number, decoded.as_deref().map_err(|reason| *reason))? {
            true => tally.envelopes += 1,
            false => tally.bad += 1,
        }
    }
    Ok(tally)
}

/// Reads a line, and says whether it is one; of a longer one than may be, the rest is skipped.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let read = input.by_ref().take(LONGEST).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") || (read as u64) < LONGEST {
        return Ok(Some(true));
    }
    loop {
        let rest = input.fill_buf()?;
        let (len, is_end) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (rest.len(), rest.is_empty()),
        };
        input.consume(len);
        if is_end {
            return Ok(Some(false));
        }
    }
}

fn decode(text: &[u8], spelling: Spelling) -> Result<Cow<'_, [u8]>, &'static str> {
    match spelling {
        // Not what would be an envelope's bytes: a column of them has line ends in its values.
        Spelling::Text if !text.starts_with(b"phi1.") => {
            Err("not the text form: no phi1. in front")
        }
        Spelling::Text => Ok(Cow::Borrowed(text)),
        Spelling::Hex => {
            let digits = text.strip_prefix(b"\\x").unwrap_or(text);
            from_hex(digits).map(Cow::Owned).ok_or("not hexadecimal")
        }
        Spelling::Base64 => {
            let decoded = BASE64.decode(text);
            decoded.map(Cow::Owned).map_err(|_| "not standard base64")
        }
    }
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|nibble| nibble as u8);
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?));
    bytes.collect()
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Of a line, in bytes.
const LONGEST: u64 = 16 << 20;
