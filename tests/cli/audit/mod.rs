//! `audit`, on journals that a vault wrote.

mod damaging;
mod elsewhere;
mod exporting;
mod keys;
mod output;
mod proving;
mod querying;
mod reporting;
mod sealed;
mod verifying;
mod ward;
