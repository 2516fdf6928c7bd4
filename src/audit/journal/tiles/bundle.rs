//! Entry bundles: up to 256 entries, each behind its length as a big-endian `u16`.

use alloc::vec::Vec;

/// The longest entry that a bundle holds.
pub(super) const MAX_ENTRY: usize = u16::MAX as usize;

/// Appends an entry, or tells that it is too long.
pub(super) fn append(bundle: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    let len = u16::try_from(entry.len()).ok()?;
    bundle.extend(len.to_be_bytes());
    bundle.extend_from_slice(entry);
    Some(())
}

/// The entries of a bundle, if it holds exactly `count` and nothing else.
pub(super) fn parse(mut bundle: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (len, rest) = bundle.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        entries.push(entry);
        bundle = rest;
    }
    bundle.is_empty().then_some(entries)
}
