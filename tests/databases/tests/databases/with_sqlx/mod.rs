//! sqlx 0.9. What both databases have is written once and compiled for each.

mod postgres;
mod sqlite;
mod words;
