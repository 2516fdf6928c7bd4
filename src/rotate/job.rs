//! Sealing a whole table anew, beside its writers.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::time::{Duration, Instant};

use super::store::{Change, Page, RowStore, StoredRow};
use crate::error::Error;
use crate::key::BoxFuture;
use crate::vault::Session;

/// Seals the stale rows of a table anew, page by page: made by
/// [`Session::reseal_all`].
///
/// - **Idempotent and resumable.** A current row is skipped without being decrypted, so a run that
///   was stopped anywhere is simply started again, from the beginning or after the last
///   [`Progress`].
/// - **Safe beside writers.** A row that somebody changed meanwhile is left as they wrote it and
///   counted as contended; run again until none is.
/// - **Recorded.** Each page with stale rows is one action and one event.
///
/// Not promised: that no stale row is left when it ends. A writer that still holds an old keyring
/// may seal under the old key after its row was passed: see that all writers have the new keyring
/// first, and let a [`Census`](super::Census) say when the old key is free.
///
/// # Example
///
/// See [`Session::reseal_all`].
pub struct Reseal<'j, S: RowStore> {
    session: &'j Session,
    store: &'j mut S,
    page: usize,
    after: Option<S::Cursor>,
    dry_run: bool,
    #[cfg(feature = "index")]
    fills_indexes: bool,
    pace: Option<Pace<'j>>,
    progress: Option<ProgressReport<'j, S::Cursor>>,
    failures: Option<FailureReport<'j, S::Cursor>>,
}

type ProgressReport<'j, C> = Box<dyn FnMut(&Progress<C>) + Send + 'j>;
type FailureReport<'j, C> = Box<dyn FnMut(&C, &Error) + Send + 'j>;
type Sleep<'j> = Box<dyn FnMut(Duration) -> BoxFuture<'static, ()> + Send + 'j>;

/// For each row, what became of it.
type Resealed<W> = Vec<Result<Option<W>, Error>>;

/// At most so many rows a second, and how to wait.
struct Pace<'j> {
    rows_per_second: f64,
    sleep: Sleep<'j>,
}

impl Session {
    /// Begins to seal the stale rows of a table anew. Nothing happens before
    /// [`run`](Reseal::run) is awaited.
    ///
    /// The session must live as long as the work: give it an expiry to match, or work in pieces
    /// with a session each.
    ///
    /// # Example
    ///
    /// A run that is stopped, and one that goes on from there. The table is that of
    /// [`RowStore`](RowStore#example).
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::rotate::{Change, Page, RowStore, StoredRow};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient", row_derive(Clone, PartialEq))]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # struct Table(Vec<PatientRow>);
    /// # impl RowStore for Table {
    /// #     type Row = PatientRow;
    /// #     type Cursor = String;
    /// #     type Error = std::convert::Infallible;
    /// #     async fn page(&mut self, after: Option<&String>, limit: usize)
    /// #     -> Result<Page<String, PatientRow>, Self::Error> {
    /// #         let rest = self.0.iter().filter(|row| after.is_none_or(|after| row.id > *after));
    /// #         let stored = |row: &PatientRow| StoredRow { cursor: row.id.clone(), row: row.clone() };
    /// #         Ok(rest.take(limit).map(stored).collect())
    /// #     }
    /// #     async fn replace(&mut self, changes: &[Change<PatientRow>]) -> Result<Vec<bool>, Self::Error> {
    /// #         let swap = |Change { old, new }: &Change<PatientRow>| {
    /// #             let place = self.0.iter_mut().find(|row| *row == old);
    /// #             place.map(|row| *row = new.clone()).is_some()
    /// #         };
    /// #         Ok(changes.iter().map(swap).collect())
    /// #     }
    /// # }
    /// # let keyring = std::sync::Arc::new(Keyring::generate()?);
    /// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
    /// # let patient = |id: &str| Patient { id: id.into(), name: Phi::new("Ada".into()) };
    /// # let sealed = ["p-1", "p-2", "p-3"].map(|id| session.seal(&patient(id)));
    /// # let mut table = Table(sealed.into_iter().collect::<Result<_, _>>()?);
    /// keyring.rotate()?;
    ///
    /// # pollster::block_on(async {
    /// let mut reached = None;
    /// let whole = session.reseal_all(&mut table).page(2).dry_run();
    /// let would_be = whole.progress(|progress| {
    ///     reached.get_or_insert_with(|| progress.cursor.clone());
    /// });
    /// let would_be = would_be.run().await.map_err(|error| error.to_string())?;
    /// assert_eq!((would_be.seen, would_be.resealed), (3, 3));
    ///
    /// // As if the process had been stopped after the first page:
    /// let place = reached.flatten().ok_or("there was a page")?;
    /// assert_eq!(place, "p-2");
    /// let rest = session.reseal_all(&mut table).after(place).run().await;
    /// assert_eq!(rest.map_err(|error| error.to_string())?.resealed, 1);
    ///
    /// // From the beginning: what is current is passed over.
    /// let all = session.reseal_all(&mut table).run().await;
    /// let all = all.map_err(|error| error.to_string())?;
    /// assert_eq!((all.current, all.resealed, all.failed), (1, 2, 0));
    /// # Ok::<(), String>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reseal_all<'j, S: RowStore>(&'j self, store: &'j mut S) -> Reseal<'j, S> {
        Reseal {
            session: self,
            store,
            page: DEFAULT_PAGE,
            after: None,
            dry_run: false,
            #[cfg(feature = "index")]
            fills_indexes: false,
            pace: None,
            progress: None,
            failures: None,
        }
    }
}

