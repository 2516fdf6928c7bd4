//! Several pages at a time, each on a thread of its own.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use std::thread::scope;

use super::crew::Crew;
use super::pages::Page;
use super::{Bulk, Work};
use crate::error::Error;

/// A [`Bulk`] that works on several pages at a time, each an action and an event of its own.
///
/// Results come in the order of the source; events come in the order in which pages finish.
/// The source is read, and results are handed out, on the caller's thread only.
///
/// - `for_each`, `fold` and what else consumes the whole at once start the threads once, which
///   work ahead while the caller takes results: memory for two pages a thread.
/// - `next`, and so a `for` loop and `collect`, work in rounds of one page a thread, and the
///   threads rest while the caller takes results.
///
/// If the operating system gives no thread, the caller's does the work.
///
/// # Panics
///
/// As [`Bulk`], also for a panic on one of the threads, after its action was recorded as
/// aborted. The other pages of the round are recorded, and lost with it.
#[must_use = "iterators are lazy: nothing is sealed or opened until items are asked for"]
pub struct Threaded<'s, I: Iterator, W: Work<I::Item>> {
    bulk: Bulk<'s, I, W>,
    threads: usize,
    /// Pages of the next round; outlives a source that panics.
    waiting: VecDeque<Page<I::Item>>,
    /// Results of the last round.
    done: VecDeque<Vec<Result<W::Done, Error>>>,
}

impl<'s, I: Iterator, W: Work<I::Item>> Threaded<'s, I, W> {
    pub(super) fn new(bulk: Bulk<'s, I, W>, threads: usize) -> Self {
        Self {
            bulk,
            threads: threads.clamp(1, 64),
            waiting: VecDeque::new(),
            done: VecDeque::new(),
        }
    }

    fn fill(&mut self) {
        while self.waiting.len() < self.threads {
            match self.bulk.pages.next_page() {
                Some(page) => self.waiting.push_back(page),
                None => break,
            }
        }
    }
}

impl<I, W> Threaded<'_, I, W>
where
    I: Iterator<Item: Send>,
    W: Work<I::Item, Done: Send>,
{
    /// What `fold` does without threads.
    fn fold_alone<B>(mut self, init: B, mut f: impl FnMut(B, Result<W::Done, Error>) -> B) -> B {
        let session = self.bulk.session;
        let mut result = init;
        loop {
            result = self.bulk.ready.by_ref().fold(result, &mut f);
            let page = self.waiting.pop_front();
            match page.or_else(|| self.bulk.pages.next_page()) {
                Some(page) => self.bulk.accept(page.run::<W>(session)),
                None => return result,
            }
        }
    }

    /// One page for each thread, the caller's included.
    fn round(&mut self) {
        let session = self.bulk.session;
        scope(|scope| {
            let mut crew = Crew::<I::Item, W>::hire(scope, session, self.waiting.len() - 1);
            let own = self.waiting.len() - crew.len();
            for (hand, page) in self.waiting.drain(own..).enumerate() {
                crew.send(hand, page);
            }
            // One by one: a page that panics leaves the others waiting.
            while let Some(page) = self.waiting.pop_front() {
                self.done.push_back(page.run::<W>(session));
            }
            for hand in 0..crew.len() {
                self.done.push_back(crew.receive(hand));
            }
        });
    }
}

impl<I, W> Iterator for Threaded<'_, I, W>
where
    I: Iterator<Item: Send>,
    W: Work<I::Item, Done: Send>,
{
    type Item = Result<W::Done, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.bulk.ready.next() {
                return Some(result);
            }
            match self.done.pop_front() {
                Some(results) => self.bulk.accept(results),
                None => {
                    self.fill();
                    if self.waiting.is_empty() {
                        return None;
                    }
                    self.round();
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let waiting = self.waiting.iter().map(Page::len).sum::<usize>();
        let done = self.done.iter().map(Vec::len).sum::<usize>();
        let ahead = waiting + done + self.bulk.ready.len();
        self.bulk.pages.size_hint(ahead)
    }

    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        scope(|scope| {
            let mut crew = Crew::<I::Item, W>::hire(scope, self.bulk.session, self.threads);
            let mut result = init;
            let (mut sent, mut received) = (0, 0);
            loop {
                result = self.bulk.ready.by_ref().fold(result, &mut f);
                if let Some(results) = self.done.pop_front() {
                    self.bulk.accept(results);
                    continue;
                }
                // One page in work and one in store for each, so that none waits for the caller.
                while sent - received < crew.len() * Crew::<I::Item, W>::IN_FLIGHT {
                    let page = self.waiting.pop_front();
                    let Some(page) = page.or_else(|| self.bulk.pages.next_page()) else {
                        break;
                    };
                    crew.send(sent % crew.len(), page);
                    sent += 1;
                }
                if sent > received {
                    let results = crew.receive(received % crew.len());
                    received += 1;
                    self.bulk.accept(results);
                } else {
                    // The end; or a crew of none, whose work the caller does.
                    return self.fold_alone(result, f);
                }
            }
        })
    }
}

impl<I, W> ExactSizeIterator for Threaded<'_, I, W>
where
    I: ExactSizeIterator<Item: Send>,
    W: Work<I::Item, Done: Send>,
{
}

impl<I, W> FusedIterator for Threaded<'_, I, W>
where
    I: Iterator<Item: Send>,
    W: Work<I::Item, Done: Send>,
{
}

impl<I: Iterator, W: Work<I::Item>> fmt::Debug for Threaded<'_, I, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threaded")
            .field("threads", &self.threads)
            .field("bulk", &self.bulk)
            .finish_non_exhaustive()
    }
}
