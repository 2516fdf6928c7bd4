//! Values that hold the marker, and types that make trouble.

use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::{Category, Field, SecretBytes, Serde};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::ward::PATIENT;
use crate::watch::MARKER;

pub(crate) const TEXT: Field<String> = PATIENT.field("text", Category::Clinical);
pub(crate) const PADDED: Field<String> = PATIENT.field("padded", Category::Clinical).pad_to(4096);
pub(crate) const BYTES: Field<Vec<u8>> = PATIENT.field("bytes", Category::Clinical);
pub(crate) const LIST: Field<Vec<String>> = PATIENT.field("list", Category::Clinical);
pub(crate) const NESTED: Field<Vec<Vec<Vec<u8>>>> = PATIENT.field("nested", Category::Clinical);
pub(crate) const STRUCT: Field<Serde<Allergy>> = PATIENT.field("struct", Category::Clinical);
pub(crate) const HISTORY: Field<Serde<Vec<Allergy>>> = PATIENT.field("history", Category::Clinical);

#[derive(Clone, Serialize, Deserialize, Zeroize)]
pub(crate) struct Allergy {
    substance: String,
    severity: u8,
    notes: Vec<String>,
    course: Option<Course>,
}

#[derive(Clone, Serialize, Deserialize, Zeroize)]
enum Course {
    Resolved,
    Ongoing { since: String },
}

pub(crate) fn text() -> String {
    MARKER.to_string()
}

/// Of 36 kB, made without growing.
pub(crate) fn long_text() -> String {
    MARKER.repeat(1000)
}

pub(crate) fn bytes() -> Vec<u8> {
    MARKER.as_bytes().to_vec()
}

pub(crate) fn list() -> Vec<String> {
    vec![text(), text(), long_text()]
}

pub(crate) fn nested() -> Vec<Vec<Vec<u8>>> {
    vec![vec![bytes(), bytes()], vec![], vec![bytes()]]
}

pub(crate) fn allergy() -> Serde<Allergy> {
    Serde::new(Allergy {
        substance: text(),
        severity: 3,
        notes: vec![text(), long_text()],
        course: Some(Course::Ongoing { since: text() }),
    })
}

pub(crate) fn history() -> Serde<Vec<Allergy>> {
    let mut resolved = allergy().as_inner().clone();
    resolved.course = Some(Course::Resolved);
    Serde::new(vec![allergy().as_inner().clone(), resolved])
}

/// Content of any kind as it is, to put what another type refuses into an envelope.
pub(crate) struct Raw<const CODE: u8>(pub(crate) Vec<u8>);

pub(crate) const RAW_TEXT: u8 = 2;
pub(crate) const RAW_STRUCTURED: u8 = 8;
pub(crate) const RAW_LIST: u8 = 9;

impl<const CODE: u8> Value for Raw<CODE> {
    const CONTENT: Content = match CODE {
        RAW_TEXT => Content::Text,
        RAW_STRUCTURED => Content::Structured,
        RAW_LIST => Content::List,
        _ => Content::Bytes,
    };

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.0.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Vec::decode(content).map(Self)
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }
}

/// Text that is written in small pieces under a wrong size hint, so that the buffer grows.
pub(crate) struct Creeping(pub(crate) String);

impl Value for Creeping {
    const CONTENT: Content = Content::Text;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.0
            .as_bytes()
            .chunks(5)
            .for_each(|piece| out.append(piece));
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        String::decode(content).map(Self)
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }

    fn size_hint(&self) -> usize {
        0
    }
}

/// Text that is written and then refused.
pub(crate) struct Refused(pub(crate) String);

impl Value for Refused {
    const CONTENT: Content = Content::Text;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(self.0.as_bytes());
        Err(CodecError::new("this value must not be stored"))
    }

    fn decode(_: SecretBytes) -> Result<Self, CodecError> {
        Err(CodecError::new("this value must not be read"))
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }
}
