//! The application's patient, and the only two functions that turn it into ciphertext and back.

use phi_seal::{
    Category, Error, Field, FieldInfo, Label, Phi, RecordId, RecordRef, RecordType, Serde, Session,
    SubjectId,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::rows::{PatientRow, RestrictedNoteRow};

/// What the application works with. Nobody prints, logs or serialises a `Phi` by accident: its
/// `Debug` shows the type, and it has no `Display` and no `Serialize`.
///
/// Lists are **one** value each. Sealed element by element, they could be shortened or reordered
/// by whoever writes to the database.
#[derive(Debug)]
pub(crate) struct Patient {
    pub(crate) id: String,
    pub(crate) active: bool,
    pub(crate) names: Option<Phi<Names>>,
    /// Text, because FHIR allows a year or a month alone.
    pub(crate) birth_date: Option<Phi<String>>,
    pub(crate) gender: Option<Phi<String>>,
    pub(crate) ssn: Option<Phi<String>>,
    pub(crate) mrn: Option<Phi<String>>,
    pub(crate) phones: Option<Phi<Vec<String>>>,
    pub(crate) emails: Option<Phi<Vec<String>>>,
    pub(crate) addresses: Option<Phi<Addresses>>,
    pub(crate) note: Option<Phi<String>>,
}

impl Patient {
    /// The names in clear, the official one first: for showing on purpose.
    pub(crate) fn names(&self) -> &[HumanName] {
        match &self.names {
            Some(names) => names.expose().as_inner(),
            None => &[],
        }
    }
}

/// What law protects beyond the rest of the chart. A record of its own, so that nobody who reads
/// the chart meets it in passing.
#[derive(Debug)]
pub(crate) struct RestrictedNote {
    pub(crate) patient_id: String,
    pub(crate) text: Phi<String>,
}

pub(crate) type Names = Serde<Vec<HumanName>>;
pub(crate) type Addresses = Serde<Vec<Address>>;

/// Any serde type can be a value, as long as it can be wiped: hence `Zeroize`. It has no `Debug`,
/// because it is plaintext; the `Phi` around it has.
#[derive(Default, Serialize, Deserialize, Zeroize)]
#[serde(default)]
pub(crate) struct HumanName {
    pub(crate) text: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) given: Vec<String>,
}

impl HumanName {
    pub(crate) fn in_full(&self) -> String {
        let parts: Vec<_> = self.given.iter().chain(&self.family).cloned().collect();
        self.text.clone().unwrap_or_else(|| parts.join(" "))
    }
}

#[derive(Default, Serialize, Deserialize, Zeroize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Address {
    pub(crate) line: Vec<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: Option<String>,
}

impl Address {
    pub(crate) fn on_one_line(&self) -> String {
        let region = [&self.city, &self.state, &self.postal_code, &self.country];
        let parts = self.line.iter().chain(region.into_iter().flatten());
        parts.cloned().collect::<Vec<_>>().join(", ")
    }
}

// The fields. Their names are authenticated with every value, so an SSN that somebody moves into
// the column of the phone numbers does not open there.

const PATIENT: RecordType = RecordType::new("patient");

pub(crate) const NAMES: Field<Names> = PATIENT.field("names", Category::Name);
pub(crate) const BIRTH_DATE: Field<String> = PATIENT.field("birth_date", Category::Date);
/// Padded: `male` and `female` differ in length, and encryption alone does not hide that.
pub(crate) const GENDER: Field<String> = PATIENT.field("gender", Category::Clinical).pad_to(16);
pub(crate) const SSN: Field<String> = PATIENT.field("ssn", Category::Ssn);
pub(crate) const MRN: Field<String> = PATIENT.field("mrn", Category::MedicalRecordNumber);
pub(crate) const PHONES: Field<Vec<String>> = PATIENT.field("phones", Category::Phone);
pub(crate) const EMAILS: Field<Vec<String>> = PATIENT.field("emails", Category::Email);
pub(crate) const ADDRESSES: Field<Addresses> = PATIENT.field("addresses", Category::Address);
/// Seals absence too: allergies stand here, and a NULL written over them must not pass for none.
pub(crate) const NOTE: Field<String> = PATIENT.field("note", Category::Clinical).sealed_null();

pub(crate) const RESTRICTED_NOTE: Field<String> = RecordType::new("restricted-note")
    .field("text", Category::Clinical)
    .label(Label::Hiv)
    .label(Label::Psychotherapy)
    .label(Label::Part2);

