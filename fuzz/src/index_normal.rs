//! Two values in every normal form that an index can compare: no panic, forms of their own
//! alphabet that are their own form, and nothing found that a look-up would miss.

use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::danger::{import_data_key, index_lookup_unrecorded, index_values_unrecorded};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexSet, Normal};
use phi_seal::key::{KeyScope, KeyUse};
use phi_seal::{Category, Field, RecordType, SecretBytes, TenantId};

use super::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let normal = input.choice(NORMALS);
    let content = input.byte();
    let (wanted, rest) = (input.part(), input.rest());
    any_content(normal, content, wanted, rest);
    let wanted = String::from_utf8_lossy(wanted).into_owned();
    let value = String::from_utf8_lossy(rest).into_owned();
    one_text(normal, &wanted);
    one_text(normal, &value);
    two_texts(normal, &wanted, &value);
    two_texts(normal, &wanted, &format!("{wanted}{value}"));
    indexed(&wanted, &value);
}

const NORMALS: &[Normal] = &[
    Normal::Text,
    Normal::Digits,
    Normal::Email,
    Normal::Date,
    Normal::Year,
    Normal::Zip3,
    Normal::UsPhone,
    Normal::Prefix(1),
    Normal::Prefix(3),
    Normal::Prefix(255),
    Normal::Tokens,
    Normal::Phonetic,
];

/// Bytes as any content, most of them no encoding of it.
fn any_content(normal: Normal, content: u8, one: &[u8], other: &[u8]) {
    fn compare<const CODE: u8>(normal: Normal, one: &[u8], other: &[u8]) {
        let (one, other) = (Raw::<CODE>(one.to_vec()), Raw::<CODE>(other.to_vec()));
        for (wanted, value) in [(&one, &one), (&one, &other)] {
            let terms = terms(normal, value);
            let question = normal.finds(wanted, value);
            if question == Ok(true) {
                assert!(shares_a_term(&self::terms(normal, wanted), &terms));
            }
        }
        let own = normal.finds(&one, &one).is_ok_and(|found| found);
        assert_eq!(own, !terms(normal, &one).is_empty());
    }
    match content % 10 {
        0 => compare::<0>(normal, one, other),
        1 => compare::<1>(normal, one, other),
        2 => compare::<2>(normal, one, other),
        3 => compare::<3>(normal, one, other),
        4 => compare::<4>(normal, one, other),
        5 => compare::<5>(normal, one, other),
        6 => compare::<6>(normal, one, other),
        7 => compare::<7>(normal, one, other),
        8 => compare::<8>(normal, one, other),
        _ => compare::<9>(normal, one, other),
    }
}

fn one_text(normal: Normal, text: &String) {
    let forms = texts(normal, text);
    assert!(forms.is_sorted() && (forms.len() < 2 || normal.has_several_terms()));
    for form in &forms {
        assert!(has_its_alphabet(normal, form), "{normal:?}: {form:?}");
        // A prefix may end between two words, and a code has a sound of its own.
        let is_own = match normal {
            Normal::Prefix(_) => !form.ends_with(' '),
            Normal::Phonetic => false,
            _ => true,
        };
        if is_own {
            assert_eq!(texts(normal, form), [form.as_str()], "{normal:?}");
        }
    }
    let folded = texts(Normal::Text, text).pop().unwrap_or_default();
    let drops_apostrophes = matches!(normal, Normal::Tokens | Normal::Phonetic);
    if !drops_apostrophes {
        assert_eq!(texts(normal, &folded), forms, "{normal:?}");
    }
    let around = format!("\u{2003}\u{200b}{text}\n\u{feff} ");
    assert_eq!(texts(normal, &around), forms, "{normal:?}");
    if text.is_ascii() {
        for other in [
            text.to_ascii_uppercase(),
            text.to_ascii_lowercase(),
            wide(text),
        ] {
            assert_eq!(texts(normal, &other), forms, "{normal:?}");
        }
    }
    if normal == Normal::Phonetic {
        assert_eq!(forms.is_empty(), folded.is_empty());
    }
}

fn two_texts(normal: Normal, wanted: &String, value: &String) {
    let (asked, stored) = (texts(normal, wanted), texts(normal, value));
    let found = normal.finds(wanted, value);
    assert_eq!(found.is_err(), asked.is_empty(), "{normal:?}");
    let expected = match normal {
        _ if asked.is_empty() => return,
        Normal::Tokens => asked.iter().all(|word| stored.contains(word)),
        Normal::Prefix(_) => {
            let whole = |text| texts(Normal::Text, text).pop().unwrap_or_default();
            whole(value).starts_with(&whole(wanted))
        }
        _ => asked == stored,
    };
    assert_eq!(found, Ok(expected), "{normal:?}");
    assert!(!expected || shares_a_term(&terms(normal, wanted), &terms(normal, value)));
}

