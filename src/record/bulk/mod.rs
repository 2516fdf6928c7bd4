//! Records in bulk: iterators that seal or open a page at a time.

#[cfg(feature = "threads")]
mod crew;
mod pages;
#[cfg(feature = "threads")]
mod threads;
mod work;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use pages::Pages;
#[cfg(feature = "threads")]
pub use threads::Threaded;
pub use work::{Open, Seal, Work};

use super::{AsRecord, AsRow};
use crate::error::Error;
use crate::vault::Session;

impl Session {
    /// Seals records, of any number, a page at a time: one action and one event for each page.
    ///
    /// Lazy: nothing is done before the first item is asked for. See [`SealAll`] for what is
    /// promised of order, errors and memory, and for its options.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Error, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: u64,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("mercy-hospital")?, Actor::new("clinician-17")?, Purpose::Treatment))?;
    /// let patients = (1..=1000).map(|id| Patient { id, name: Phi::new(format!("Ada {id}")) });
    ///
    /// let mut rows = Vec::new();
    /// for row in session.seal_all(patients) {
    ///     rows.push(row?); // an error names its `index`, and loses no other record
    /// }
    /// assert_eq!((rows.len(), rows[41].id), (1000, 42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal_all<I>(&self, records: I) -> SealAll<'_, I::IntoIter>
    where
        I: IntoIterator<Item: AsRecord>,
    {
        Bulk::new(self, records.into_iter())
    }

    /// Opens rows, of any number, a page at a time: one action and one event for each page.
    ///
    /// Lazy: nothing is done before the first item is asked for. See [`OpenAll`] for what is
    /// promised of order, errors and memory, and for its options.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Error, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: u64,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("mercy-hospital")?, Actor::new("clinician-17")?, Purpose::Treatment))?;
    /// # let patients = (1..=250).map(|id| Patient { id, name: Phi::new(format!("Ada {id}")) });
    /// # let mut rows = session.seal_all(patients).collect::<Result<Vec<_>, _>>()?;
    /// rows.swap(7, 8); // no harm: a row knows its place
    /// rows[20].id = 9; // harm: these values were sealed for another row
    ///
    /// let mut pages = 0;
    /// let opened: Vec<Result<Patient, Error>> = session
    ///     .open_all(&rows)
    ///     .page(100)
    ///     .progress(|_| pages += 1)
    ///     .collect();
    ///
    /// assert_eq!((opened.len(), pages), (250, 3));
    /// let errors: Vec<_> = opened.iter().filter_map(|one| one.as_ref().err()).collect();
    /// assert_eq!((errors.len(), errors[0].index()), (1, Some(20)));
    /// assert!(errors[0].is_integrity());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_all<I>(&self, rows: I) -> OpenAll<'_, I::IntoIter>
    where
        I: IntoIterator<Item: AsRow>,
    {
        Bulk::new(self, rows.into_iter())
    }
}

/// Seals records in bulk, from [`Session::seal_all`]: [`Bulk`] says what it promises.
pub type SealAll<'s, I> = Bulk<'s, I, Seal>;

/// Opens rows in bulk, from [`Session::open_all`]: [`Bulk`] says what it promises.
pub type OpenAll<'s, I> = Bulk<'s, I, Open>;

/// Seals or opens what an iterator yields, and yields the results: [`SealAll`], [`OpenAll`].
///
/// Takes a page of items from its source, acts on it as one action with one event, and then
/// yields its results one by one.
///
/// # What it guarantees
///
/// - One result for each item, in the order of the source. An error has its position in the
///   whole iteration, from 0: [`Error::index`].
/// - Each record is all or nothing by itself: one that is denied, corrupt or of another place
///   fails alone.
/// - What fails a page as a whole, such as a sink that does not record or a session that has
///   expired, is the error of each of its items. Nothing of that page comes out, and the next
///   page is tried nevertheless: whoever wants to stop at an error stops asking.
/// - Memory for one page of items and one of results, whatever the length of the source.
///
/// # What it does not
///
/// - A page is recorded when the first of its items is asked for. Whoever stops half-way has
///   an event over items that were never taken: a read too many is recorded, and not one too few.
/// - An item without a valid id cannot be named in an event and is in none. A page of nothing
///   else makes no event.
/// - Pages are actions of their own: a policy, a key or a session may change between them.
///
/// # Panics
///
/// Only if the source, the policy, the key provider, the sink, a [`Value`](crate::codec::Value)
/// or the progress callback does. Whoever catches that can go on: after a panic of the source
/// with the items it had yielded, after any other with the next page. The page that panicked
/// yields nothing; its action is recorded as aborted.
#[must_use = "iterators are lazy: nothing is sealed or opened until items are asked for"]
pub struct Bulk<'s, I: Iterator, W: Work<I::Item>> {
    session: &'s Session,
    pages: Pages<I>,
    ready: vec::IntoIter<Result<W::Done, Error>>,
    tally: Tally<'s>,
}

