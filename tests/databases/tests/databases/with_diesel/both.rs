//! Compiled once for each database: `Db`, `connect` and `create` are its own.

use std::sync::Arc;

use diesel::deserialize::FromSqlRow;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, DeserializeFieldError, Error, UnexpectedNullError};
use diesel::sql_types::{Binary, Text};
use diesel::{QueryResult, delete, insert_into, sql_query, update};
use phi_seal::index::IndexValue;
use phi_seal::{ErrorKind, Keyring, Phi, Sealed};

use super::super::tables::{cells, found, mistyped, not_null, patient};
use super::{Connection, Db, connect, create};
use crate::errors::{assert_discreet, kind};
use crate::spoiled::{self, Cell};
use crate::ward::{
    self, ByName, BySsn, CANARY, Patient, PatientRow, index_value, sealed, sealed_integer, session,
    session_of,
};

fn patients() -> Connection {
    let mut db = connect();
    create(
        &mut db,
        "CREATE TABLE patient (id TEXT PRIMARY KEY, name BYTES NOT NULL, ssn BYTES NOT NULL, \
         note BYTES, active BOOLEAN NOT NULL)",
    );
    db
}

fn table_of_cells() -> Connection {
    let mut db = connect();
    create(
        &mut db,
        "CREATE TABLE cells (id BIGINT, bytes BYTES, text TEXT, number BIGINT)",
    );
    db
}

fn select(db: &mut Connection, id: &str) -> PatientRow {
    let found = patient::table.find(id).select(PatientRow::as_select());
    found.first(db).unwrap()
}

#[test]
fn a_derived_row_is_inserted_changed_and_read() {
    let mut db = patients();
    let session = session();
    let mut sealed = session.seal(&ward::patient("p-1")).unwrap();
    insert_into(patient::table)
        .values(&sealed)
        .execute(&mut db)
        .unwrap();
    let row: PatientRow = patient::table.find("p-1").first(&mut db).unwrap();
    assert_eq!(row, sealed);
    assert_eq!(select(&mut db, "p-1"), sealed);

    let note = Some(Phi::new(CANARY.to_string()));
    session
        .update_field(&mut sealed, Patient::NOTE, &note)
        .unwrap();
    update(patient::table.find("p-1"))
        .set(&sealed)
        .execute(&mut db)
        .unwrap();
    let row = select(&mut db, "p-1");
    assert_eq!(session.open(&row).unwrap().note.unwrap().expose(), CANARY);

    let by_envelope = patient::table
        .filter(patient::ssn.eq(&sealed.ssn))
        .select(patient::id);
    assert_eq!(by_envelope.load::<String>(&mut db).unwrap(), ["p-1"]);
}

#[test]
fn text_columns_are_written_as_text_because_the_table_says_so() {
    let mut db = table_of_cells();
    let (envelope, value) = (sealed(CANARY), index_value::<BySsn>(1));
    let none = None::<Sealed<String>>;
    insert_into(cells::table)
        .values(&vec![
            (cells::id.eq(1), cells::text.eq(Some(&envelope))),
            (cells::id.eq(2), cells::text.eq(none.as_ref())),
        ])
        .execute(&mut db)
        .unwrap();
    let by_index = (cells::id.eq(3), cells::text.eq(value));
    insert_into(cells::table)
        .values(by_index)
        .execute(&mut db)
        .unwrap();

    let texts = cells::table
        .order(cells::id)
        .select(cells::text)
        .load(&mut db);
    let texts: Vec<Option<String>> = texts.unwrap();
    assert_eq!(
        texts,
        [Some(envelope.to_text()), None, Some(value.to_text())]
    );
    let two = cells::table
        .filter(cells::id.lt(3))
        .order(cells::id)
        .select(cells::text);
    let read: Vec<Option<Sealed<String>>> = two.load(&mut db).unwrap();
    assert_eq!(read, [Some(envelope), None]);
    let third = cells::table
        .filter(cells::text.eq(value))
        .select(cells::text);
    assert_eq!(
        third.first::<Option<IndexValue<BySsn>>>(&mut db).unwrap(),
        Some(value)
    );
}

