//! How a journal is kept.

use core::time::Duration;

use crate::audit::Durability;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) durability: Durability,
    /// Of `Durability::Written`: how long an entry may wait for the disk.
    pub(super) sync_within: Duration,
    /// How long a checkpoint may wait until it is written, when nothing else is.
    pub(super) checkpoint_every: Duration,
    pub(super) segment_bytes: u64,
    pub(super) segment_age: Duration,
    pub(super) heartbeat_every: Duration,
    pub(super) anchor_every: Duration,
    pub(super) reserve_bytes: u64,
    /// Within which failures that are alike are counted instead of written one by one.
    pub(super) repeat_window: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Synced,
            sync_within: Duration::from_secs(1),
            checkpoint_every: Duration::from_secs(1),
            segment_bytes: 64 << 20,
            segment_age: Duration::from_secs(24 * 60 * 60),
            heartbeat_every: Duration::from_secs(60),
            anchor_every: Duration::from_secs(60),
            reserve_bytes: 1 << 20,
            repeat_window: Duration::from_secs(60),
        }
    }
}
