//! A table in memory, with compare-and-swap, other writers, and failures as they are ordered.

use std::collections::BTreeMap;
use std::ops::Bound;

use phi_seal::rotate::{Change, Page, RowStore, StoredRow};

use crate::ward::PatientRow;

type Writer = Box<dyn FnMut(&mut BTreeMap<String, PatientRow>) + Send>;

#[derive(Default)]
pub struct Table {
    pub rows: BTreeMap<String, PatientRow>,
    /// How many rows each page that was read had.
    pub pages: Vec<usize>,
    /// How many rows were written in all.
    pub writes: usize,
    /// What somebody else does between the reading of a page and its replacement.
    pub writer: Option<Writer>,
    /// Calls of either method until one fails; `None`: never.
    pub calls_left: Option<usize>,
    /// How many rows a replacement writes before it fails, where it fails.
    pub writes_before_failure: usize,
    /// Answers with so many truths more than it was asked for.
    pub boasts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Down;

impl Table {
    pub fn of(rows: Vec<PatientRow>) -> Self {
        Self {
            rows: rows.into_iter().map(|row| (row.id.clone(), row)).collect(),
            ..Self::default()
        }
    }

    fn fails(&mut self) -> bool {
        match &mut self.calls_left {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}

impl RowStore for Table {
    type Row = PatientRow;
    type Cursor = String;
    type Error = Down;

    async fn page(
        &mut self,
        after: Option<&String>,
        limit: usize,
    ) -> Result<Page<String, PatientRow>, Down> {
        if self.fails() {
            return Err(Down);
        }
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.range::<String, _>((after, Bound::Unbounded));
        let page: Vec<_> = rows
            .take(limit)
            .map(|(id, row)| StoredRow {
                cursor: id.clone(),
                row: row.clone(),
            })
            .collect();
        self.pages.push(page.len());
        Ok(page)
    }

    async fn replace(&mut self, changes: &[Change<PatientRow>]) -> Result<Vec<bool>, Down> {
        let fails = self.fails();
        if let Some(writer) = &mut self.writer {
            writer(&mut self.rows);
        }
        let mut replaced = Vec::new();
        for Change { old, new } in changes {
            if fails && replaced.len() == self.writes_before_failure {
                return Err(Down);
            }
            let swapped = match self.rows.get_mut(&old.id) {
                Some(row) if row == old => {
                    *row = new.clone();
                    self.writes += 1;
                    true
                }
                _ => false,
            };
            replaced.push(swapped);
        }
        if fails {
            return Err(Down);
        }
        replaced.extend(vec![true; self.boasts]);
        Ok(replaced)
    }
}