impl<'s, I: Iterator, W: Work<I::Item>> Bulk<'s, I, W> {
    /// The longest page.
    pub const LONGEST_PAGE: usize = 4096;

    /// How many items are a page where nothing else is said.
    pub const DEFAULT_PAGE: usize = 256;

    fn new(session: &'s Session, source: I) -> Self {
        Self {
            session,
            pages: Pages::new(source, Self::DEFAULT_PAGE),
            ready: Vec::new().into_iter(),
            tally: Tally::default(),
        }
    }

    /// How many items are one page, and so one action and one event: from 1 to 4096; what lies
    /// outside is taken for the nearest. 256 by default.
    ///
    /// The event of a long page is recorded in parts of at most 32 KiB.
    pub fn page(mut self, items: usize) -> Self {
        self.pages.resize(items.clamp(1, Self::LONGEST_PAGE));
        self
    }

    /// Calls `report` after each page, before its first result is yielded. Replaces an earlier
    /// one.
    pub fn progress(mut self, report: impl FnMut(Progress) + Send + 's) -> Self {
        self.tally.report = Some(Box::new(report));
        self
    }

    /// Works on `threads` pages at a time, from 1 to 64; what lies outside is taken for the
    /// nearest. See [`Threaded`].
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: u64,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("mercy-hospital")?, Actor::new("clinician-17")?, Purpose::Treatment))?;
    /// # let patients = (0..1000).map(|id| Patient { id, name: Phi::new(format!("Ada {id}")) });
    /// let mut ids = Vec::new();
    /// session.seal_all(patients).threads(2).for_each(|row| ids.extend(row.map(|row| row.id)));
    /// assert!(ids.iter().copied().eq(0..1000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "threads")]
    pub fn threads(self, threads: usize) -> Threaded<'s, I, W> {
        Threaded::new(self, threads)
    }

    /// Takes in the results of a page.
    fn accept(&mut self, results: Vec<Result<W::Done, Error>>) {
        let failed = results.iter().filter(|result| result.is_err()).count();
        let done = results.len();
        // First, so that a callback that panics loses no result.
        self.ready = results.into_iter();
        self.tally.add(done, failed);
    }
}

impl<I: Iterator, W: Work<I::Item>> Iterator for Bulk<'_, I, W> {
    type Item = Result<W::Done, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.ready.next() {
                return Some(result);
            }
            let page = self.pages.next_page()?;
            self.accept(page.run::<W>(self.session));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pages.size_hint(self.ready.len())
    }
}

impl<I: ExactSizeIterator, W: Work<I::Item>> ExactSizeIterator for Bulk<'_, I, W> {}

impl<I: Iterator, W: Work<I::Item>> FusedIterator for Bulk<'_, I, W> {}

impl<I: Iterator, W: Work<I::Item>> fmt::Debug for Bulk<'_, I, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("progress", &self.tally.progress)
            .finish_non_exhaustive()
    }
}

/// How far a bulk operation has got. Numbers only.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items of all pages so far, failed ones included.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
}

/// Counts, and tells.
#[derive(Default)]
struct Tally<'s> {
    progress: Progress,
    report: Option<Box<dyn FnMut(Progress) + Send + 's>>,
}

impl Tally<'_> {
    fn add(&mut self, done: usize, failed: usize) {
        self.progress.done += done;
        self.progress.failed += failed;
        if let Some(report) = &mut self.report {
            report(self.progress);
        }
    }
}
