//! Finds a secret in any of its likely spellings, whole or in part.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The spellings in which a secret is looked for.
pub(crate) struct Detector(Vec<(Spelling, Vec<u8>)>);

/// Pieces of this many bytes are looked for, so that a quotation cut short is found too.
const PIECE: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spelling {
    Raw,
    Reversed,
    HexLower,
    HexUpper,
    HexList,
    DecimalList,
    EscapedBytes,
    EscapedChars,
    JsonEscapes,
    Base64Standard,
    Base64Url,
    Utf16Le,
    Utf16Be,
}

impl Spelling {
    const OF_BYTES: [Self; 9] = [
        Self::Raw,
        Self::Reversed,
        Self::HexLower,
        Self::HexUpper,
        Self::HexList,
        Self::DecimalList,
        Self::EscapedBytes,
        Self::Base64Standard,
        Self::Base64Url,
    ];

    const OF_TEXT: [Self; 4] = [
        Self::EscapedChars,
        Self::JsonEscapes,
        Self::Utf16Le,
        Self::Utf16Be,
    ];

    /// How all of `secret` is spelt.
    fn spell(self, secret: &[u8]) -> Vec<u8> {
        let each = |f: &dyn Fn(u8) -> String, between: &str| -> Vec<u8> {
            let parts: Vec<_> = secret.iter().map(|byte| f(*byte)).collect();
            parts.join(between).into_bytes()
        };
        let units = || text(secret).encode_utf16();
        match self {
            Self::Raw => secret.to_vec(),
            Self::Reversed => secret.iter().rev().copied().collect(),
            Self::HexLower => each(&|byte| format!("{byte:02x}"), ""),
            Self::HexUpper => each(&|byte| format!("{byte:02X}"), ""),
            Self::HexList => each(&|byte| format!("{byte:02x}"), ", "),
            Self::DecimalList => each(&|byte| byte.to_string(), ", "),
            Self::EscapedBytes => secret.escape_ascii().to_string().into_bytes(),
            Self::EscapedChars => text(secret).escape_unicode().to_string().into_bytes(),
            Self::JsonEscapes => units()
                .map(|unit| match u8::try_from(unit) {
                    Ok(ascii @ 0x20..0x7f) => char::from(ascii).to_string(),
                    _ => format!("\\u{unit:04x}"),
                })
                .collect::<String>()
                .into_bytes(),
            Self::Base64Standard => STANDARD_NO_PAD.encode(secret).into_bytes(),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(secret).into_bytes(),
            Self::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
        }
    }

    /// What is looked for to find `piece` within something longer, spelt so.
    fn needles(self, piece: &[u8]) -> Vec<Vec<u8>> {
        if !matches!(self, Self::Base64Standard | Self::Base64Url) {
            return vec![self.spell(piece)];
        }
        // A symbol belongs to the piece if all of its 6 bits do, at each of three alignments.
        (0..3)
            .map(|shift| {
                let mut shifted = vec![0; shift];
                shifted.extend_from_slice(piece);
                let symbols = self.spell(&shifted);
                symbols[(shift * 8).div_ceil(6)..shifted.len() * 8 / 6].to_vec()
            })
            .collect()
    }
}

fn text(secret: &[u8]) -> &str {
    std::str::from_utf8(secret).unwrap()
}

impl Detector {
    /// Looks for a text.
    pub(crate) fn of_text(secret: &str) -> Self {
        let mut pieces: Vec<&str> = Vec::new();
        let mut rest = secret;
        while rest.len() >= PIECE {
            let mut end = PIECE;
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (piece, tail) = rest.split_at(end);
            pieces.push(piece);
            rest = tail;
        }
        let bytes = pieces.iter().map(|piece| piece.as_bytes());
        let mut detector = Self::of_pieces(bytes.clone(), &Spelling::OF_BYTES);
        detector
            .0
            .extend(Self::of_pieces(bytes, &Spelling::OF_TEXT).0);
        detector
    }

    /// Looks for bytes that are no text, such as a key.
    pub(crate) fn of_bytes(secret: &[u8]) -> Self {
        Self::of_pieces(secret.chunks_exact(PIECE), &Spelling::OF_BYTES)
    }

    fn of_pieces<'a>(
        pieces: impl Iterator<Item = &'a [u8]> + Clone,
        spellings: &[Spelling],
    ) -> Self {
        let mut needles = Vec::new();
        for spelling in spellings {
            for piece in pieces.clone() {
                needles.extend(
                    spelling
                        .needles(piece)
                        .into_iter()
                        .map(|it| (*spelling, it)),
                );
            }
        }
        Self(needles)
    }

    /// The first spelling that occurs in `haystack`.
    pub(crate) fn find(&self, haystack: &[u8]) -> Option<Spelling> {
        self.0
            .iter()
            .find(|(_, needle)| {
                haystack
                    .windows(needle.len())
                    .any(|window| window == needle)
            })
            .map(|(spelling, _)| *spelling)
    }
}

mod tests {
    use super::{Detector, PIECE, Spelling};
    use crate::ward::MARKERS;

    #[test]
    fn finds_each_spelling_at_each_alignment_within_noise() {
        for marker in MARKERS {
            let detector = Detector::of_text(marker);
            for spelling in Spelling::OF_BYTES.iter().chain(&Spelling::OF_TEXT) {
                // Noise before the text and, for base64, before its bytes.
                for shift in 0..3 {
                    let secret = format!("{}{marker}{}", &"noise"[..shift], "noise");
                    let haystack = [b"... ", &*spelling.spell(secret.as_bytes()), b" ..."].concat();
                    let found = detector.find(&haystack);
                    assert!(
                        found.is_some(),
                        "{marker} as {spelling:?}, shifted by {shift}"
                    );
                    let alone = Detector(
                        detector
                            .0
                            .iter()
                            .filter(|(own, _)| own == spelling)
                            .cloned()
                            .collect(),
                    );
                    assert_eq!(alone.find(&haystack), Some(*spelling), "{marker}");
                }
            }
            assert_eq!(detector.find(b"nothing of the kind, at some length"), None);
        }
    }

    #[test]
    fn finds_a_quotation_that_was_cut_short() {
        for marker in MARKERS {
            let half = &marker.as_bytes()[marker.len() / 2..];
            assert!(half.len() > PIECE);
            assert!(Detector::of_text(marker).find(half).is_some(), "{marker}");
        }
    }

    #[test]
    fn finds_a_key() {
        let key: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(73) ^ 0xb5).collect();
        let detector = Detector::of_bytes(&key);
        for spelling in Spelling::OF_BYTES {
            let haystack = [b"key: ", &*spelling.spell(&key)].concat();
            assert!(detector.find(&haystack).is_some(), "{spelling:?}");
        }
    }
}
