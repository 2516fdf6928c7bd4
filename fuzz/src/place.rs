//! A context as the fuzzer chooses it.

use phi_seal::codec::Value;
use phi_seal::{Category, Error, ErrorKind, Field, RecordId, RecordRef, RecordType};
use phi_seal::{SubjectId, TenantId};

use super::input::Input;

/// Names that look like each other's beginnings, ends and concatenations. They are constants of
/// an application, so the fuzzer may choose among them, not make up its own.
const NAMES: &[&str] = &[
    "a",
    "A",
    "b",
    "ab",
    "ba",
    "a.b",
    "a-b",
    "a_b",
    "patient",
    "Patient",
    "patient.name",
    "name",
    "names",
    "ssn",
    "x1",
    "x10",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
];

/// Everything that makes two contexts different, and nothing else: no subject is for record types
/// declared subjectless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) tenant: String,
    pub(super) subject: Option<String>,
    pub(super) record_type: &'static str,
    pub(super) record_id: String,
    pub(super) field: &'static str,
    pub(super) binding: Vec<u8>,
}

impl Place {
    pub(super) fn read(input: &mut Input<'_>) -> Self {
        Self {
            record_type: input.choice(NAMES),
            field: input.choice(NAMES),
            tenant: input.text(),
            subject: Self::read_subject(input),
            record_id: input.text(),
            binding: input.part().to_vec(),
        }
    }

    /// The parts whose bits are set in `which` are read anew.
    pub(super) fn change(&mut self, which: u8, input: &mut Input<'_>) {
        let is_set = |bit: u8| which >> bit & 1 == 1;
        if is_set(0) {
            self.tenant = input.text();
        }
        if is_set(1) {
            self.subject = Self::read_subject(input);
        }
        if is_set(2) {
            self.record_type = input.choice(NAMES);
        }
        if is_set(3) {
            self.record_id = input.text();
        }
        if is_set(4) {
            self.field = input.choice(NAMES);
        }
        if is_set(5) {
            self.binding = input.part().to_vec();
        }
    }

    /// Cuts `text` at three places, in whatever order they come, into tenant, subject, record id
    /// and binding.
    pub(super) fn cut(text: &str, input: &mut Input<'_>) -> Self {
        let (record_type, field) = (input.choice(NAMES), input.choice(NAMES));
        let has_subject = input.byte() & 1 == 0;
        let mut cuts = [(); 3].map(|()| {
            let wanted = usize::from(input.byte()) % (text.len() + 1);
            (0..=wanted)
                .rev()
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or_default()
        });
        cuts.sort_unstable();
        let [first, second, third] = cuts;
        Self {
            record_type,
            field,
            tenant: text[..first].into(),
            subject: has_subject.then(|| text[first..second].into()),
            record_id: text[second..third].into(),
            binding: text.as_bytes()[third..].to_vec(),
        }
    }

    /// Two places that are alike once their ids are joined with `separator`: at the boundary
    /// `which`, it is part of the id before in one, and of the id behind in the other.
    pub(super) fn separated(self, separator: &str, which: u8) -> (Self, Self) {
        let (mut one, mut other) = (self.clone(), self);
        let middle = "m";
        match (which % 3, &mut one.subject, &mut other.subject) {
            (0, Some(_), Some(subject)) => {
                one.tenant = [&one.tenant, separator, middle].concat();
                *subject = [middle, separator, subject].concat();
            }
            (1, Some(subject), Some(_)) => {
                *subject = [subject, separator, middle].concat();
                other.record_id = [middle, separator, &other.record_id].concat();
            }
            _ => {
                one.record_id = [&one.record_id, separator, middle].concat();
                let middle = [middle.as_bytes(), separator.as_bytes()].concat();
                other.binding.splice(0..0, middle);
            }
        }
        (one, other)
    }

    /// The ids, or nothing if the crate refuses one, which it must exactly when its length is not
    /// 1 to 1024 bytes.
    pub(super) fn ids(&self) -> Option<Ids<'_>> {
        let tenant = checked(&self.tenant, TenantId::new(self.tenant.as_str()))?;
        let record_id = checked(&self.record_id, RecordId::new(self.record_id.as_str()))?;
        let subject = match &self.subject {
            Some(subject) => Some(checked(subject, SubjectId::new(subject.as_str()))?),
            None => None,
        };
        Some(Ids {
            tenant,
            subject,
            record_id,
            binding: &self.binding,
        })
    }

    /// The field of a record type that has a subject exactly when this place has one.
    pub(super) fn field<T: Value>(&self) -> Field<T> {
        let record_type = RecordType::new(self.record_type);
        match self.subject {
            Some(_) => record_type,
            None => record_type.subjectless(),
        }
        .field(self.field, Category::Clinical)
    }

    fn read_subject(input: &mut Input<'_>) -> Option<String> {
        let has_subject = input.byte() & 1 == 0;
        has_subject.then(|| input.text())
    }
}

/// The validated ids of a [`Place`].
pub(super) struct Ids<'a> {
    pub(super) tenant: TenantId<'a>,
    subject: Option<SubjectId<'a>>,
    record_id: RecordId<'a>,
    binding: &'a [u8],
}

impl Ids<'_> {
    pub(super) fn row(&self) -> RecordRef<'_> {
        match &self.subject {
            Some(subject) => RecordRef::new(&self.record_id, subject),
            None => RecordRef::subjectless(&self.record_id),
        }
        .binding(self.binding)
    }
}

fn checked<T>(text: &str, id: Result<T, Error>) -> Option<T> {
    assert_eq!(id.is_ok(), (1..=1024).contains(&text.len()));
    id.inspect_err(|error| assert_eq!(error.kind(), ErrorKind::InvalidInput))
        .ok()
}
