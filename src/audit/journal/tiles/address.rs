//! Where a tile lies.

use alloc::string::String;
use core::fmt;

/// Hashes in a full tile, and entries in a full bundle.
pub(super) const FULL: usize = 256;

/// A tile of hashes or a bundle of entries. `Display` writes its path below the folder, such as
/// `tile/0/x001/234` or `tile/entries/000.p/17`.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileAddress {
    /// Of hashes; none for a bundle of entries.
    level: Option<u8>,
    index: u64,
    /// 1 to 256.
    width: u16,
}

impl TileAddress {
    pub(super) fn hashes(level: usize, index: u64, width: usize) -> Self {
        Self {
            level: Some(level as u8),
            index,
            width: width as u16,
        }
    }

    pub(super) fn entries(index: u64, width: usize) -> Self {
        Self {
            level: None,
            index,
            width: width as u16,
        }
    }

    /// The level of a tile of hashes, 0 for that of the leaves; none for a bundle of entries.
    pub const fn level(&self) -> Option<u8> {
        self.level
    }

    /// Its number within its level, counted from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds: 256 unless it is partial.
    pub const fn width(&self) -> u16 {
        self.width
    }

    pub(super) const fn is_full(&self) -> bool {
        self.width as usize == FULL
    }

    /// Whether a tree of this size has this tile.
    pub(super) const fn fits(self, size: u64) -> bool {
        let shift = match self.level {
            Some(level) => 8 * level as u32,
            None => 0,
        };
        self.index * FULL as u64 + self.width as u64 <= size >> shift
    }

    /// The full tile that this one is the beginning of.
    pub(super) const fn filled(self) -> Self {
        Self {
            width: FULL as u16,
            ..self
        }
    }

    /// The folder of the partial tiles that a full one replaces.
    pub(super) fn partials(self) -> String {
        alloc::format!("{}.p", self.filled())
    }
}

impl fmt::Display for TileAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}")?,
            None => f.write_str("tile/entries")?,
        }
        // 2^63 entries make numbers of at most 17 digits: six groups of three.
        let mut groups = [0; 6];
        let (mut rest, mut count) = (self.index, 0);
        while count == 0 || (rest > 0 && count < groups.len()) {
            groups[count] = rest % 1000;
            rest /= 1000;
            count += 1;
        }
        for (place, group) in groups[..count].iter().enumerate().rev() {
            f.write_str(if place > 0 { "/x" } else { "/" })?;
            write!(f, "{group:03}")?;
        }
        match self.is_full() {
            true => Ok(()),
            false => write!(f, ".p/{}", self.width),
        }
    }
}
