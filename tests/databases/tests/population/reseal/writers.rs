//! Writers that go on working while a table is sealed anew.

use std::sync::{Condvar, Mutex};

use phi_seal::{ErrorKind, Session};
use sqlx::{Connection, PgConnection, Row, query, query_as};

use super::table::{Chart, ChartRow};
use crate::random::Random;

/// Where the job is: writers write some rows for each of its pages, most of them where it will be
/// next, so that both want the same rows at the same time.
#[derive(Default)]
pub struct Pace {
    place: Mutex<Place>,
    moved: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Place {
    cursor: i64,
    pages: u64,
    /// All writers have the new keys now.
    has_new_keys: bool,
    is_over: bool,
}

impl Pace {
    pub fn move_to(&self, cursor: i64) {
        self.change(|place| {
            place.cursor = cursor;
            place.pages += 1;
        });
    }

    pub fn give_new_keys(&self) {
        self.change(|place| place.has_new_keys = true);
    }

    fn change(&self, change: impl FnOnce(&mut Place)) {
        change(&mut self.place.lock().unwrap());
        self.moved.notify_all();
    }

    /// Waits until the job has moved; none when all is over.
    fn next(&self, pages: u64) -> Option<Place> {
        let place = self.place.lock().unwrap();
        let place = self
            .moved
            .wait_while(place, |place| place.pages == pages && !place.is_over)
            .unwrap();
        (!place.is_over).then_some(*place)
    }
}

/// Ends the writers, also when a test fails.
pub struct End<'p>(pub &'p Pace);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.change(|place| place.is_over = true);
    }
}

/// What a writer did.
#[derive(Debug, Default)]
pub struct Written {
    pub committed: u64,
    /// Somebody else had changed the row between its being read and written.
    pub lost_races: u64,
    /// Rows that were opened and said what was last committed.
    pub read: u64,
}

pub struct Writer<'w> {
    pub number: u64,
    pub url: &'w str,
    pub pace: &'w Pace,
    /// Until the new keys are given.
    pub first: &'w Session,
    pub then: &'w Session,
    pub rows: i64,
    /// Rows that it leaves alone.
    pub reserved: &'w [i64],
}

const WRITES_PER_PAGE: usize = 40;

/// Further than two pages.
const AHEAD: usize = 600;

impl Writer<'_> {
    pub async fn work(self) -> Written {
        let mut db = PgConnection::connect(self.url).await.unwrap();
        let mut random = Random::new(self.number);
        let (mut written, mut pages, mut revision) = (Written::default(), 0, 0);
        while let Some(place) = self.pace.next(pages) {
            pages = place.pages;
            let session = if place.has_new_keys {
                self.then
            } else {
                self.first
            };
            for _ in 0..WRITES_PER_PAGE {
                let id = match random.below(4) {
                    0 => 1 + random.below(self.rows as usize) as i64,
                    _ => place.cursor + 1 + random.below(AHEAD) as i64,
                };
                if id > self.rows || self.reserved.contains(&id) {
                    continue;
                }
                revision += 1;
                // Each writer has numbers of its own.
                self.write(
                    &mut db,
                    session,
                    id,
                    2 * revision + self.number,
                    &mut written,
                )
                .await;
            }
        }
        written
    }

    async fn write(
        &self,
        db: &mut PgConnection,
        session: &Session,
        id: i64,
        revision: u64,
        written: &mut Written,
    ) {
        let (old, plain) = read(db, id).await;
        match session.open(&old) {
            Ok(opened) => {
                assert_eq!(opened.plain(), plain, "row {id}");
                written.read += 1;
            }
            // A writer with old keys; what it cannot read it can still write.
            Err(error) => assert_eq!(error.kind(), ErrorKind::MissingKey, "row {id}"),
        }
        let (chart, plain) = Chart::revision(id, revision);
        let new = session.seal(&chart).unwrap();
        if put(db, &old, &new, &plain).await {
            written.committed += 1;
        } else {
            written.lost_races += 1;
        }
    }
}

/// A row, and what was last committed to be in it.
pub async fn read(db: &mut PgConnection, id: i64) -> (ChartRow, String) {
    let select = "SELECT id, name, ssn, ssn_index, plain FROM patient WHERE id = $1";
    let row = query(select).bind(id).fetch_one(db).await.unwrap();
    (sqlx::FromRow::from_row(&row).unwrap(), row.get("plain"))
}

/// A writer's part: compare and swap. What it commits stands in clear beside it, by the same
/// statement, and nobody else changes that.
pub async fn put(db: &mut PgConnection, old: &ChartRow, new: &ChartRow, plain: &str) -> bool {
    let update = "UPDATE patient SET name = $2, ssn = $3, ssn_index = $4, plain = $5 \
         WHERE id = $1 AND name = $6 AND ssn = $7";
    let update = query(update)
        .bind(old.id)
        .bind(&new.name)
        .bind(&new.ssn)
        .bind(new.ssn_index)
        .bind(plain)
        .bind(&old.name)
        .bind(&old.ssn);
    update.execute(db).await.unwrap().rows_affected() == 1
}

/// The next rows in the order of their ids, each with what was last committed to be in it.
pub async fn page(db: &mut PgConnection, after: i64) -> (Vec<ChartRow>, Vec<String>) {
    #[derive(sqlx::FromRow)]
    struct Both {
        #[sqlx(flatten)]
        row: ChartRow,
        plain: String,
    }
    let select = "SELECT id, name, ssn, ssn_index, plain FROM patient WHERE id > $1 \
         ORDER BY id LIMIT 4096";
    let rows: Vec<Both> = query_as(select).bind(after).fetch_all(db).await.unwrap();
    rows.into_iter().map(|both| (both.row, both.plain)).unzip()
}
