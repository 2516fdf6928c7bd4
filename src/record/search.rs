//! Searching records by an index.

use alloc::vec::Vec;
use core::fmt;

use super::fields::check_distinct;
use super::indexing::{encode, open_part};
use super::{Place, Record, RecordFields, RecordIndex, SealedRecord};
use crate::codec::{Content, Value};
use crate::context::FieldInfo;
use crate::error::Error;
use crate::index::{Index, IndexValue, Question, lookup, readable_keys};
use crate::phi::Phi;
use crate::release::{Permit, Release};
use crate::secret::SecretBytes;
use crate::vault::{Opening, Searching, Session};

impl Session {
    /// Begins a search of records by an index: asks the policy, and gives the index values to ask
    /// the database for.
    ///
    /// `terms` is a `&Phi<T>` to look for, or a tuple of as many as the index has fields, in their
    /// order. A term may be of another type than the field, as long as it has the same normal
    /// form: the year of an index of years as a `Phi<i32>`.
    ///
    /// The policy is asked for [`ActionKind::Search`](crate::ActionKind::Search) of the index's
    /// fields, first without a record, and of each row found once more, with it; a
    /// [`RolePolicy`](crate::RolePolicy) permits that only where a rule lists the action. Opening
    /// what was found is asked for row by row, too.
    ///
    /// **One action, one event**, recorded when the rows are opened, zero of them included. It says
    /// what was searched by and what was returned, never the terms. A search that is dropped
    /// before is recorded as aborted.
    ///
    /// What the database answers to the values is known before that record: whether any row looks
    /// alike, not what it holds. A process that ends in between leaves no event.
    ///
    /// # Errors
    ///
    /// [`Denied`](crate::ErrorKind::Denied), [`Expired`](crate::ErrorKind::Expired);
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a term without a normal form, such as a
    /// telephone number without digits or a prefix that is too short;
    /// [`MissingKey`](crate::ErrorKind::MissingKey) without a key for index values. Each is recorded.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::key::{DataKey, KeyScope, KeyUse};
    /// # use phi_seal::{Access, Actor, Keyring, Purpose, TenantId, Vault};
    /// use phi_seal::{Phi, PhiRecord};
    ///
    /// #[derive(PhiRecord)]
    /// #[phi(record = "patient")]
    /// struct Patient {
    ///     #[phi(id, subject)]
    ///     id: String,
    ///     #[phi(category = Ssn, index(digits))]
    ///     ssn: Phi<String>,
    /// }
    ///
    /// let keyring = Keyring::generate()?;
    /// keyring.add(DataKey::generate(KeyScope::shared(KeyUse::Index))?)?;
    /// # let vault = Vault::builder(keyring, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("mercy-hospital")?, Actor::new("clinician-17")?, Purpose::Treatment))?;
    /// let table: Vec<PatientRow> = ["900-01-2345", "900-01-9999"]
    ///     .into_iter()
    ///     .zip(1..)
    ///     .map(|(ssn, id)| {
    ///         let (id, ssn) = (format!("p-{id}"), Phi::new(ssn.to_string()));
    ///         session.seal(&Patient { id, ssn })
    ///     })
    ///     .collect::<Result<_, _>>()?;
    ///
    /// let search = session.search(Patient::SSN_INDEX, &Phi::new("900 01 2345".to_string()))?;
    /// // SELECT * FROM patient WHERE ssn_index = ANY($1)
    /// let rows: Vec<&PatientRow> = table
    ///     .iter()
    ///     .filter(|row| row.ssn_index.is_some_and(|value| search.values().contains(&value)))
    ///     .collect();
    /// let found: Vec<Patient> = search.open(rows)?.into_iter().collect::<Result<_, _>>()?;
    /// assert_eq!((found.len(), found[0].id.as_str()), (1, "p-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search<I: RecordIndex, T: SearchTerms>(
        &self,
        index: I,
        terms: T,
    ) -> Result<Search<'_, I>, Error> {
        let _ = index;
        const {
            assert!(
                T::COUNT == I::INFO.parts().len(),
                "a search takes one term for each field of the index"
            );
        }
        let searching = self.begin_search(I::INFO.name(), indexed_fields::<I>())?;
        match ask::<I>(self, &terms) {
            Ok((values, questions)) => Ok(Search {
                searching,
                values,
                questions,
            }),
            Err(error) => Err(searching.fail(error)),
        }
    }
}

/// A permitted search: what to ask the database for, and the way to open what it finds.
///
/// `Send`, so that it may be held across an `await`.
#[must_use = "a search that opens nothing is recorded as aborted"]
pub struct Search<'s, I: RecordIndex> {
    searching: Searching<'s>,
    values: Vec<IndexValue<I>>,
    questions: Vec<Question>,
}

