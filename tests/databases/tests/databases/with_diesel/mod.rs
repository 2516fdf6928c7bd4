//! diesel 2. What both databases have is written once and compiled for each.

mod postgres;
mod sqlite;

pub use tables::patient;

/// Tables as `diesel print-schema` would write them, and two that lie about `cells`.
mod tables {
    use diesel::table;

    table! {
        patient (id) {
            id -> Text,
            name -> Binary,
            ssn -> Binary,
            note -> Nullable<Binary>,
            active -> Bool,
        }
    }

    table! {
        cells (id) {
            id -> BigInt,
            bytes -> Nullable<Binary>,
            text -> Nullable<Text>,
            number -> Nullable<BigInt>,
        }
    }

    table! {
        #[sql_name = "cells"]
        not_null (id) {
            id -> BigInt,
            bytes -> Binary,
            text -> Text,
        }
    }

    table! {
        #[sql_name = "cells"]
        mistyped (id) {
            id -> BigInt,
            number -> Binary,
        }
    }

    table! {
        found (id) {
            id -> BigInt,
            ssn_index -> Nullable<Binary>,
        }
    }

    diesel::allow_tables_to_appear_in_same_query!(found, not_null);
}
