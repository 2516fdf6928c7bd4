//! Threads that call the module, so that nobody else waits in it.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::reply::{Answer, Reply};
use super::token::{Task, Token};
use crate::key::{KeyError, KeyErrorKind};

/// Some threads with a session each, a bounded queue before them, and one thread that watches the
/// time.
///
/// A call into a module cannot be cancelled. If one hangs, its caller gets an answer all the same,
/// and another thread takes the place, as long as not more hang than there should be.
pub(super) struct Pool {
    shared: Arc<Shared>,
    watched: Sender<Watched>,
    timeout: Duration,
}

struct Shared {
    token: Token,
    queue: Mutex<Queue>,
    arrived: Condvar,
    crew: Mutex<Crew>,
    left: Condvar,
    most_waiting: usize,
    most_lost: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

#[derive(Default)]
struct Crew {
    /// Threads that take jobs.
    working: usize,
    /// Threads that hang, and were replaced.
    lost: usize,
    threads: Vec<JoinHandle<()>>,
}

struct Job {
    task: Task,
    deadline: Instant,
    reply: Arc<Reply>,
}

struct Watched {
    deadline: Instant,
    reply: Arc<Reply>,
}

impl Pool {
    pub(super) fn start(
        token: Token,
        threads: usize,
        most_waiting: usize,
        timeout: Duration,
    ) -> Result<Self, KeyError> {
        let shared = Arc::new(Shared {
            token,
            queue: Mutex::default(),
            arrived: Condvar::new(),
            crew: Mutex::default(),
            left: Condvar::new(),
            most_waiting,
            most_lost: threads,
        });
        let (watched, calls) = mpsc::channel();
        let watching = shared.clone();
        // From here on, dropping the pool ends whatever was started.
        let pool = Self {
            shared,
            watched,
            timeout,
        };
        let mut is_started = spawn(move || watching.watch(&calls)).is_some();
        for _ in 0..threads {
            is_started = is_started && pool.shared.hire();
        }
        is_started.then_some(pool).ok_or(NO_THREAD)
    }

    /// Queues a task. The time begins to run.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Throttled`] if the queue is full.
    pub(super) fn submit(&self, task: Task) -> Result<Answer, KeyError> {
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        let answer = Answer(Arc::default());
        let mut queue = lock(&self.shared.queue);
        if queue.jobs.len() >= self.shared.most_waiting {
            queue.jobs.retain(|job| !job.reply.is_over());
        }
        if queue.jobs.len() >= self.shared.most_waiting {
            return Err(FULL);
        }
        queue.jobs.push_back(Job {
            task,
            deadline,
            reply: answer.0.clone(),
        });
        drop(queue);
        self.shared.arrived.notify_one();
        let watched = Watched {
            deadline,
            reply: answer.0.clone(),
        };
        // The watching thread ends with the pool only.
        self.watched.send(watched).map_err(|_| NO_THREAD)?;
        Ok(answer)
    }

    pub(super) fn token(&self) -> &Token {
        &self.shared.token
    }
}

/// Waits until sessions are closed and their threads have ended, at most [`FAREWELL`]: a process
/// that ends while another thread is in the module, or has the module's library clean up after it
/// (OpenSSL under SoftHSM), may crash.
impl Drop for Pool {
    fn drop(&mut self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.arrived.notify_all();
        let crew = lock(&self.shared.crew);
        let (mut crew, _) = self
            .shared
            .left
            .wait_timeout_while(crew, FAREWELL, |crew| crew.working + crew.lost > 0)
            .unwrap_or_else(PoisonError::into_inner);
        let have_all_left = crew.working + crew.lost == 0;
        let threads = mem::take(&mut crew.threads);
        drop(crew);
        for thread in threads {
            if have_all_left || thread.is_finished() {
                // Nothing to do about a thread that panicked: it was answered for.
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    /// Starts one more thread that takes jobs.
    fn hire(self: &Arc<Self>) -> bool {
        let shared = self.clone();
        let mut crew = lock(&self.crew);
        let Some(thread) = spawn(move || shared.work()) else {
            return false;
        };
        crew.working += 1;
        crew.threads.retain(|thread| !thread.is_finished());
        crew.threads.push(thread);
        true
    }

    /// Starts a thread in the place of one that hangs.
    fn replace(self: &Arc<Self>) -> bool {
        if lock(&self.crew).lost >= self.most_lost || !self.hire() {
            return false;
        }
        let mut crew = lock(&self.crew);
        crew.lost += 1;
        crew.working -= 1;
        true
    }

    fn work(&self) {
        let mut held = None;
        let mut is_replaced = false;
        while !is_replaced && let Some(job) = self.next() {
            if !job.reply.begin() {
                continue;
            }
            // What may panic is the source of the PIN, which is not ours.
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                self.token.perform(&mut held, &job.task, job.deadline)
            }));
            is_replaced = job.reply.settle(outcome.unwrap_or(Err(PANICKED)));
        }
        if let Some(connection) = held {
            self.token.part(connection, Instant::now() + FAREWELL);
        }
        let mut crew = lock(&self.crew);
        match is_replaced {
            true => crew.lost -= 1,
            false => crew.working -= 1,
        }
        drop(crew);
        self.left.notify_all();
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self
            .arrived
            .wait_while(lock(&self.queue), |queue| {
                queue.jobs.is_empty() && !queue.is_closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        queue.jobs.pop_front()
    }

    /// All calls have the same time, so they run out in the order in which they came.
    fn watch(self: &Arc<Self>, calls: &Receiver<Watched>) {
        let mut running: VecDeque<Watched> = VecDeque::new();
        loop {
            while running.front().is_some_and(|call| call.reply.is_done()) {
                running.pop_front();
            }
            let left = running
                .front()
                .map(|call| call.deadline.saturating_duration_since(Instant::now()));
            let arrived = match left {
                Some(Duration::ZERO) => Err(RecvTimeoutError::Timeout),
                Some(left) => calls.recv_timeout(left),
                None => calls.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match arrived {
                Ok(call) => running.push_back(call),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(call) = running.pop_front() {
                        call.reply.give_up(|| self.replace());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let thread = thread::Builder::new().name("phi-seal-pkcs11".into());
    thread.spawn(work).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const FAREWELL: Duration = Duration::from_secs(1);

const FULL: KeyError = KeyError::new(
    KeyErrorKind::Throttled,
    "too many calls wait for the token; try again later, or allow for more sessions",
);

const NO_THREAD: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the operating system gave no thread for the token; try again",
);

const PANICKED: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the source of the pin panicked; mend it",
);
