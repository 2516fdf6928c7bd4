//! The thread that sees to what is due when nobody records.

use alloc::sync::Arc;
use core::time::Duration;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A thread that repeats one thing until it is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts a thread that calls `tend` every `interval`.
    pub(super) fn start(
        name: &str,
        interval: Duration,
        mut tend: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let told = Arc::clone(&stop);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            let (stop, changed) = &*told;
            let mut is_over = stop.lock().unwrap_or_else(PoisonError::into_inner);
            while !*is_over {
                let waited = changed.wait_timeout(is_over, interval);
                is_over = waited.unwrap_or_else(PoisonError::into_inner).0;
                if !*is_over {
                    drop(is_over);
                    tend();
                    is_over = stop.lock().unwrap_or_else(PoisonError::into_inner);
                }
            }
        })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let (stop, changed) = &*self.stop;
        *stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ended by a panic if this fails, which the panic hook has told.
            let _ = thread.join();
        }
    }
}
