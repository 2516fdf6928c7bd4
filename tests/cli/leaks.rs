//! Whether a key is in an output, whole or in part, in a likely spelling.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Pieces of this many bytes are looked for.
const PIECE: usize = 8;

pub(crate) fn has(said: &[u8], secret: &[u8]) -> bool {
    let mut needles = secret.chunks_exact(PIECE).flat_map(spellings);
    needles.any(|needle| said.windows(needle.len()).any(|window| window == needle))
}

fn spellings(piece: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimals: Vec<_> = piece.iter().map(u8::to_string).collect();
    let mut spelt = vec![
        piece.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        decimals.join(", ").into_bytes(),
        decimals.join(",").into_bytes(),
    ];
    // A symbol belongs to the piece if all of its bits do, at each of three alignments.
    for shift in 0..3 {
        let shifted = [&[0; 3][..shift], piece].concat();
        let range = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
        for symbols in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            spelt.push(symbols.as_bytes()[range.clone()].to_vec());
        }
    }
    spelt
}

#[test]
fn a_key_is_found_in_each_spelling_and_in_part() {
    let key: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(73) ^ 0xb5).collect();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let shifted = [&b"x"[..], &key].concat();
    for said in [
        format!("key: {hex}"),
        format!("key: {}", hex.to_uppercase()),
        format!("{key:?}"),
        STANDARD_NO_PAD.encode(&key),
        URL_SAFE_NO_PAD.encode(&shifted),
        serde_json::to_string(&key).unwrap(),
        hex[16..40].into(),
    ] {
        assert!(has(said.as_bytes(), &key), "{said}");
    }
    assert!(has(&shifted, &key));
    assert!(!has(b"nothing of the kind, at some length", &key));
}