#[test]
fn what_is_no_envelope_is_an_error_that_names_the_column() {
    let mut db = table_of_cells();
    for (case, cell) in spoiled::envelopes() {
        let (column, error) = read_error::<Sealed<String>>(&mut db, &cell);
        assert_malformed(case, &error, column, cell.content());
    }
    put(&mut db, &Cell::Bytes(sealed_integer()));
    let good = not_null::table
        .select(not_null::bytes)
        .first::<Sealed<i64>>(&mut db);
    assert!(good.is_ok());
}

#[test]
fn what_is_no_index_value_is_an_error_that_names_the_column() {
    let mut db = table_of_cells();
    let narrow = Cell::Bytes(index_value::<ByName>(1).as_bytes().to_vec());
    let of_another_width = [("of another width", narrow)];
    for (case, cell) in spoiled::index_values().into_iter().chain(of_another_width) {
        let (column, error) = read_error::<IndexValue<BySsn>>(&mut db, &cell);
        assert_malformed(case, &error, column, cell.content());
    }
}

/// The one error without a column's name: diesel keeps it bare to tell an outer join that found
/// nothing. Reached only where the application's table says `NOT NULL` and the database does not.
#[test]
fn a_null_that_the_table_denies_is_an_error() {
    let mut db = table_of_cells();
    insert_into(cells::table)
        .values(cells::id.eq(1))
        .execute(&mut db)
        .unwrap();
    for error in [
        not_null::table
            .select(not_null::bytes)
            .first::<Sealed<String>>(&mut db)
            .unwrap_err(),
        not_null::table
            .select(not_null::text)
            .first::<Sealed<String>>(&mut db)
            .unwrap_err(),
        not_null::table
            .select(not_null::bytes)
            .first::<IndexValue<BySsn>>(&mut db)
            .unwrap_err(),
    ] {
        let Error::DeserializationError(error) = &error else {
            panic!("{error:?}");
        };
        assert!(error.is::<UnexpectedNullError>(), "{error:?}");
    }
    let none = cells::table
        .select(cells::bytes)
        .first::<Option<Sealed<String>>>(&mut db);
    assert_eq!(none.unwrap(), None);
}

/// By the bare error of a NULL, which is why none that names the column may take its place.
#[test]
fn an_outer_join_that_finds_nothing_is_none() {
    let mut db = table_of_cells();
    create(&mut db, "CREATE TABLE found (id BIGINT, ssn_index BYTES)");
    insert_into(found::table)
        .values(vec![found::id.eq(1), found::id.eq(2)])
        .execute(&mut db)
        .unwrap();
    let envelope = sealed(CANARY);
    let cell = (
        cells::id.eq(1),
        cells::bytes.eq(&envelope),
        cells::text.eq(&envelope),
    );
    insert_into(cells::table)
        .values(cell)
        .execute(&mut db)
        .unwrap();

    type Both = (Sealed<String>, Sealed<String>);
    let joined = found::table
        .left_join(not_null::table.on(not_null::id.eq(found::id)))
        .order(found::id)
        .select((not_null::bytes, not_null::text).nullable())
        .load::<Option<Both>>(&mut db);
    let both = (envelope.clone(), envelope);
    assert_eq!(joined.unwrap(), [Some(both), None]);
}

#[test]
fn a_column_of_another_type_is_an_error_that_names_the_column() {
    let mut db = table_of_cells();
    let row = (cells::id.eq(1), cells::number.eq(Some(900_012_345)));
    insert_into(cells::table)
        .values(row)
        .execute(&mut db)
        .unwrap();
    let number = mistyped::table.select(mistyped::number);
    let error = number.first::<Sealed<String>>(&mut db).unwrap_err();
    assert_malformed("number", &error, "number", b"900012345");
    let error = number.first::<IndexValue<BySsn>>(&mut db).unwrap_err();
    assert_malformed("number", &error, "number", b"900012345");
    assert!(!format!("{error} {error:?}").contains("900012345"));
}