const DEFAULT_PAGE: usize = 256;

impl<'j, S: RowStore> Reseal<'j, S> {
    /// How many rows are read, sealed and replaced at a time; 256 by default, at least 1. Memory
    /// holds one page.
    #[must_use]
    pub fn page(mut self, rows: usize) -> Self {
        self.page = rows.max(1);
        self
    }

    /// Begins after this place, such as where an earlier run was stopped.
    #[must_use]
    pub fn after(mut self, cursor: S::Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Changes nothing and tells what would be. Stale rows are decrypted, sealed and recorded all
    /// the same, so that a row that will fail shows itself.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Also makes index values where a column has none: see
    /// [`Session::fill_indexes`](crate::Session::fill_indexes).
    #[cfg(feature = "index")]
    #[must_use]
    pub fn fill_indexes(mut self) -> Self {
        self.fills_indexes = true;
        self
    }

    /// At most so many rows a second over the run. `sleep` is the waiting of the caller's runtime:
    /// `|time| Box::pin(tokio::time::sleep(time))`. Zero, negative and undefined rates are none.
    #[must_use]
    pub fn throttle(
        mut self,
        rows_per_second: f64,
        sleep: impl FnMut(Duration) -> BoxFuture<'static, ()> + Send + 'j,
    ) -> Self {
        self.pace = (rows_per_second > 0.0).then(|| Pace {
            rows_per_second,
            sleep: Box::new(sleep),
        });
        self
    }

    /// Called after each page.
    #[must_use]
    pub fn progress(mut self, f: impl FnMut(&Progress<S::Cursor>) + Send + 'j) -> Self {
        self.progress = Some(Box::new(f));
        self
    }

    /// Called for each row that could not be sealed anew, such as a corrupt one.
    #[must_use]
    pub fn failures(mut self, f: impl FnMut(&S::Cursor, &Error) + Send + 'j) -> Self {
        self.failures = Some(Box::new(f));
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// [`ResealError::Store`] as soon as the table fails, [`ResealError::Seal`] as soon as a page
    /// cannot be recorded or the session has expired. Pages before that stay done; start again, or
    /// after the last progress. Rows that fail by themselves do not end it.
    pub async fn run(mut self) -> Result<Summary, ResealError<S::Error>> {
        let (begun, first) = (Instant::now(), self.after.clone());
        let mut done = Progress {
            cursor: first,
            summary: Summary::default(),
        };
        loop {
            let page = self
                .store
                .page(done.cursor.as_ref(), self.page)
                .await
                .map_err(ResealError::Store)?;
            let Some(last) = page.last() else {
                return Ok(done.summary);
            };
            done.cursor = Some(last.cursor.clone());
            self.reseal_page(page, &mut done.summary).await?;
            if let Some(progress) = &mut self.progress {
                progress(&done);
            }
            if let Some(pace) = &mut self.pace {
                let due =
                    Duration::try_from_secs_f64(done.summary.seen as f64 / pace.rows_per_second);
                let wait = due.unwrap_or(Duration::MAX).saturating_sub(begun.elapsed());
                if !wait.is_zero() {
                    (pace.sleep)(wait).await;
                }
            }
        }
    }

    fn reseal_rows(&self, rows: &[S::Row]) -> Result<Resealed<S::Row>, Error> {
        #[cfg(feature = "index")]
        if self.fills_indexes {
            return self.session.fill_indexes(rows);
        }
        self.session.reseal_rows(rows)
    }

    async fn reseal_page(
        &mut self,
        page: Page<S::Cursor, S::Row>,
        summary: &mut Summary,
    ) -> Result<(), ResealError<S::Error>> {
        let page = page
            .into_iter()
            .map(|StoredRow { cursor, row }| (cursor, row));
        let (cursors, rows): (Vec<_>, Vec<_>) = page.unzip();
        let resealed = self.reseal_rows(&rows).map_err(ResealError::Seal)?;
        summary.seen += rows.len() as u64;
        let mut changes = Vec::new();
        for ((cursor, old), new) in cursors.iter().zip(rows).zip(resealed) {
            match new {
                Ok(Some(new)) => changes.push(Change { old, new }),
                Ok(None) => summary.current += 1,
                Err(error) => {
                    summary.failed += 1;
                    if let Some(failures) = &mut self.failures {
                        failures(cursor, &error);
                    }
                }
            }
        }
        if self.dry_run {
            summary.resealed += changes.len() as u64;
        } else if !changes.is_empty() {
            let replaced = self
                .store
                .replace(&changes)
                .await
                .map_err(ResealError::Store)?;
            // A store that answers for fewer rows than it was asked has not replaced the others;
            // what it says of more is about none.
            let replaced = replaced.iter().take(changes.len());
            let resealed = replaced.filter(|replaced| **replaced).count();
            summary.resealed += resealed as u64;
            summary.contended += (changes.len() - resealed) as u64;
        }
        Ok(())
    }
}

impl<S: RowStore> fmt::Debug for Reseal<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reseal")
            .field("page", &self.page)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

/// How far a run has come.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq)]
pub struct Progress<C> {
    /// The last row that was dealt with: where a later run may begin.
    pub cursor: Option<C>,
    /// What was done so far.
    pub summary: Summary,
}

/// Cursors may be ids of patients: shows the counts only.
impl<C> fmt::Debug for Progress<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// What a run did, in rows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Read; the sum of the others.
    pub seen: u64,
    /// Current already.
    pub current: u64,
    /// Sealed anew and written, or in a dry run: would have been.
    pub resealed: u64,
    /// Changed by somebody else meanwhile, and left as they wrote it.
    pub contended: u64,
    /// Not sealed anew, for an error of their own. They are as they were.
    pub failed: u64,
}

/// Why a run ended before the table did. Exhaustive: there is the table, and there is the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResealError<E> {
    /// The table failed.
    Store(E),
    /// Sealing or recording failed for a whole page.
    Seal(Error),
}

impl<E> fmt::Display for ResealError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(_) => f.write_str("the store of rows failed"),
            Self::Seal(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for ResealError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            // Printed as it is above.
            Self::Seal(error) => error.source(),
        }
    }
}
