//! Cuts a source into pages.

use alloc::vec::Vec;
use core::iter::Fuse;
use core::mem;

use super::Work;
use crate::error::Error;
use crate::vault::Session;

/// The source, and the page that is being filled.
pub(super) struct Pages<I: Iterator> {
    source: Fuse<I>,
    len: usize,
    /// Outlives a source that panics, so that what it had yielded is not lost.
    filling: Vec<I::Item>,
    /// How many items lie in the pages so far.
    taken: usize,
}

impl<I: Iterator> Pages<I> {
    pub(super) fn new(source: I, len: usize) -> Self {
        Self {
            source: source.fuse(),
            len,
            filling: Vec::new(),
            taken: 0,
        }
    }

    pub(super) fn resize(&mut self, len: usize) {
        self.len = len;
    }

    /// The next items, as many as a page has or as are left; `None` if none are.
    pub(super) fn next_page(&mut self) -> Option<Page<I::Item>> {
        if self.filling.is_empty() {
            self.filling
                .reserve_exact(self.source.size_hint().0.min(self.len));
        }
        while self.filling.len() < self.len {
            match self.source.next() {
                Some(item) => self.filling.push(item),
                None => break,
            }
        }
        let items = mem::take(&mut self.filling);
        let first = self.taken;
        self.taken += items.len();
        (!items.is_empty()).then_some(Page { first, items })
    }

    /// The hint of an iterator that has `ahead` results beside what is still here.
    pub(super) fn size_hint(&self, ahead: usize) -> (usize, Option<usize>) {
        let ahead = ahead + self.filling.len();
        let (least, most) = self.source.size_hint();
        (
            least.saturating_add(ahead),
            most.and_then(|most| most.checked_add(ahead)),
        )
    }
}

/// Items of one action.
pub(super) struct Page<T> {
    first: usize,
    items: Vec<T>,
}

impl<T> Page<T> {
    /// One result for each item, in order, each error with its position in the whole iteration.
    pub(super) fn run<W: Work<T>>(self, session: &Session) -> Vec<Result<W::Done, Error>> {
        let mut results = W::act(session, &self.items).unwrap_or_else(|error| {
            // Of the page as a whole, and so of each.
            self.items.iter().map(|_| Err(error)).collect()
        });
        for (index, result) in (self.first..).zip(&mut results) {
            if let Err(error) = result {
                *error = error.at_index(index);
            }
        }
        results
    }

    #[cfg(feature = "threads")]
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
}
