//! A field's type decides which normal forms it can have.

use phi_seal::codec::Date;
use phi_seal::index::{IndexPart, Normal};
use phi_seal::{Category, Field, RecordType, Serde};

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const BORN: Field<Date> = PATIENT.field("born", Category::Date);
const ACTIVE: Field<bool> = PATIENT.field("active", Category::Clinical);
const ZIP: Field<i64> = PATIENT.field("zip", Category::Address);
const SCAN: Field<Vec<u8>> = PATIENT.field("scan", Category::Photo);
const CHART: Field<Serde<f64>> = PATIENT.field("chart", Category::Clinical);
const ALIASES: Field<Vec<String>> = PATIENT.field("aliases", Category::Name);

const P0: IndexPart = IndexPart::new(&BORN, Normal::Zip3);
const P1: IndexPart = IndexPart::new(&ZIP, Normal::Zip3);
const P2: IndexPart = IndexPart::new(&BORN, Normal::Digits);
const P3: IndexPart = IndexPart::new(&ACTIVE, Normal::UsPhone);
const P4: IndexPart = IndexPart::new(&ZIP, Normal::Date);
const P5: IndexPart = IndexPart::new(&ACTIVE, Normal::Year);
const P6: IndexPart = IndexPart::new(&BORN, Normal::Email);
const P7: IndexPart = IndexPart::new(&BORN, Normal::Tokens);
const P8: IndexPart = IndexPart::new(&BORN, Normal::Phonetic);
const P9: IndexPart = IndexPart::new(&ALIASES, Normal::Text);
const P10: IndexPart = IndexPart::new(&ACTIVE, Normal::Prefix(3));
const P11: IndexPart = IndexPart::new(&NAME, Normal::Prefix(0));
const P12: IndexPart = IndexPart::new(&SCAN, Normal::Text);
const P13: IndexPart = IndexPart::new(&CHART, Normal::Text);

fn main() {}