impl<I: RecordIndex> Search<'_, I> {
    /// What the column must be equal to one of, or contain one of where a value has several terms: one value
    /// for each key that index values may have been made under, so that rows are found before,
    /// during and after a rotation.
    pub fn values(&self) -> &[IndexValue<I>] {
        &self.values
    }

    /// Opens the rows that the database found, and keeps those that are true answers.
    ///
    /// Rows that only looked alike are dropped, in silence and without a trace in the event: an
    /// index narrower than its values finds some. Rows that the policy does not let this access
    /// find by the index's fields, or does not let it open, are dropped just so, without being
    /// compared, but stand in the event as denied: who may not know learns nothing from searching.
    ///
    /// # Errors
    ///
    /// As a whole when the event could not be recorded or the session has expired. A row that
    /// cannot be opened, for being corrupt or its key gone, is an error in its place that names
    /// its [`index`](Error::index) among `rows`, and loses no other.
    pub fn open<'r>(
        self,
        rows: impl IntoIterator<Item = &'r Row<I>>,
    ) -> Result<Vec<Result<I::Record, Error>>, Error>
    where
        Row<I>: 'r,
    {
        let found = self.open_wanted(rows, I::Record::FIELDS, &Whole)?;
        Ok(found.into_iter().map(|hit| hit.opened).collect())
    }

    /// As [`open`](Search::open), for some fields only: what a list of hits shows. Each hit has
    /// its position among `rows`.
    ///
    /// That a row is a hit tells that its indexed fields equal the terms, also where those are not
    /// among `fields`: therefore the policy is asked of each row whether it may be found by them.
    ///
    /// # Errors
    ///
    /// As [`open`](Search::open).
    pub fn open_fields<'r, F>(
        self,
        rows: impl IntoIterator<Item = &'r Row<I>>,
        fields: F,
    ) -> Result<Vec<Hit<F::Plain>>, Error>
    where
        F: RecordFields<Record = I::Record>,
        Row<I>: 'r,
    {
        let infos = fields.infos();
        match check_distinct(infos.as_ref()) {
            Ok(()) => self.open_wanted(rows, infos.as_ref(), &Only(fields)),
            Err(error) => Err(self.searching.fail(error)),
        }
    }

    fn open_wanted<'r, W>(
        self,
        rows: impl IntoIterator<Item = &'r Row<I>>,
        fields: &[FieldInfo],
        wanted: &W,
    ) -> Result<Vec<Hit<W::Plain>>, Error>
    where
        W: Wanted<Row<I>>,
        Row<I>: 'r,
    {
        let rows: Vec<_> = rows.into_iter().collect();
        let places: Vec<_> = rows.iter().map(|row| SealedRecord::place(*row)).collect();
        let asked = Asked {
            by: &indexed_fields::<I>(),
            questions: &self.questions,
            for_fields: fields,
        };
        self.searching.open_with(|mut opening| {
            let mut found = Vec::new();
            for (at, (row, place)) in rows.iter().zip(&places).enumerate() {
                let waiting = match place {
                    Ok(place) => open_answer::<I, W>(&mut opening, row, place, &asked, wanted),
                    Err(error) => Err(*error),
                };
                match waiting {
                    Ok(None) => {}
                    Ok(Some(waiting)) => found.push((at, Ok(waiting))),
                    // Recorded, and as if it were not there.
                    Err(error) if error.is_denied() => {}
                    Err(error) => found.push((at, Err(error))),
                }
            }
            let release = opening.record()?;
            Ok(found
                .into_iter()
                .map(|(position, waiting)| Hit {
                    position,
                    opened: waiting
                        .and_then(|waiting| wanted.finish(rows[position], waiting, &release))
                        .map_err(|error| error.at_index(position)),
                })
                .collect())
        })
    }
}

/// One row that [`Search::open_fields`] came upon.
#[non_exhaustive]
#[derive(Debug)]
pub struct Hit<P> {
    /// Its position among the rows that were handed in.
    pub position: usize,
    /// The fields asked for, or why the row could not be opened.
    pub opened: Result<P, Error>,
}

impl<I: RecordIndex> fmt::Debug for Search<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("index", &I::INFO.name())
            .finish_non_exhaustive()
    }
}

type Row<I> = <<I as RecordIndex>::Record as Record>::Row;

fn indexed_fields<I: Index>() -> Vec<FieldInfo> {
    I::INFO.parts().iter().map(|part| *part.field()).collect()
}

/// What a search asks of each row.
struct Asked<'q, 'a> {
    /// The index's fields, in which an answer equals the terms.
    by: &'q [FieldInfo],
    questions: &'q [Question],
    /// What is opened of an answer.
    for_fields: &'a [FieldInfo],
}

/// Opens what is wanted of a row, if the row is a true answer. The policy is asked first whether
/// this record may be found by the index's fields, then whether it may be opened.
fn open_answer<'o, 'a, I: RecordIndex, W: Wanted<Row<I>>>(
    opening: &mut Opening<'o, 'a>,
    row: &Row<I>,
    place: &'a Place<'_>,
    asked: &Asked<'_, 'a>,
    wanted: &W,
) -> Result<Option<W::Waiting<'o>>, Error> {
    let record = place.record_ref();
    opening.action().may_find(record, asked.by)?;
    let permit = opening.authorize(record, asked.for_fields)?;
    permit.demand_all()?;
    match is_answer::<I>(opening, &permit, row, asked.questions) {
        Ok(true) => Ok(Some(wanted.open_in(row, opening, &permit))),
        Ok(false) => {
            opening.action().retract(&permit);
            Ok(None)
        }
        Err(error) => {
            opening.action().fail_all(&permit, error.kind());
            Err(error)
        }
    }
}