#[test]
fn cells_that_were_moved_by_sql_do_not_open() {
    let keyring = Arc::new(Keyring::generate().unwrap());
    let (session, other) = (
        session_of("mercy", &keyring),
        session_of("lakeview", &keyring),
    );
    let mut elsewhere = other.seal(&ward::patient("p-1")).unwrap();
    elsewhere.id = "elsewhere".into();
    for (case, sql, expected) in [
        ("untouched", "UPDATE patient SET active = active", None),
        (
            "columns",
            "UPDATE patient SET name = ssn, ssn = name",
            Some(ErrorKind::Integrity),
        ),
        (
            "rows",
            "UPDATE patient SET ssn = (SELECT ssn FROM patient WHERE id = 'p-2')",
            Some(ErrorKind::Integrity),
        ),
        (
            "tenants",
            "UPDATE patient SET ssn = (SELECT ssn FROM patient WHERE id = 'elsewhere')",
            Some(ErrorKind::Integrity),
        ),
    ] {
        let mut db = patients();
        let rows = ["p-1", "p-2"].map(|id| session.seal(&ward::patient(id)).unwrap());
        for row in rows.iter().chain([&elsewhere]) {
            insert_into(patient::table)
                .values(row)
                .execute(&mut db)
                .unwrap();
        }
        sql_query(sql).execute(&mut db).unwrap();
        let opened = session.open(&select(&mut db, "p-1"));
        assert_eq!(opened.err().map(|error| error.kind()), expected, "{case}");
    }
}

#[test]
fn a_uniqueness_constraint_holds_on_an_index_column() {
    let mut db = connect();
    create(
        &mut db,
        "CREATE TABLE found (id BIGINT, ssn_index BYTES UNIQUE)",
    );
    let mut insert = |id: i64, seed: Option<u8>| {
        let value = seed.map(index_value::<BySsn>);
        let row = (found::id.eq(id), found::ssn_index.eq(value));
        insert_into(found::table).values(row).execute(&mut db)
    };
    for (id, seed) in [(1, Some(1)), (2, Some(2)), (3, None), (4, None)] {
        insert(id, seed).unwrap();
    }
    let error = insert(5, Some(1)).unwrap_err();
    let kind = DatabaseErrorKind::UniqueViolation;
    assert!(matches!(error, Error::DatabaseError(found, _) if found == kind));

    let hit = found::table.filter(found::ssn_index.eq(index_value::<BySsn>(2)));
    assert_eq!(hit.select(found::id).load::<i64>(&mut db).unwrap(), [2]);
    let any = found::ssn_index.eq_any([2, 1].map(index_value::<BySsn>));
    let any = found::table.filter(any).select(found::id).order(found::id);
    assert_eq!(any.load::<i64>(&mut db).unwrap(), [1, 2]);
}

/// Makes the cell the only one, and says in which column it is.
fn put(db: &mut Connection, cell: &Cell) -> &'static str {
    delete(cells::table).execute(db).unwrap();
    let (bytes, text, column) = match cell {
        Cell::Bytes(bytes) => (Some(bytes), None, "bytes"),
        Cell::Text(text) => (None, Some(text), "text"),
    };
    let row = (
        cells::id.eq(1),
        cells::bytes.eq(bytes),
        cells::text.eq(text),
    );
    insert_into(cells::table).values(row).execute(db).unwrap();
    column
}

/// The error of reading the cell, with the column's name.
fn read_error<S>(db: &mut Connection, cell: &Cell) -> (&'static str, Error)
where
    S: FromSqlRow<Binary, Db> + FromSqlRow<Text, Db> + 'static,
{
    let column = put(db, cell);
    let read: QueryResult<S> = match column {
        "bytes" => not_null::table.select(not_null::bytes).first(db),
        _ => not_null::table.select(not_null::text).first(db),
    };
    (column, read.err().unwrap())
}

#[track_caller]
fn assert_malformed(case: &str, error: &Error, column: &str, content: &[u8]) {
    let Error::DeserializationError(inner) = error else {
        panic!("{case}: {error:?}");
    };
    let field: Option<&DeserializeFieldError> = inner.downcast_ref();
    let field = field.unwrap_or_else(|| panic!("{case}: {error:?}"));
    assert_eq!(field.field_name.as_deref(), Some(column), "{case}");
    assert_eq!(kind(error), Some(ErrorKind::Malformed), "{case}");
    assert_discreet(case, error, column, content);
}