const FIELDS: [FieldInfo; 9] = [
    NAMES.info(),
    BIRTH_DATE.info(),
    GENDER.info(),
    SSN.info(),
    MRN.info(),
    PHONES.info(),
    EMAILS.info(),
    ADDRESSES.info(),
    NOTE.info(),
];

pub(crate) const FIELD_COUNT: usize = FIELDS.len();

// The next two functions are what a derive macro will write in a later release. No `?` stands
// between `authorize` and `record`: what fails there is recorded as what it was, and an action
// that is left early is recorded as aborted.

/// Seals a whole patient as one action: allowed, done, recorded, and only then handed out.
pub(crate) fn seal_patient(session: &Session, patient: &Patient) -> Result<PatientRow, Error> {
    let (id, subject) = ids(&patient.id)?;
    session.seal_with(|mut sealing| {
        let permit = sealing.authorize(RecordRef::new(&id, &subject), &FIELDS)?;
        let names = sealing.seal(&permit, &NAMES, &patient.names);
        let birth_date = sealing.seal(&permit, &BIRTH_DATE, &patient.birth_date);
        let gender = sealing.seal(&permit, &GENDER, &patient.gender);
        let ssn = sealing.seal(&permit, &SSN, &patient.ssn);
        let mrn = sealing.seal(&permit, &MRN, &patient.mrn);
        let phones = sealing.seal(&permit, &PHONES, &patient.phones);
        let emails = sealing.seal(&permit, &EMAILS, &patient.emails);
        let addresses = sealing.seal(&permit, &ADDRESSES, &patient.addresses);
        let note = sealing.seal(&permit, &NOTE, &patient.note);
        let recorded = sealing.record()?;
        Ok(PatientRow {
            id: patient.id.clone(),
            active: patient.active,
            names: recorded.release(names)?,
            birth_date: recorded.release(birth_date)?,
            gender: recorded.release(gender)?,
            ssn: recorded.release(ssn)?,
            mrn: recorded.release(mrn)?,
            phones: recorded.release(phones)?,
            emails: recorded.release(emails)?,
            addresses: recorded.release(addresses)?,
            note: recorded.release(note)?,
        })
    })
}

/// Opens a whole patient as one action, likewise.
pub(crate) fn open_patient(session: &Session, row: &PatientRow) -> Result<Patient, Error> {
    let (id, subject) = ids(&row.id)?;
    session.open_with(|mut opening| {
        let permit = opening.authorize(RecordRef::new(&id, &subject), &FIELDS)?;
        let names = opening.open(&permit, &NAMES, &row.names);
        let birth_date = opening.open(&permit, &BIRTH_DATE, &row.birth_date);
        let gender = opening.open(&permit, &GENDER, &row.gender);
        let ssn = opening.open(&permit, &SSN, &row.ssn);
        let mrn = opening.open(&permit, &MRN, &row.mrn);
        let phones = opening.open(&permit, &PHONES, &row.phones);
        let emails = opening.open(&permit, &EMAILS, &row.emails);
        let addresses = opening.open(&permit, &ADDRESSES, &row.addresses);
        let note = opening.open(&permit, &NOTE, &row.note);
        let recorded = opening.record()?;
        Ok(Patient {
            id: row.id.clone(),
            active: row.active,
            names: recorded.release(names)?,
            birth_date: recorded.release(birth_date)?,
            gender: recorded.release(gender)?,
            ssn: recorded.release(ssn)?,
            mrn: recorded.release(mrn)?,
            phones: recorded.release(phones)?,
            emails: recorded.release(emails)?,
            addresses: recorded.release(addresses)?,
            note: recorded.release(note)?,
        })
    })
}

/// A record with one field needs no closure.
pub(crate) fn seal_restricted_note(
    session: &Session,
    note: &RestrictedNote,
) -> Result<RestrictedNoteRow, Error> {
    let (id, subject) = ids(&note.patient_id)?;
    let record = RecordRef::new(&id, &subject);
    Ok(RestrictedNoteRow {
        patient_id: note.patient_id.clone(),
        text: session.seal_value(&RESTRICTED_NOTE, record, &note.text)?,
    })
}

/// The ids of a record and of the patient whom it is about, which are the same here: there is one
/// record of each type for a patient.
pub(crate) fn ids(patient_id: &str) -> Result<(RecordId<'_>, SubjectId<'_>), Error> {
    Ok((RecordId::new(patient_id)?, SubjectId::new(patient_id)?))
}