/// Whether every field of the index answers its question: the database compared hashes only.
fn is_answer<'a, I: RecordIndex>(
    opening: &mut Opening<'_, 'a>,
    permit: &Permit<'_, 'a>,
    row: &Row<I>,
    questions: &[Question],
) -> Result<bool, Error> {
    for (part, question) in I::INFO.parts().iter().zip(questions) {
        let value = open_part(opening.action(), permit, row, part.field())?;
        let is_answered = value
            .is_some_and(|(content, bytes)| question.is_answered_by(content, bytes.as_slice()));
        if !is_answered {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a search opens of a row.
trait Wanted<W> {
    type Waiting<'o>;
    type Plain;

    fn open_in<'o, 'a>(
        &self,
        row: &W,
        opening: &mut Opening<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o>;

    fn finish<'o>(
        &self,
        row: &W,
        waiting: Self::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self::Plain, Error>;
}

/// All fields.
struct Whole;

impl<W: SealedRecord> Wanted<W> for Whole {
    type Waiting<'o> = W::Waiting<'o>;
    type Plain = W::Record;

    fn open_in<'o, 'a>(
        &self,
        row: &W,
        opening: &mut Opening<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o> {
        row.open_in(opening, permit)
    }

    fn finish<'o>(
        &self,
        row: &W,
        waiting: Self::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self::Plain, Error> {
        row.finish_record(waiting, release)
    }
}

/// These fields only.
struct Only<F>(F);

impl<F: RecordFields> Wanted<<F::Record as Record>::Row> for Only<F> {
    type Waiting<'o> = F::Waiting<'o>;
    type Plain = F::Plain;

    fn open_in<'o, 'a>(
        &self,
        row: &<F::Record as Record>::Row,
        opening: &mut Opening<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o> {
        self.0.open_in(row, opening, permit)
    }

    fn finish<'o>(
        &self,
        _: &<F::Record as Record>::Row,
        waiting: Self::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self::Plain, Error> {
        F::release(waiting, release)
    }
}

/// The questions that the terms ask, and the values to look for, under each key.
fn ask<I: Index>(
    session: &Session,
    terms: &impl SearchTerms,
) -> Result<(Vec<IndexValue<I>>, Vec<Question>), Error> {
    let questions = I::INFO
        .parts()
        .iter()
        .zip(terms.encoded()?)
        .map(|(part, (content, bytes))| {
            part.normal()
                .question(content, bytes.as_slice())
                .map_err(|error| part.field().blame(error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let term = lookup(&questions);
    let values = readable_keys(session, &I::INFO)?
        .iter()
        .map(|key| key.value(&term))
        .collect::<Result<_, _>>()?;
    Ok((values, questions))
}

/// What is searched for: a `&Phi<T>`, or a tuple of 2 to 8 for an index of as many fields.
///
/// Another number of terms than the index has fields does not compile:
///
/// ```compile_fail,E0080
/// # use phi_seal::{Error, Phi, PhiRecord, Session};
/// # #[derive(PhiRecord)]
/// # #[phi(record = "patient", index(name = "both", of(family, given)))]
/// # struct Patient {
/// #     #[phi(id, subject)]
/// #     id: String,
/// #     #[phi(category = Name)]
/// #     family: Phi<String>,
/// #     #[phi(category = Name)]
/// #     given: Phi<String>,
/// # }
/// fn search(session: &Session, family: &Phi<String>) -> Result<(), Error> {
///     drop(session.search(Patient::BOTH, family)?);
///     Ok(())
/// }
/// # let _: fn(&Session, &Phi<String>) -> Result<(), Error> = search;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no search term",
    note = "search for `&Phi<T>`, or for a tuple of them where the index is of several fields"
)]
pub trait SearchTerms: private::Closed {
    #[doc(hidden)]
    const COUNT: usize;

    #[doc(hidden)]
    fn encoded(&self) -> Result<Vec<(Content, SecretBytes)>, Error>;
}

mod private {
    pub trait Closed {}
}

impl<T: Value> private::Closed for &Phi<T> {}

impl<T: Value> SearchTerms for &Phi<T> {
    const COUNT: usize = 1;

    fn encoded(&self) -> Result<Vec<(Content, SecretBytes)>, Error> {
        Ok(Vec::from([encode(self)?]))
    }
}

macro_rules! tuples {
    ($($count:literal: $($value:ident $at:tt),+;)*) => {$(
        impl<$($value: Value),+> private::Closed for ($(&Phi<$value>,)+) {}

        impl<$($value: Value),+> SearchTerms for ($(&Phi<$value>,)+) {
            const COUNT: usize = $count;

            fn encoded(&self) -> Result<Vec<(Content, SecretBytes)>, Error> {
                Ok(Vec::from([$(encode(self.$at)?),+]))
            }
        }
    )*};
}

tuples! {
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
