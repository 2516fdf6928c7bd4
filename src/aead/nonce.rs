//! Nonce runs: one draw of randomness for all the values of an action.

use crate::envelope::NONCE_LEN;

/// Up to 2^16 nonces that share their first 12 bytes, so that the key derived from those is
/// computed once.
///
/// Starts at 24 random bytes; each further nonce is the last 12 bytes plus one, as a big-endian
/// integer modulo 2^96. Two runs collide only if they share the first half *and* overlap in the
/// second. Not `Clone`, and neither `Send` nor `Sync`: a run that exists twice repeats nonces.
pub(crate) struct NonceRun {
    nonce: [u8; NONCE_LEN],
    left: u32,
    _one_thread: core::marker::PhantomData<*const ()>,
}

impl NonceRun {
    /// The longest run.
    pub(crate) const MAX: u32 = 1 << 16;

    /// A run from the operating system's randomness, or `None` if it has none to give.
    pub(crate) fn draw() -> Option<Self> {
        let mut first = [0; NONCE_LEN];
        getrandom::fill(&mut first).ok()?;
        Some(Self::starting_at(first))
    }

    /// A run that starts at a chosen nonce: for vectors and benchmarks only.
    pub(crate) fn starting_at(first: [u8; NONCE_LEN]) -> Self {
        Self {
            nonce: first,
            left: Self::MAX,
            _one_thread: core::marker::PhantomData,
        }
    }

    /// The next nonce, or `None` when the run is used up.
    pub(crate) fn next(&mut self) -> Option<[u8; NONCE_LEN]> {
        self.left = self.left.checked_sub(1)?;
        let current = self.nonce;
        // As one integer: the last 12 bytes lie in the low 96 bits of the last 16.
        let (_, last) = self
            .nonce
            .split_last_chunk_mut::<16>()
            .expect("a nonce has more than 16 bytes");
        let counter = u128::from_be_bytes(*last);
        let low = (1 << 96) - 1;
        *last = (counter & !low | counter.wrapping_add(1) & low).to_be_bytes();
        Some(current)
    }
}

impl core::fmt::Debug for NonceRun {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NonceRun")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