/// Values for each word, and for two fields that are found together only.
fn indexed(wanted: &str, value: &str) {
    let key = import_data_key([5; 32], KeyScope::shared(KeyUse::Index));
    let tenant = TenantId::from(1_u64);
    let content = Content::Text;
    let words = index_values_unrecorded(&key, &tenant, &[(content, value.as_bytes())]);
    // More of them than an index takes are an error, and none.
    let words: IndexSet<Words> = words.unwrap_or_default();
    let terms = texts(Normal::Tokens, &value.to_owned());
    assert_eq!(words.as_slice().len(), terms.len());
    let lookup = index_lookup_unrecorded::<Words>(&key, &tenant, &[(content, value.as_bytes())]);
    assert_eq!(lookup.is_ok(), !terms.is_empty());
    assert!(lookup.is_err() || lookup.is_ok_and(|lookup| words.as_slice().contains(&lookup)));

    let both = |one: &str, other: &str| -> IndexSet<Both> {
        let parts = [(content, one.as_bytes()), (content, other.as_bytes())];
        index_values_unrecorded(&key, &tenant, &parts).expect("texts can be indexed")
    };
    let form = |text: &str| texts(Normal::Text, &text.to_owned());
    let (one, other) = (form(wanted), form(value));
    let is_whole = !one.is_empty() && !other.is_empty();
    assert_eq!(both(wanted, value).is_empty(), !is_whole);
    assert_eq!(
        both(wanted, value) == both(value, wanted),
        !is_whole || one == other
    );
}

const PATIENT: RecordType = RecordType::new("patient");
const GIVEN: Field<String> = PATIENT.field("given", Category::Name);
const FAMILY: Field<String> = PATIENT.field("family", Category::Name);

struct Words;

impl Index for Words {
    const INFO: IndexInfo =
        IndexInfo::new(PATIENT, "words", &[IndexPart::new(&GIVEN, Normal::Tokens)]);
    type Stored = IndexSet<Self>;
}

struct Both;

impl Index for Both {
    const INFO: IndexInfo = IndexInfo::new(
        PATIENT,
        "both",
        &[
            IndexPart::new(&GIVEN, Normal::Text),
            IndexPart::new(&FAMILY, Normal::Text),
        ],
    );
    type Stored = IndexSet<Self>;
}

/// Bytes that say they are an encoding.
struct Raw<const CODE: u8>(Vec<u8>);

impl<const CODE: u8> Value for Raw<CODE> {
    const CONTENT: Content = match CODE {
        0 => Content::Null,
        1 => Content::Bytes,
        2 => Content::Text,
        3 => Content::Integer,
        4 => Content::Boolean,
        5 => Content::Date,
        6 => Content::Timestamp,
        7 => Content::Uuid,
        8 => Content::Structured,
        _ => Content::List,
    };

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(&self.0);
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Ok(Self(content.into_vec()))
    }

    fn wipe(&mut self) {
        self.0.clear();
    }
}

fn has_its_alphabet(normal: Normal, form: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    match normal {
        Normal::Digits => digits(form),
        Normal::Zip3 => form.len() == 3 && digits(form),
        Normal::UsPhone => form.len() == 10 && digits(form),
        Normal::Email => form.contains('@') && !form.contains(char::is_whitespace),
        Normal::Date | Normal::Year => {
            let unsigned = form.strip_prefix('-').unwrap_or(form);
            unsigned.split('-').all(digits)
        }
        Normal::Prefix(length) => form.chars().count() == usize::from(length),
        Normal::Tokens => !form.contains(|c: char| c.is_whitespace() || "'-’.".contains(c)),
        Normal::Phonetic => {
            form.starts_with('=') || form.bytes().all(|c| c.is_ascii_uppercase() || c == b'0')
        }
        _ => {
            !form.contains("  ")
                && form.trim() == form
                && !form.contains(|c: char| c.is_control() || c.is_ascii_uppercase())
        }
    }
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).expect("within the block"),
            c => c,
        })
        .collect()
}

fn texts(normal: Normal, text: &String) -> Vec<String> {
    terms(normal, text)
        .into_iter()
        .map(|term| String::from_utf8(term).expect("normal forms are text"))
        .collect()
}

fn terms(normal: Normal, value: &impl Value) -> Vec<Vec<u8>> {
    // Any bytes can be encoded; more words than an index takes are none.
    let terms = normal.terms_of(value).unwrap_or_default();
    terms.into_iter().map(SecretBytes::into_vec).collect()
}

fn shares_a_term(one: &[Vec<u8>], other: &[Vec<u8>]) -> bool {
    one.iter().any(|term| other.contains(term))
}
