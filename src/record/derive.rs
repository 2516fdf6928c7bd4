//! The derive macros, with their documentation. They are written in `derive/`.

/// Makes a struct a [`Record`](crate::Record): sealed, opened and recorded as a whole.
///
/// Sensitive fields are `Phi<T>` or `Option<Phi<T>>` and say their category; a list is
/// `Phi<Vec<T>>`, one value. Every other field stays in clear and passes through. The derive makes:
///
/// - the sealed twin, here `PatientRow`: the same fields with [`Sealed<T>`](crate::Sealed) for
///   `Phi<T>`, each as visible as in the record, doc comments carried over. Its `Debug` shows no
///   plain field;
/// - [`Record`](crate::Record) and [`SealedRecord`](crate::SealedRecord), by which
///   [`Session`](crate::Session) seals and opens it;
/// - a constant for each sensitive field, `Patient::NAME`, as visible as the field: a
///   [`RecordField`](crate::RecordField), which is also a [`Field`](crate::Field);
/// - for each `index`, a column in the twin and a constant to search by, `Patient::SSN_INDEX`
///   (feature `index`; see [`Session::search`](crate::Session::search));
/// - `Patient::SCHEMA`, from which [`inventory()`](crate::inventory()) prints the PHI data map.
///
/// # Example
///
/// ```
/// # use phi_seal::danger::{DiscardAudit, PermitAll};
/// # use phi_seal::{Access, Actor, Keyring, Purpose, TenantId, Vault};
/// use phi_seal::{Phi, PhiRecord};
///
/// #[derive(Debug, PhiRecord)]
/// #[phi(record = "patient")]
/// struct Patient {
///     #[phi(id, subject)]
///     id: String,
///     #[phi(category = Name)]
///     name: Phi<String>,
///     #[phi(category = Clinical, label = Hiv)]
///     note: Option<Phi<String>>,
///     active: bool,
/// }
///
/// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
/// # let session = vault.session(Access::new(
/// #     TenantId::new("mercy-hospital")?, Actor::new("clinician-17")?, Purpose::Treatment))?;
/// let patient = Patient {
///     id: "p-1".into(),
///     name: Phi::new("Zofia Żak".into()),
///     note: Some(Phi::new("asthma".into())),
///     active: true,
/// };
///
/// // All fields, one action: the record stays as it is.
/// let mut row: PatientRow = session.seal(&patient)?;
/// let opened: Patient = session.open(&row)?;
/// assert_eq!(opened.name.expose(), "Zofia Żak");
///
/// // Only what is needed: the event lists these fields and no other.
/// let (name, note) = session.open_fields(&row, (Patient::NAME, Patient::NOTE))?;
/// assert_eq!((name.expose().as_str(), note.is_some()), ("Zofia Żak", true));
///
/// // One field anew, the others untouched.
/// session.update_field(&mut row, Patient::NOTE, &None)?;
/// assert!(session.open(&row)?.note.is_none());
///
/// assert_eq!(
///     format!("{row:?}"),
///     "PatientRow { name: Sealed<String>, note: None, .. }",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # On the struct
///
/// | `#[phi(…)]` | meaning |
/// | --- | --- |
/// | `record = "patient"` | the record type's name, required; part of every envelope |
/// | `row = PatientRow` | the twin's name; the struct's with `Row` by default. It is as visible as the struct |
/// | `row_derive(Clone, serde::Serialize)` | derives of the twin |
/// | `row_attr(serde(rename_all = "camelCase"))` | any attribute of the twin; `row_attr(doc = "…")` replaces its doc comment |
/// | `subjectless` | records of this type are about no patient |
/// | `index(name = "birth_date_family", of(birth_date = date, family = text))` | an index of several fields together; options as below |
/// | `duplicate`, `ct_eq` | methods of these names, since a record has no `Clone` and no `==` |
/// | `crate = path` | where `phi_seal` is, if re-exported |
///
/// # On fields
///
/// | `#[phi(…)]` | meaning |
/// | --- | --- |
/// | `id` | plain; names the row. Text, integers, UUIDs, or what implements [`AsId`](crate::record::AsId) |
/// | `subject` | plain; names the patient. Required unless `subjectless`; often `id, subject` |
/// | `binding` | plain; the sealed fields are bound to it too, such as a revision: [`AsBinding`](crate::record::AsBinding) |
/// | `category = Name` | sealed: its [`Category`](crate::Category) |
/// | `label = Hiv`, `labels = [Hiv, Vip]` | sensitivity [`Label`](crate::Label)s |
/// | `pad = 32` | lengths are shown in steps of so many bytes |
/// | `sealed_null` | of an `Option<Phi<T>>`: `None` is sealed too, so that a NULL in its place is found |
/// | `name = "family"` | the name in envelopes, by default the Rust one |
/// | `row_attr(sqlx(rename = "family"))` | any attribute of the twin's field |
/// | `index`, `index(digits, bits = 24)` | a blind index of the field; may be said several times |
///
/// # In `index(…)`
///
/// | | meaning |
/// | --- | --- |
/// | `text`, `digits`, `email`, `date`, `year`, `zip3`, `us_phone`, `prefix(3)`, `tokens`, `phonetic` | which values count as equal: the [normal form](crate::index::Normal), `text` by default |
/// | `bits = 24` | its width, 128 by default. A [`Planner`](crate::index::Planner) says how narrow it should be for what it gives away |
/// | `slow` | Argon2id instead of HMAC: 20 to 100 ms and 19 MiB a value |
/// | `unique` | a uniqueness constraint stands on the column: at least 128 bits |
/// | `name = "by_sound"` | the column's name and the index's, `<field>_index` by default |
/// | `row_attr(…)` | any attribute of the column |
///
/// # What stays as it is
///
/// The record type, the ids, the binding and the fields' stable names are authenticated: changing
/// one makes old rows unreadable. Changing anything of an index makes its old values unfindable,
/// and with another `bits` their rows unreadable to a database library, since the column is refused:
/// declare a new one beside it, fill it, and drop the old one. To rename a field in Rust, add `name` with the old one. Order,
/// category, labels, padding, `sealed_null` and the change from `Phi<T>` to `Option<Phi<T>>` are
/// free.
///
/// # What it does not do
///
/// - Plain fields are neither sealed nor authenticated, except for those that are id, subject or
///   binding: those cannot be changed without the sealed fields failing to open. Plain fields are
///   cloned from record to row and back.
/// - A plain field of any type passes, and the derive cannot see PHI in a `String` that nobody
///   marked. The inventory lists what stays in clear.
/// - It sees types by name: an alias of `Phi` is refused.
#[doc(inline)]
pub use phi_seal_derive::PhiRecord;

/// Makes a newtype a [`Value`](crate::codec::Value): stored as the type inside.
///
/// For structs of one field. The stored form is that of the inner type, so a field may change
/// from `Phi<String>` to `Phi<Mrn>` and back without resealing. Construction is not checked: what
/// opens was sealed by somebody who had the key, and it becomes an `Mrn` as it is.
///
/// # Example
///
/// ```
/// use phi_seal::codec::{Content, Value};
/// use phi_seal::{Phi, PhiValue};
///
/// #[derive(PhiValue)]
/// struct Mrn(String);
///
/// let mrn = Phi::new(Mrn("MRN-1000417".into()));
/// assert_eq!(format!("{mrn:?}"), "Phi<Mrn>");
/// assert_eq!(Mrn::CONTENT, Content::Text);
/// ```
#[doc(inline)]
pub use phi_seal_derive::PhiValue;
