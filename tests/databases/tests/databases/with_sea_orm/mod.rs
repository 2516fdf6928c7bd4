//! sea-orm 2. What both databases have is written once and compiled for each.

mod entities;
mod postgres;
mod sqlite;
