//! Buffers that are wiped: what holds plaintext or key bytes on their way.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::optimization_barrier;

/// Overwrites `bytes` with zeros in a way the compiler may not remove.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

/// Wipes a vector, its spare capacity included, and leaves it empty.
pub(crate) fn wipe_vec(bytes: &mut Vec<u8>) {
    // Never grows: the new length is the capacity the vector already has.
    bytes.resize(bytes.capacity(), 0);
    wipe(bytes);
    bytes.clear();
}

/// An append-only byte buffer that is wiped on drop and whenever it grows.
///
/// Growing allocates a new block, copies, and wipes the old one, so no freed heap block keeps
/// content. `Debug` shows the length only. Not promised: copies in registers or on the stack,
/// in swap or in a core dump.
///
/// # Example
///
/// ```
/// use phi_seal::SecretBytes;
///
/// let mut buffer = SecretBytes::with_capacity(4);
/// buffer.append(b"diag");
/// buffer.append(b"nosis");
/// assert_eq!(buffer.as_slice(), b"diagnosis");
/// assert_eq!(format!("{buffer:?}"), "SecretBytes { len: 9, .. }");
/// ```
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// An empty buffer with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Takes over a vector, which is wiped with this buffer.
    ///
    /// Copies that were made before, such as by a vector that grew, are out of reach.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Appends `bytes`.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            self.grow(bytes.len());
        }
        self.0.extend_from_slice(bytes);
    }

    /// The content.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands the allocation to the caller, who wipes it from now on.
    pub fn into_vec(mut self) -> Vec<u8> {
        core::mem::take(&mut self.0)
    }

    /// Hands the allocation to the caller as text, or wipes it when it is not UTF-8.
    pub fn into_string(self) -> Option<String> {
        match String::from_utf8(self.into_vec()) {
            Ok(text) => Some(text),
            Err(error) => {
                wipe_vec(&mut error.into_bytes());
                None
            }
        }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Shortens the buffer to `len` bytes and wipes what it cuts off.
    pub(crate) fn truncate(&mut self, len: usize) {
        if let Some(cut) = self.0.get_mut(len..) {
            wipe(cut);
            self.0.truncate(len);
        }
    }

    #[cold]
    fn grow(&mut self, additional: usize) {
        let wanted = (self.0.len() + additional).max(self.0.capacity() * 2);
        let mut larger = Vec::with_capacity(wanted);
        larger.extend_from_slice(&self.0);
        wipe_vec(&mut self.0);
        self.0 = larger;
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe_vec(&mut self.0);
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBytes")
            .field("len", &self.0.len())
            .finish_non_exhaustive()
    }
}

/// `append` as a writer, for encoders that want one. Never fails.
impl std::io::Write for SecretBytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A 256-bit secret, wiped on drop. `Debug` shows nothing.
pub(crate) struct SecretKey(pub(crate) [u8; 32]);

impl SecretKey {
    /// 32 bytes from the operating system.
    pub(crate) fn generate() -> Option<Self> {
        let mut key = Self([0; 32]);
        getrandom::fill(&mut key.0).ok().map(|()| key)
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wiping_reaches_the_spare_capacity() {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(b"secret secret secret");
        bytes.truncate(2);
        wipe_vec(&mut bytes);
        bytes.resize(bytes.capacity(), 7);
        assert!(bytes.iter().all(|b| *b == 7));
        assert!(bytes.capacity() >= 32);
    }

    #[test]
    fn truncating_wipes_the_tail_and_never_lengthens() {
        let mut buffer = SecretBytes::from_vec(b"abcdef".to_vec());
        buffer.truncate(9);
        assert_eq!(buffer.as_slice(), b"abcdef");
        buffer.truncate(2);
        assert_eq!(buffer.into_vec(), b"ab");
    }

    #[test]
    fn invalid_text_is_refused() {
        assert!(SecretBytes::from_vec(vec![0xff]).into_string().is_none());
    }
}
