//! 100,000 people who do not exist: what is true of them, in plain.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rphonetic::{DoubleMetaphone, Encoder};

use crate::names::Names;
use crate::random::Random;

pub const POPULATION: usize = 100_000;

pub struct Person {
    pub id: i64,
    pub family: String,
    pub given: String,
    pub ssn: String,
    /// Days since 1970.
    pub born: i32,
}

/// The same ones in every run.
pub fn everybody() -> &'static [Person] {
    static EVERYBODY: OnceLock<Vec<Person>> = OnceLock::new();
    EVERYBODY.get_or_init(|| {
        let mut random = Random::new(2026);
        let families = Names::families(&mut random);
        let given = Names::given(&mut random);
        (1..=POPULATION as u32)
            .map(|number| Person {
                id: i64::from(number),
                family: families.draw(&mut random),
                given: given.draw(&mut random),
                ssn: ssn(number),
                born: FIRST_BIRTHDAY + i32::try_from(random.below(BIRTHDAYS)).unwrap(),
            })
            .collect()
    })
}

/// 1925-01-01, and 100 years.
const FIRST_BIRTHDAY: i32 = -16_436;
const BIRTHDAYS: usize = 36_525;

/// Each number has another: the factor is neither even nor divisible by 5. Of the areas 900 to
/// 999, which are never issued.
fn ssn(number: u32) -> String {
    let digits = u64::from(number) * 61_803_399 % 100_000_000;
    let (area, rest) = (900 + digits / 1_000_000, digits % 1_000_000);
    format!("{area}-{:02}-{:04}", rest / 10_000, rest % 10_000)
}

/// Who would be found by each thing that one can ask for, by another way than the library's.
pub type Truth<Q> = BTreeMap<Q, Vec<i64>>;

pub fn by_ssn() -> Truth<String> {
    group(|person| Some(person.ssn.replace('-', "")))
}

/// The first three letters, where there are as many.
pub fn by_prefix() -> Truth<String> {
    group(|person| person.family.to_lowercase().get(..3).map(String::from))
}

/// Double Metaphone's code, straight from its crate: of ASCII letters it needs nothing before.
pub fn by_sound() -> Truth<String> {
    let sounds = DoubleMetaphone::new(None);
    group(|person| {
        let letters: String = person.family.matches(char::is_alphabetic).collect();
        Some(sounds.encode(&letters))
    })
}

pub fn by_birth_and_family() -> Truth<(i32, String)> {
    group(|person| Some((person.born, person.family.to_lowercase())))
}

pub fn by_birth() -> Truth<i32> {
    group(|person| Some(person.born))
}

pub fn by_family() -> Truth<String> {
    group(|person| Some(person.family.to_lowercase()))
}

fn group<Q: Ord>(question: impl Fn(&Person) -> Option<Q>) -> Truth<Q> {
    let mut groups = Truth::new();
    for person in everybody() {
        if let Some(question) = question(person) {
            groups
                .entry(question)
                .or_insert_with(Vec::new)
                .push(person.id);
        }
    }
    groups
}

/// How many people share each.
pub fn counts<Q>(truth: &Truth<Q>) -> Vec<u64> {
    truth.values().map(|ids| ids.len() as u64).collect()
}

/// Some questions with their true answers: the ten with the most, the ten with the fewest, and
/// others evenly between.
pub fn sample<Q: Ord>(truth: &Truth<Q>, count: usize) -> Vec<(&Q, &[i64])> {
    let mut all: Vec<_> = truth.iter().map(|(q, ids)| (q, &ids[..])).collect();
    all.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    let ends = 10;
    let between = count - 2 * ends;
    let mut sample = all[..ends].to_vec();
    sample.extend((0..between).map(|at| all[ends + at * (all.len() - 2 * ends) / between]));
    sample.extend(&all[all.len() - ends..]);
    sample
}
