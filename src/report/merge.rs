//! One history of what several processes wrote.

use alloc::collections::{BinaryHeap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use core::fmt;
use core::num::NonZeroUsize;

use crate::audit::EventRecord;

/// How many events of each source [`merge`] holds back to order them.
pub const DEFAULT_WINDOW: NonZeroUsize = NonZeroUsize::new(4096).expect("more than none");

/// Orders the events of several sources by time, and tells an event that stands in several of them,
/// or twice in one, once.
///
/// A log is nearly ordered by time, not quite: an event is written when its action ends, and its time
/// is when it began. So each source is read [`DEFAULT_WINDOW`] events ahead. **If no event comes that
/// many places or more after one of its source that is later in time, the result is ordered by time,
/// then by event id, and complete, and holds no event twice.** One that comes later still is told when
/// it comes, and counted by [`out_of_order`](Merge::out_of_order): nothing is ever left out for its
/// place. Clocks of different machines are believed as they are.
///
/// The same `event` id twice with different content is not one event recorded twice, but a log that
/// was changed, or sealed differently: both are told.
///
/// Errors are passed on as they are met, before events that are held back. Memory: the window of
/// each source, of events of at most 32 KiB.
///
/// # Example
///
/// See [the module](super).
pub fn merge<I, E>(sources: impl IntoIterator<Item = I>) -> Merge<I::IntoIter>
where
    I: IntoIterator<Item = Result<EventRecord, E>>,
{
    merge_within(DEFAULT_WINDOW, sources)
}

/// As [`merge`], with a window of so many events of each source.
pub fn merge_within<I, E>(
    window: NonZeroUsize,
    sources: impl IntoIterator<Item = I>,
) -> Merge<I::IntoIter>
where
    I: IntoIterator<Item = Result<EventRecord, E>>,
{
    let source = |events: I| Source {
        events: Some(events.into_iter()),
        held: BinaryHeap::new(),
    };
    Merge {
        sources: sources.into_iter().map(source).collect(),
        window,
        ready: VecDeque::new(),
        last: None,
        out_of_order: 0,
    }
}

/// Events of several sources as one history; see [`merge`].
pub struct Merge<I> {
    sources: Vec<Source<I>>,
    window: NonZeroUsize,
    /// Events of one id.
    ready: VecDeque<EventRecord>,
    last: Option<(String, String)>,
    out_of_order: u64,
}

impl<I> Merge<I> {
    /// How many events came too late for the window, so far. Beyond 0, order and uniqueness are not
    /// guaranteed; take a larger window.
    pub const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

impl<I, E> Iterator for Merge<I>
where
    I: Iterator<Item = Result<EventRecord, E>>,
{
    type Item = Result<EventRecord, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(event) = self.ready.pop_front() {
            return Some(Ok(event));
        }
        for source in &mut self.sources {
            if let Err(error) = source.fill(self.window) {
                return Some(Err(error));
            }
        }
        let first = self.take_first()?;
        let key = (first.time.clone(), first.event.clone());
        self.out_of_order += u64::from(self.last.as_ref().is_some_and(|last| key < *last));
        self.ready.push_back(first);
        while let Some(again) = self.take_equal(&key) {
            if !self.ready.contains(&again) {
                self.ready.push_back(again);
            }
        }
        self.last = Some(key);
        self.ready.pop_front().map(Ok)
    }
}

impl<I> Merge<I> {
    fn take_first(&mut self) -> Option<EventRecord> {
        let of_first = |source: &&mut Source<I>| source.held.peek().is_some();
        let heads = self.sources.iter_mut().filter(of_first);
        let source = heads.max_by(|a, b| a.held.peek().cmp(&b.held.peek()))?;
        source.held.pop().map(|Reverse(held)| held.0)
    }

    fn take_equal(&mut self, (time, event): &(String, String)) -> Option<EventRecord> {
        let is_equal = |source: &&mut Source<I>| {
            let head = source.held.peek();
            head.is_some_and(|Reverse(held)| held.0.time == *time && held.0.event == *event)
        };
        let source = self.sources.iter_mut().find(is_equal)?;
        source.held.pop().map(|Reverse(held)| held.0)
    }
}

struct Source<I> {
    /// Gone once it has ended.
    events: Option<I>,
    held: BinaryHeap<Reverse<Held>>,
}

impl<I> Source<I> {
    fn fill<E>(&mut self, window: NonZeroUsize) -> Result<(), E>
    where
        I: Iterator<Item = Result<EventRecord, E>>,
    {
        while let Some(events) = &mut self.events
            && self.held.len() < window.get()
        {
            match events.next() {
                Some(event) => self.held.push(Reverse(Held(event?))),
                None => self.events = None,
            }
        }
        Ok(())
    }
}

/// An event, ordered by time and id.
struct Held(EventRecord);

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = self.0.time.cmp(&other.0.time);
        by_time.then_with(|| self.0.event.cmp(&other.0.event))
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Held {}

impl<I> fmt::Debug for Merge<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merge")
            .field("sources", &self.sources.len())
            .field("window", &self.window)
            .field("out_of_order", &self.out_of_order)
            .finish_non_exhaustive()
    }
}
