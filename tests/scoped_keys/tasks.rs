//! An executor that polls by hand, and only what was woken: a wake-up that gets lost is a task that
//! never ends.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

pub(crate) struct Tasks<'a, T>(Vec<Task<'a, T>>);

struct Task<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>,
    was_woken: Arc<Flag>,
    output: Option<T>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a, T> Tasks<'a, T> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// A future that was not polled yet; gives its number.
    pub(crate) fn add(&mut self, future: impl Future<Output = T> + Send + 'a) -> usize {
        self.0.push(Task {
            future: Some(Box::pin(future)),
            was_woken: Arc::new(Flag(AtomicBool::new(true))),
            output: None,
        });
        self.0.len() - 1
    }

    /// Polls what was woken, until nothing is. Says how many are not done.
    pub(crate) fn run(&mut self) -> usize {
        while self.0.iter_mut().any(Task::poll) {}
        self.0.iter().filter(|task| task.future.is_some()).count()
    }

    /// Polls one of them once, if it was woken.
    pub(crate) fn poll(&mut self, number: usize) {
        self.0[number].poll();
    }

    /// Drops a future where it stands.
    pub(crate) fn cancel(&mut self, number: usize) {
        assert!(self.0[number].future.take().is_some(), "it was not done");
    }

    /// What a task that is done gave.
    pub(crate) fn output(&self, number: usize) -> Option<&T> {
        self.0[number].output.as_ref()
    }

    /// What all gave, the cancelled excepted.
    pub(crate) fn finish(mut self) -> Vec<T> {
        assert_eq!(self.run(), 0, "some tasks wait for nothing");
        self.0.into_iter().filter_map(|task| task.output).collect()
    }
}

impl<T> Task<'_, T> {
    /// Whether there was something to do.
    fn poll(&mut self) -> bool {
        let Some(future) = &mut self.future else {
            return false;
        };
        if !self.was_woken.0.swap(false, Ordering::SeqCst) {
            return false;
        }
        let waker = Waker::from(self.was_woken.clone());
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
            self.future = None;
        }
        true
    }
}
