//! Anchors: files of a folder, functions, and what is believed of what they hold.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod files;
mod journals;
mod newest;
mod restored;
mod world;
