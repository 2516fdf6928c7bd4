//! Request bodies: JSON whose errors say where and why, and never what.
//!
//! serde's errors quote the input (`invalid type: string "123-45-6789", expected …`), and so may
//! the errors that application code makes. So each visitor sees an error type of ours, which
//! cannot hold text ([`fault`]), through a deserializer that knows where it is ([`place`],
//! [`deserializer`], [`visitor`], [`access`]). What serde_json itself objects to is not asked of
//! its error either, but of a second look at the body ([`diagnosis`]).

mod access;
mod deserializer;
mod diagnosis;
mod error;
mod fault;
mod place;
mod visitor;

use core::cell::RefCell;

use serde::de::DeserializeOwned;

pub use error::{JsonError, JsonReason};

use deserializer::Tracked;
use place::{Failure, Path, Place};

/// Reads a JSON document whose errors give the path and the reason, and never quote the input.
///
/// Reads exactly what `serde_json::from_slice` reads, its recursion limit included. Replaced are
/// all errors: those of containers, of enums, of map keys, of serde's buffered forms (`flatten`,
/// `untagged`), and those of your own `Deserialize` code, whose message is dropped.
///
/// # What it does not do
///
/// The body is the caller's, who wipes it or not. Strings with escapes pass through the scratch
/// buffer of serde_json, and a value of another type than expected may pass through an error
/// message of its own making; both are freed without being wiped. serde's buffered forms keep
/// copies that nobody wipes. `Deserialize` code that writes to a log by itself is out of reach.
///
/// # Example
///
/// ```
/// use phi_seal::{JsonReason, Phi, from_json};
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Patient {
///     name: Phi<String>,
///     ssn: Phi<String>,
/// }
///
/// let patients: Vec<Patient> =
///     from_json(br#"[{"name": "Ada Lovelace", "ssn": "078-05-1120"}]"#).unwrap();
/// assert_eq!(patients[0].name.expose(), "Ada Lovelace");
///
/// let error = from_json::<Vec<Patient>>(br#"["078-05-1120"]"#).unwrap_err();
/// assert_eq!(error.path().to_string(), "[0]");
/// assert_eq!(error.reason(), JsonReason::WrongType { found: "a string" });
/// assert_eq!(error.to_string(), "[0]: expected another type than a string");
/// ```
///
/// # Errors
///
/// When the body is not one JSON document, or not the document of a `T`.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    let first_failure = RefCell::new(None);
    let root = Place::root(&first_failure);
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = root
        .settle(T::deserialize(Tracked::new(&mut json, &root)))
        .map_err(|_| explain(body, first_failure.take()))?;
    json.end()
        .map_err(|error| JsonError::syntax(Path::default(), &error))?;
    Ok(value)
}

#[cold]
fn explain(body: &[u8], failure: Option<Failure>) -> JsonError {
    let Failure { path, reason } = failure.unwrap_or_default();
    match reason {
        Some(reason) => JsonError::new(path, reason),
        None => diagnosis::look_again(body, path),
    }
}
