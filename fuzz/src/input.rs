//! How a target cuts its bytes into parts.
//!
//! A format of our own, because the corpus is committed: the derived decoding of a library may
//! change with its version and turn the corpus into noise without anybody noticing.

/// What is left of the bytes. Reading beyond the end gives zeros and empty parts.
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    /// A part behind its length: one byte, or 255 and two bytes, big-endian.
    pub(super) fn part(&mut self) -> &'a [u8] {
        let length = match self.byte() {
            255 => usize::from(u16::from_be_bytes([self.byte(), self.byte()])),
            short => usize::from(short),
        };
        let (part, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        part
    }

    /// A part as text, with U+FFFD for what is not UTF-8.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.part()).into_owned()
    }

    /// One of `choices`.
    pub(super) fn choice<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }
}
