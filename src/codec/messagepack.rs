//! The shape of MessagePack, checked without recursion before any type is read from it.
//!
//! The reader of `rmp-serde` cannot tell what it left unread and does not count the levels of
//! recursive enums. Both are settled here, on writing too, so that nothing is sealed that could
//! not be opened.

use super::CodecError;

/// How many arrays and maps may lie within each other.
pub(super) const MAX_DEPTH: usize = 64;

/// Whether `bytes` are exactly one complete value that is nested no deeper than [`MAX_DEPTH`].
///
/// Costs nothing but the walk: lengths are only compared with what is there.
pub(super) fn check(bytes: &[u8]) -> Result<(), CodecError> {
    let mut rest = bytes;
    // How many values each open array or map still lacks.
    let mut missing = [0_u64; MAX_DEPTH];
    let mut depth = 0;
    loop {
        let item = Item::read(&mut rest).ok_or(CodecError::new(
            "a structured value must be one complete MessagePack value",
        ))?;
        if matches!(item, Item::Container(_)) && depth == MAX_DEPTH {
            return Err(CodecError::new(
                "a structured value must be nested at most 64 levels deep",
            ));
        }
        if let Item::Container(items @ 1..) = item {
            missing[depth] = items;
            depth += 1;
            continue;
        }
        // A value is complete, and so is every container of which it was the last.
        loop {
            if depth == 0 {
                return match rest {
                    [] => Ok(()),
                    _ => Err(CodecError::new(
                        "a structured value must end where its MessagePack ends",
                    )),
                };
            }
            missing[depth - 1] -= 1;
            if missing[depth - 1] > 0 {
                break;
            }
            depth -= 1;
        }
    }
}

enum Item {
    /// All that holds no further values, extensions included.
    Scalar,
    /// An array or map of so many values, each key counted as one.
    Container(u64),
}

impl Item {
    /// Takes a marker with its length and payload, but not a container's values.
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let marker = *rest.split_off_first()?;
        let payload = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => 0,
            0x80..=0x8f => return Some(Self::Container(2 * u64::from(marker & 0x0f))),
            0x90..=0x9f => return Some(Self::Container(u64::from(marker & 0x0f))),
            0xa0..=0xbf => u64::from(marker & 0x1f),
            0xc1 => return None,
            0xc4 | 0xd9 => length::<1>(rest)?,
            0xc5 | 0xda => length::<2>(rest)?,
            0xc6 | 0xdb => length::<4>(rest)?,
            0xc7 => 1 + length::<1>(rest)?,
            0xc8 => 1 + length::<2>(rest)?,
            0xc9 => 1 + length::<4>(rest)?,
            0xcc | 0xd0 => 1,
            0xcd | 0xd1 => 2,
            0xca | 0xce | 0xd2 => 4,
            0xcb | 0xcf | 0xd3 => 8,
            0xd4..=0xd8 => 1 + (1 << (marker - 0xd4)),
            0xdc => return Some(Self::Container(length::<2>(rest)?)),
            0xdd => return Some(Self::Container(length::<4>(rest)?)),
            0xde => return Some(Self::Container(2 * length::<2>(rest)?)),
            0xdf => return Some(Self::Container(2 * length::<4>(rest)?)),
        };
        rest.split_off(..usize::try_from(payload).ok()?)?;
        Some(Self::Scalar)
    }
}

/// A big-endian length of `N` bytes, at most 4.
fn length<const N: usize>(rest: &mut &[u8]) -> Option<u64> {
    let bytes = rest.split_off(..N)?;
    Some(
        bytes
            .iter()
            .fold(0, |length, byte| length << 8 | u64::from(*byte)),
    )
}
