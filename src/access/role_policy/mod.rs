//! A policy that is a table of rules.

mod rule;
mod table;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::policy::{Decision, Policy};
use super::request::Request;
use crate::context::FieldInfo;

pub use rule::Rule;

/// A table of rules: role × purpose of use × action × record type × category × labels.
///
/// Denies by default. A field is permitted when at least one [`allow`](RolePolicy::allow) rule
/// matches it and no [`deny`](RolePolicy::deny) rule does; the order of the rules does not
/// matter, except for which reason code is recorded. Several rules may together permit the fields
/// of one request. What a rule matches is said at [`Rule`].
///
/// A role says what somebody may do with *any* patient of the tenant. It does not say which
/// patients are theirs: where care relations decide, write a [`Policy`] that asks for the
/// relation first and then this table (45 CFR 164.502(b), minimum necessary).
///
/// The reason codes in the audit trail:
///
/// | code | meaning |
/// |---|---|
/// | the rule's [`reason`](Rule::reason), else its role, else `anyone` | permitted; the first rule of the table that permitted a field of the request |
/// | the deny rule's [`reason`](Rule::reason), else `denied-by-rule` | refused, and a deny rule matched a field of the request |
/// | `label-not-covered` | refused; a rule matched but for a sensitivity label |
/// | `no-rule` | refused; no rule matched |
///
/// A request has one reason for its permitted fields and one for its refused ones.
///
/// [`Display`](fmt::Display) prints the table as Markdown, for whoever has to approve it.
///
/// # Example
///
/// ```
/// use phi_seal::{ActionKind, Category, Label, Labels, Policy, Purpose, RolePolicy, Rule};
///
/// let care = [Purpose::Treatment, Purpose::EmergencyTreatment];
/// let policy = RolePolicy::new("2026-11-21")
///     .allow(Rule::role("physician", &care).reason("treatment-team"))
///     .allow(
///         Rule::role("physician", &[Purpose::BreakGlass])
///             .actions(&[ActionKind::Open])
///             .labels(Labels::ALL)
///             .reason("break-glass"),
///     )
///     .allow(
///         Rule::role("billing-clerk", &[Purpose::Payment])
///             .actions(&[ActionKind::Open])
///             .record_types(&["patient"])
///             .categories(&[Category::Name, Category::Address, Category::AccountNumber]),
///     )
///     .deny(Rule::anyone(Purpose::ALL).labels(Labels::NONE.with(Label::Psychotherapy)));
///
/// assert_eq!(policy.version(), "2026-11-21");
/// assert!(policy.to_string().contains("| allow | billing-clerk | HPAYMT | open | patient |"));
/// ```
#[derive(Clone)]
pub struct RolePolicy {
    version: String,
    allows: Vec<Rule>,
    denies: Vec<Rule>,
}

impl RolePolicy {
    /// A policy that denies everything, with a version for the audit trail: at most 64 bytes,
    /// such as a date or a commit. Longer ones are recorded cut off.
    pub fn new(version: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            allows: Vec::new(),
            denies: Vec::new(),
        }
    }

    /// Permits what `rule` matches, unless a deny rule matches it too.
    #[must_use]
    pub fn allow(mut self, rule: Rule) -> Self {
        self.allows.push(rule);
        self
    }

    /// Denies what `rule` matches, whatever the other rules say.
    #[must_use]
    pub fn deny(mut self, rule: Rule) -> Self {
        self.denies.push(rule);
        self
    }

    /// Judges up to 64 fields, a bit each.
    fn judge<'p>(&'p self, request: &Request<'_>, fields: &[FieldInfo], tally: &mut Tally<'p>) {
        let mut undecided = bits(fields, |field| field.record_type() == request.record_type());
        for rule in self.denies.iter().filter(|rule| rule.may_deny(request)) {
            let denied = bits(fields, |field| rule.denies(field));
            if denied != 0 {
                undecided &= !denied;
                tally.denied_by.get_or_insert(rule);
            }
        }
        let mut permitted = 0;
        for rule in &self.allows {
            if undecided == 0 {
                break;
            }
            if !rule.may_allow(request) {
                continue;
            }
            let reached = undecided & bits(fields, |field| rule.reaches(field));
            let granted = reached & bits(fields, |field| rule.covers_labels(field));
            tally.label_missing |= granted != reached;
            if granted != 0 {
                undecided &= !granted;
                permitted |= granted;
                tally.permitted_by.get_or_insert(rule);
            }
        }
        tally.count(permitted, fields.len());
    }
}

impl Policy for RolePolicy {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        let mut tally = Tally::default();
        for fields in request.fields().chunks(64) {
            self.judge(request, fields, &mut tally);
        }
        tally.decide()
    }

    fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Debug for RolePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RolePolicy")
            .field("version", &self.version)
            .field("allows", &self.allows.len())
            .field("denies", &self.denies.len())
            .finish_non_exhaustive()
    }
}

/// What is known of a request so far.
#[derive(Default)]
struct Tally<'p> {
    judged: usize,
    /// Empty as long as every judged field is permitted, so that the usual case allocates nothing.
    permitted: Vec<bool>,
    permitted_by: Option<&'p Rule>,
    denied_by: Option<&'p Rule>,
    label_missing: bool,
}

impl Tally<'_> {
    fn count(&mut self, permitted: u64, fields: usize) {
        let is_permitted = |at: usize| permitted >> at & 1 != 0;
        if !self.permitted.is_empty() || !(0..fields).all(is_permitted) {
            self.permitted.resize(self.judged, true);
            self.permitted.extend((0..fields).map(is_permitted));
        }
        self.judged += fields;
    }

    fn decide(self) -> Decision {
        let refusal = match self.denied_by {
            Some(rule) => rule.deny_code(),
            None if self.label_missing => "label-not-covered".into(),
            None => "no-rule".into(),
        };
        match self.permitted_by {
            Some(rule) if self.permitted.is_empty() => Decision::permit(rule.permit_code()),
            Some(rule) => {
                Decision::permit_only(rule.permit_code(), self.permitted).refusing(refusal)
            }
            None => Decision::deny(refusal),
        }
    }
}

/// A bit for each field, from the lowest, set where `test` holds.
#[inline]
fn bits(fields: &[FieldInfo], test: impl Fn(&FieldInfo) -> bool) -> u64 {
    fields
        .iter()
        .enumerate()
        .fold(0, |bits, (at, field)| bits | u64::from(test(field)) << at)
}
