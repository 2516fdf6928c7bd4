//! Values of two indexes cannot be compared.

use phi_seal::index::{Index, IndexInfo, IndexPart, IndexValue, Normal};
use phi_seal::{Category, Field, RecordType};

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);

struct Name;

impl Index for Name {
    const INFO: IndexInfo = IndexInfo::new(PATIENT, "name", &[IndexPart::new(&NAME, Normal::Text)]);
    type Stored = Option<IndexValue<Self>>;
}

struct Sound;

impl Index for Sound {
    const INFO: IndexInfo =
        IndexInfo::new(PATIENT, "sound", &[IndexPart::new(&NAME, Normal::Phonetic)]);
    type Stored = Option<IndexValue<Self>>;
}

fn main() {
    let name = IndexValue::<Name>::from_bytes(&[0; 20]).unwrap();
    let sound = IndexValue::<Sound>::from_bytes(&[0; 20]).unwrap();
    let _ = name == sound;
}
