//! Threads that work on pages, within a scope.

use alloc::vec::Vec;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::Work;
use super::pages::Page;
use crate::error::Error;
use crate::vault::Session;

/// Threads, each with its own pages in order. They end when the crew is dropped.
pub(super) struct Crew<'scope, T, W: Work<T>>(Vec<Hand<'scope, T, W>>);

type Results<T, W> = Vec<Result<<W as Work<T>>::Done, Error>>;

struct Hand<'scope, T, W: Work<T>> {
    pages: SyncSender<Page<T>>,
    results: Receiver<Results<T, W>>,
    thread: Option<ScopedJoinHandle<'scope, ()>>,
}

impl<'scope, T: Send + 'scope, W: Work<T, Done: Send> + 'scope> Crew<'scope, T, W> {
    /// Pages that a hand may have been sent and not yet given back.
    pub(super) const IN_FLIGHT: usize = 2;

    /// As many as are `wanted`, or as the operating system gives.
    pub(super) fn hire(
        scope: &'scope Scope<'scope, '_>,
        session: &'scope Session,
        wanted: usize,
    ) -> Self {
        let hands = (0..wanted).map_while(|_| {
            let (pages, inbox) = sync_channel::<Page<T>>(Self::IN_FLIGHT);
            let (outbox, results) = sync_channel(Self::IN_FLIGHT);
            let work = move || {
                for page in inbox {
                    if outbox.send(page.run::<W>(session)).is_err() {
                        break;
                    }
                }
            };
            let thread = Builder::new().spawn_scoped(scope, work).ok()?;
            Some(Hand {
                pages,
                results,
                thread: Some(thread),
            })
        });
        Self(hands.collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn send(&self, hand: usize, page: Page<T>) {
        // Refused only by a thread that panicked, which `receive` finds.
        let _ = self.0[hand].pages.send(page);
    }

    /// The results of the first page that a hand was sent and has not given back. Passes on its
    /// panic.
    pub(super) fn receive(&mut self, hand: usize) -> Results<T, W> {
        let hand = &mut self.0[hand];
        hand.results.recv().unwrap_or_else(|_| {
            match hand.thread.take().map(ScopedJoinHandle::join) {
                Some(Err(panic)) => resume_unwind(panic),
                _ => unreachable!("a hand works until it panics or its crew is dropped"),
            }
        })
    }
}
