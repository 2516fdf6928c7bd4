//! An index that gives away too much, or could not be searched.

use phi_seal::codec::Timestamp;
use phi_seal::index::{IndexInfo, IndexPart, Normal};
use phi_seal::{Category, Field, RecordType};

const PATIENT: RecordType = RecordType::new("patient");
const ENCOUNTER: RecordType = RecordType::new("encounter");
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const REASON: Field<String> = ENCOUNTER.field("reason", Category::Clinical);
const ACTIVE: Field<bool> = PATIENT.field("active", Category::Clinical);

const ZIP: Field<String> = PATIENT.field("zip", Category::Address);
const ADMITTED: Field<Timestamp> = PATIENT.field("admitted", Category::Date);

const NAME_TEXT: IndexPart = IndexPart::new(&NAME, Normal::Text);
const NAME_WORDS: IndexPart = IndexPart::new(&NAME, Normal::Tokens);
const ACTIVE_TEXT: IndexPart = IndexPart::new(&ACTIVE, Normal::Text);
const REASON_TEXT: IndexPart = IndexPart::new(&REASON, Normal::Text);

const NAME_PREFIX: IndexPart = IndexPart::new(&NAME, Normal::Prefix(200));
const NAME_SOUND: IndexPart = IndexPart::new(&NAME, Normal::Phonetic);
const ZIP3: IndexPart = IndexPart::new(&ZIP, Normal::Zip3);
const ADMITTED_YEAR: IndexPart = IndexPart::new(&ADMITTED, Normal::Year);
const ADMITTED_DATE: IndexPart = IndexPart::new(&ADMITTED, Normal::Date);

const BARE_BOOLEAN: IndexInfo = IndexInfo::new(PATIENT, "active", &[ACTIVE_TEXT]);
const OF_NOTHING: IndexInfo = IndexInfo::new(PATIENT, "nothing", &[]);
const ODD_NAME: IndexInfo = IndexInfo::new(PATIENT, "a|b", &[NAME_TEXT]);
const COMPOUND_OF_WORDS: IndexInfo = IndexInfo::new(PATIENT, "both", &[NAME_WORDS, ACTIVE_TEXT]);
const OF_ANOTHER_RECORD: IndexInfo = IndexInfo::new(PATIENT, "reason", &[REASON_TEXT]);
const WITHOUT_BITS: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_TEXT]).bits(0);
const TOO_WIDE: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_TEXT]).bits(257);
const NARROW_AND_UNIQUE: IndexInfo =
    IndexInfo::new(PATIENT, "name", &[NAME_TEXT]).bits(127).unique();
const UNIQUE_WORDS: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_WORDS]).unique();
const SLOW_WORDS: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_WORDS]).slow();
const UNIQUE_PREFIX: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_PREFIX]).unique();
const UNIQUE_SOUND: IndexInfo = IndexInfo::new(PATIENT, "name", &[NAME_SOUND]).unique();
const UNIQUE_ZIP3: IndexInfo = IndexInfo::new(PATIENT, "zip", &[ZIP3]).unique();
const UNIQUE_YEAR: IndexInfo = IndexInfo::new(PATIENT, "year", &[ADMITTED_YEAR]).unique();
const UNIQUE_DAY: IndexInfo = IndexInfo::new(PATIENT, "day", &[ADMITTED_DATE]).unique();
const UNIQUE_IN_PART: IndexInfo =
    IndexInfo::new(PATIENT, "both", &[NAME_TEXT, ZIP3]).unique();
const UNIQUE_BEFORE_BITS: IndexInfo =
    IndexInfo::new(PATIENT, "name", &[NAME_TEXT]).unique().bits(64);

fn main() {}
