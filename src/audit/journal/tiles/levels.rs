//! The levels of a tree of tiles, of each as much as lies in its last, incomplete tile.

use alloc::vec::Vec;

use super::address::{FULL, TileAddress};
use crate::audit::journal::tree::{Frontier, Hash, node_hash};

/// A tree that grows at its right edge: at most 255 hashes of each of at most eight levels.
#[derive(Debug, Default)]
pub(super) struct Levels {
    size: u64,
    rows: Vec<Vec<Hash>>,
}

impl Levels {
    /// The incomplete tiles of a tree of this size, the lowest level first.
    pub(super) fn incomplete(size: u64) -> impl Iterator<Item = TileAddress> {
        (0..8)
            .map(move |level| (level, size >> (8 * level)))
            .filter(|(_, hashes)| hashes % FULL as u64 > 0)
            .map(|(level, hashes)| {
                let width = (hashes % FULL as u64) as usize;
                TileAddress::hashes(level, hashes / FULL as u64, width)
            })
    }

    /// A tree of this size, whose incomplete tiles `read` knows.
    pub(super) fn load<E>(
        size: u64,
        mut read: impl FnMut(TileAddress) -> Result<Vec<Hash>, E>,
    ) -> Result<Self, E> {
        let mut rows = Vec::new();
        for tile in Self::incomplete(size) {
            let level = usize::from(tile.level().unwrap_or_default());
            rows.resize(level, Vec::new());
            rows.push(read(tile)?);
        }
        Ok(Self { size, rows })
    }

    /// Adds a leaf, and hands each tile that it completes to `complete`.
    pub(super) fn push<E>(
        &mut self,
        leaf: Hash,
        mut complete: impl FnMut(TileAddress, &[Hash]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.rows.len() == level {
                self.rows.push(Vec::with_capacity(FULL));
            }
            let row = &mut self.rows[level];
            row.push(hash);
            if row.len() < FULL {
                break;
            }
            let index = (self.size >> (8 * (level + 1))) - 1;
            complete(TileAddress::hashes(level, index, FULL), row)?;
            hash = root_of(row);
            row.clear();
        }
        Ok(())
    }

    /// The incomplete tiles.
    pub(super) fn partials(&self) -> impl Iterator<Item = (TileAddress, &[Hash])> {
        Self::incomplete(self.size).map(|tile| {
            let level = usize::from(tile.level().unwrap_or_default());
            (tile, self.rows[level].as_slice())
        })
    }

    /// Goes back to the last size at which the lowest level had no incomplete tile, and returns
    /// the leaves after it.
    pub(super) fn cut_lowest(&mut self) -> Vec<Hash> {
        self.size -= self.size % FULL as u64;
        match self.rows.first_mut() {
            Some(row) => core::mem::take(row),
            None => Vec::new(),
        }
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub(super) fn root(&self) -> Hash {
        let mut right = None;
        for row in &self.rows {
            for left in peaks(row).into_iter().rev() {
                right = Some(match right {
                    Some(right) => node_hash(&left, &right),
                    None => left,
                });
            }
        }
        right.unwrap_or_else(|| Frontier::new().root())
    }
}

/// The roots of the complete subtrees over a row of hashes, from the largest to the smallest.
fn peaks(mut row: &[Hash]) -> Vec<Hash> {
    let mut peaks = Vec::new();
    while !row.is_empty() {
        let (subtree, rest) = row.split_at(1 << row.len().ilog2());
        peaks.push(root_of(subtree));
        row = rest;
    }
    peaks
}

/// Hashes of any level are put together as leaf hashes are.
fn root_of(row: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    row.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}
