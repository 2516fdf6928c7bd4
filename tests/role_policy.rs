//! `RolePolicy` against a table of cases, five refusals for each permission, and a naive model.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::SystemTime;

use phi_seal::{
    Access, ActionKind, Actor, Category, Decision, Field, FieldInfo, Label, Labels, Policy,
    Purpose, RecordId, RecordRef, RecordType, Request, RolePolicy, Rule, SubjectId, TenantId,
};
use proptest::prelude::*;

const PATIENT: RecordType = RecordType::new("patient");
const VISIT: RecordType = RecordType::new("visit");
const NAME: FieldInfo = text(PATIENT, "name", Category::Name).info();
const ADDRESS: FieldInfo = text(PATIENT, "address", Category::Address).info();
const SSN: FieldInfo = text(PATIENT, "ssn", Category::Ssn).info();
const NOTE: FieldInfo = text(VISIT, "note", Category::Clinical).info();
const HIV: FieldInfo = clinical("hiv").label(Label::Hiv).info();
const HIV_VIP: FieldInfo = clinical("hiv_vip")
    .label(Label::Hiv)
    .label(Label::Vip)
    .info();
const THERAPY: FieldInfo = clinical("therapy").label(Label::Psychotherapy).info();

const fn text(of: RecordType, name: &'static str, category: Category) -> Field<String> {
    of.field(name, category)
}

const fn clinical(name: &'static str) -> Field<String> {
    text(VISIT, name, Category::Clinical)
}

use ActionKind::{Open, Rebind, Seal};
use Purpose::{BreakGlass, Marketing, Operations, Payment, Research, Treatment};

fn policy() -> RolePolicy {
    RolePolicy::new("2026-11-21")
        .allow(Rule::role("physician", &[Treatment]).reason("treatment-team"))
        .allow(
            Rule::role("physician", &[BreakGlass])
                .actions(&[Open])
                .labels(Labels::ALL)
                .reason("break-glass"),
        )
        .allow(
            Rule::role("hiv-clinic", &[Treatment])
                .categories(&[Category::Clinical])
                .labels(Labels::NONE.with(Label::Hiv)),
        )
        .allow(
            Rule::role("clerk", &[Payment])
                .actions(&[Open])
                .record_types(&["patient"])
                .categories(&[Category::Name])
                .categories(&[Category::Address]),
        )
        .allow(Rule::role("therapist", &[Treatment]).labels(Labels::ALL))
        .deny(
            Rule::role("student", Purpose::ALL)
                .categories(&[Category::Ssn])
                .reason("student-ssn"),
        )
        .deny(Rule::anyone(&[BreakGlass]).labels(Labels::NONE.with(Label::Psychotherapy)))
}

fn ask(
    policy: &RolePolicy,
    roles: &[&str],
    purpose: Purpose,
    action: ActionKind,
    fields: &[FieldInfo],
) -> Decision {
    let record_type = fields.first().map_or(PATIENT, FieldInfo::record_type);
    let actor = roles
        .iter()
        .fold(Actor::new("a-1").unwrap(), |actor, role| actor.role(*role));
    let access = Access::new(TenantId::new("t").unwrap(), actor, purpose).reason("because");
    let (id, subject) = (RecordId::from(1_u64), SubjectId::new("p-1").unwrap());
    let record = RecordRef::new(&id, &subject);
    let now = SystemTime::UNIX_EPOCH;
    policy.authorize(&Request::new(
        &access,
        action,
        record_type,
        record,
        fields,
        now,
    ))
}

#[test]
fn the_table_permits_what_it_lists_and_nothing_else() {
    type Case<'a> = (
        &'a [&'a str],
        Purpose,
        ActionKind,
        &'a [FieldInfo],
        Decision,
    );
    let deny = || Decision::deny("no-rule");
    let label = || Decision::deny("label-not-covered");
    let team = || Decision::permit("treatment-team");
    let glass = || Decision::permit("break-glass");
    let ruled = || Decision::deny("denied-by-rule");
    let student = || Decision::deny("student-ssn");
    let cases: &[Case<'_>] = &[
        // A role for a purpose.
        (&["physician"], Treatment, Open, &[NAME, SSN], team()),
        (&[], Treatment, Open, &[NAME, SSN], deny()),
        (&["nurse"], Treatment, Open, &[NAME], deny()),
        (&["Physician"], Treatment, Open, &[NAME], deny()),
        (&["physician "], Treatment, Open, &[NAME], deny()),
        (&["physicia"], Treatment, Open, &[NAME], deny()),
        (&["physician"], Payment, Open, &[NAME], deny()),
        (&["physician"], Research, Open, &[NAME], deny()),
        (&["physician"], Treatment, Open, &[], deny()),
        // An unset label dimension reaches unlabelled fields only.
        (&["physician"], Treatment, Seal, &[NOTE], team()),
        (&["physician"], Treatment, Seal, &[HIV], label()),
        (&["physician"], Treatment, Open, &[HIV], label()),
        (&["physician"], Treatment, Seal, &[HIV_VIP], label()),
        // An unset action dimension allows to seal and to open only.
        (&["physician"], Treatment, Rebind, &[NOTE], deny()),
        (
            &["physician"],
            Treatment,
            ActionKind::Admit,
            &[NOTE],
            deny(),
        ),
        (&["physician"], Treatment, Open, &[THERAPY], label()),
        (&["physician"], Research, Open, &[HIV], deny()),
        // All labels at once, but one purpose and one action.
        (&["physician"], BreakGlass, Open, &[HIV_VIP, NOTE], glass()),
        (&["physician"], BreakGlass, Seal, &[HIV_VIP], deny()),
        (&["physician"], BreakGlass, Rebind, &[NOTE], deny()),
        (&["nurse"], BreakGlass, Open, &[HIV_VIP], deny()),
        (&["physician"], BreakGlass, Open, &[THERAPY], ruled()),
        (&["therapist"], BreakGlass, Open, &[THERAPY], ruled()),
        (&[], BreakGlass, Open, &[THERAPY], ruled()),
        // One label; the role is the reason.
        (
            &["hiv-clinic"],
            Treatment,
            Open,
            &[HIV, NOTE],
            Decision::permit("hiv-clinic"),
        ),
        (&["hiv-clinic"], Treatment, Open, &[HIV_VIP], label()),
        (&["hiv-clinic"], Treatment, Open, &[THERAPY], label()),
        (&["hiv-clinic"], Treatment, Open, &[NAME], deny()),
        (&["hiv-clinic"], Operations, Open, &[HIV], deny()),
        (&["physician", "clerk"], Treatment, Open, &[HIV], label()),
        // Every dimension at once.
        (
            &["clerk"],
            Payment,
            Open,
            &[NAME, ADDRESS],
            Decision::permit("clerk"),
        ),
        (&["clerk"], Payment, Seal, &[NAME], deny()),
        (&["clerk"], Payment, Open, &[SSN], deny()),
        (&["clerk"], Payment, Open, &[NOTE], deny()),
        (&["clerk"], Treatment, Open, &[NAME], deny()),
        (&["clerk"], Marketing, Open, &[ADDRESS], deny()),
        // A deny rule wins over an allow rule, and over another role.
        (&["physician", "student"], Treatment, Open, &[NAME], team()),
        (
            &["physician", "student"],
            Treatment,
            Open,
            &[SSN],
            student(),
        ),
        (
            &["student", "physician"],
            Treatment,
            Seal,
            &[SSN],
            student(),
        ),
        (
            &["physician", "student"],
            BreakGlass,
            Open,
            &[SSN],
            student(),
        ),
        (
            &["student", "therapist"],
            Treatment,
            Open,
            &[SSN],
            student(),
        ),
        (&["student"], Treatment, Open, &[NAME], deny()),
        // In part.
        (
            &["clerk"],
            Payment,
            Open,
            &[SSN, NAME],
            Decision::permit_only("clerk", vec![false, true]).refusing("no-rule"),
        ),
        (
            &["physician", "hiv-clinic"],
            Treatment,
            Open,
            &[NOTE, HIV, HIV_VIP],
            Decision::permit_only("treatment-team", vec![true, true, false])
                .refusing("label-not-covered"),
        ),
        (
            &["physician", "student"],
            Treatment,
            Open,
            &[NAME, SSN],
            Decision::permit_only("treatment-team", vec![true, false]).refusing("student-ssn"),
        ),
        // Two rules cover a request together.
        (
            &["physician", "hiv-clinic"],
            Treatment,
            Open,
            &[NOTE, HIV],
            team(),
        ),
    ];
    let policy = policy();
    for (at, (roles, purpose, action, fields, expected)) in cases.iter().enumerate() {
        let decision = ask(&policy, roles, *purpose, *action, fields);
        assert_eq!(&decision, expected, "case {at}");
    }
}

#[test]
fn one_dimension_that_differs_is_enough_to_deny() {
    let exact = Rule::role("clerk", &[Payment])
        .actions(&[Open])
        .record_types(&["patient"])
        .categories(&[Category::Name])
        .labels(Labels::NONE.with(Label::Vip));
    let allowing = RolePolicy::new("").allow(exact.clone());
    let denying = RolePolicy::new("")
        .allow(Rule::anyone(Purpose::ALL).labels(Labels::ALL))
        .deny(exact);
    for differs in 0_u32..64 {
        let pick = |bit: u32| usize::from(differs >> bit & 1 != 0);
        let of = [PATIENT, VISIT][pick(0)];
        let category = [Category::Name, Category::Phone][pick(1)];
        let label = [Label::Vip, Label::Minor][pick(2)];
        let fields = [text(of, "name", category).label(label).info()];
        let role = [["clerk"], ["nurse"]][pick(3)];
        let purpose = [Payment, Operations][pick(4)];
        let action = [Open, Seal][pick(5)];
        let is_permitted = |policy| ask(policy, &role, purpose, action, &fields).permits(0);
        assert_eq!(is_permitted(&allowing), differs == 0, "{differs:06b}");
        assert_eq!(is_permitted(&denying), differs != 0, "{differs:06b}");
    }
}

#[test]
fn an_empty_policy_denies_and_an_empty_list_matches_nothing() {
    let none: [&str; 0] = [];
    let of = |rule| RolePolicy::new("").allow(rule);
    let policies = [
        RolePolicy::new(""),
        of(Rule::role("physician", &[])),
        of(Rule::role("physician", Purpose::ALL).actions(&[])),
        of(Rule::role("physician", Purpose::ALL).categories(&[])),
        of(Rule::role("physician", Purpose::ALL).record_types(&none)),
        of(Rule::role("", Purpose::ALL)),
    ];
    for policy in policies {
        let decision = ask(&policy, &["physician"], Treatment, Open, &[NAME]);
        assert_eq!(decision, Decision::deny("no-rule"), "{policy}");
    }
}

#[test]
fn a_field_of_another_record_type_is_never_permitted() {
    let policy = RolePolicy::new("").allow(Rule::anyone(Purpose::ALL).labels(Labels::ALL));
    let decision = ask(&policy, &[], Treatment, Open, &[NAME, NOTE]);
    assert!(decision.permits(0) && !decision.permits(1) && !decision.permits(2));
    assert_eq!(decision.reason(0), "anyone");
}

#[test]
fn long_requests_are_judged_to_the_last_field() {
    let policy = RolePolicy::new("").allow(Rule::role("r", &[Treatment]));
    for (denied_at, len) in [(0, 200), (63, 64), (64, 65), (127, 129), (199, 200)] {
        let mut fields = vec![NOTE; len];
        assert!(ask(&policy, &["r"], Treatment, Open, &fields).permits(len));
        fields[denied_at] = HIV;
        let decision = ask(&policy, &["r"], Treatment, Open, &fields);
        for at in 0..len + 64 {
            assert_eq!(decision.permits(at), at < len && at != denied_at, "{at}");
        }
    }
}

#[test]
fn a_reason_that_is_no_code_is_not_recorded() {
    let policy = RolePolicy::new("").allow(Rule::anyone(&[Treatment]).reason("Ada is unwell"));
    let decision = ask(&policy, &[], Treatment, Open, &[NAME]);
    assert_eq!(decision.reason(0), "invalid-reason");
}

#[test]
fn the_printed_table_shows_every_rule_in_its_cells() {
    let odd = Rule::role("a|b\nc", Purpose::ALL).actions(&[]);
    let table = policy().allow(odd).to_string();
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert_eq!(rows.len(), 1 + 8, "{table}");
    for row in [
        "| deny | student | any | any | any | Ssn | any | student-ssn |",
        "| deny | anyone | BTG | any | any | any | Psychotherapy | denied-by-rule |",
        "| allow | physician | TREAT | seal, open | any | any | none | treatment-team |",
        "| allow | physician | BTG | open | any | any | any | break-glass |",
        "| allow | hiv-clinic | TREAT | seal, open | any | Clinical | Hiv | hiv-clinic |",
        "| allow | clerk | HPAYMT | open | patient | Name, Address | none | clerk |",
        "| allow | a\\|b\\nc | any | none | any | any | none | a\\|b\\nc |",
    ] {
        assert!(rows.contains(&row), "{row} not in\n{table}");
    }
}

/// A rule in its plainest form.
#[derive(Clone, Debug)]
struct Plain {
    deny: bool,
    role: Option<&'static str>,
    purposes: Vec<Purpose>,
    actions: Option<Vec<ActionKind>>,
    record_types: Option<Vec<&'static str>>,
    categories: Option<Vec<Category>>,
    labels: Option<Vec<Label>>,
}

impl Plain {
    fn rule(&self) -> Rule {
        let mut rule = match self.role {
            Some(role) => Rule::role(role, &self.purposes),
            None => Rule::anyone(&self.purposes),
        };
        if let Some(actions) = &self.actions {
            rule = rule.actions(actions);
        }
        if let Some(record_types) = &self.record_types {
            rule = rule.record_types(record_types);
        }
        if let Some(categories) = &self.categories {
            rule = rule.categories(categories);
        }
        if let Some(labels) = &self.labels {
            let labels = labels
                .iter()
                .fold(Labels::NONE, |set, label| set.with(*label));
            rule = rule.labels(labels);
        }
        rule
    }

    fn matches(&self, roles: &[&str], purpose: Purpose, action: ActionKind, f: &FieldInfo) -> bool {
        let borne: Vec<Label> = f.labels().iter().collect();
        let labels_match = match (&self.labels, self.deny) {
            (None, true) => true,
            (Some(listed), true) => borne.iter().any(|label| listed.contains(label)),
            (None, false) => borne.is_empty(),
            (Some(listed), false) => borne.iter().all(|label| listed.contains(label)),
        };
        labels_match
            && self.role.is_none_or(|role| roles.contains(&role))
            && self.purposes.contains(&purpose)
            && match (&self.actions, self.deny) {
                (Some(set), _) => set.contains(&action),
                (None, true) => true,
                (None, false) => [Open, Seal].contains(&action),
            }
            && self
                .record_types
                .as_ref()
                .is_none_or(|set| set.contains(&f.record_type().name()))
            && self
                .categories
                .as_ref()
                .is_none_or(|set| set.contains(&f.category()))
    }
}

const ROLES: [&str; 3] = ["physician", "clerk", "student"];
const PURPOSES: [Purpose; 3] = [Treatment, Payment, BreakGlass];
const ACTIONS: [ActionKind; 3] = [Open, Seal, Rebind];

fn some<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = all.len();
    proptest::sample::subsequence(all, 0..=most)
}

fn rules() -> impl Strategy<Value = Vec<Plain>> {
    let categories = vec![
        Category::Name,
        Category::Address,
        Category::Ssn,
        Category::Clinical,
    ];
    let labels = vec![Label::Hiv, Label::Vip, Label::Psychotherapy];
    let rule = (
        proptest::bool::weighted(0.2),
        proptest::option::weighted(0.9, proptest::sample::select(&ROLES[..])),
        some(PURPOSES.to_vec()),
        proptest::option::of(some(ACTIONS.to_vec())),
        proptest::option::of(some(vec!["patient", "visit"])),
        proptest::option::of(some(categories)),
        proptest::option::of(some(labels)),
    )
        .prop_map(
            |(deny, role, purposes, actions, record_types, categories, labels)| Plain {
                deny,
                role,
                purposes,
                actions,
                record_types,
                categories,
                labels,
            },
        );
    proptest::collection::vec(rule, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_a_naive_model(
        rules in rules(),
        roles in some(ROLES.to_vec()),
        purpose in proptest::sample::select(&PURPOSES[..]),
        action in proptest::sample::select(&ACTIONS[..]),
        fields in prop_oneof![
            some(vec![NAME, ADDRESS, SSN]),
            some(vec![NOTE, HIV, HIV_VIP, THERAPY]),
            proptest::collection::vec(proptest::sample::select(&[NOTE, HIV][..]), 60..70),
        ],
    ) {
        let policy = rules.iter().fold(RolePolicy::new("v"), |policy, plain| {
            if plain.deny { policy.deny(plain.rule()) } else { policy.allow(plain.rule()) }
        });
        let decision = ask(&policy, &roles, purpose, action, &fields);
        for (at, field) in fields.iter().enumerate() {
            let any = |deny: bool| rules.iter().any(|plain| {
                plain.deny == deny && plain.matches(&roles, purpose, action, field)
            });
            prop_assert_eq!(decision.permits(at), any(false) && !any(true), "field {}", at);
        }
        let permitted = (0..fields.len()).filter(|at| decision.permits(*at)).count();
        if permitted == fields.len() && permitted > 0 {
            prop_assert_eq!(decision.clone(), Decision::permit(decision.reason(0).to_string()));
        }
        if permitted == 0 {
            prop_assert_eq!(decision.clone(), Decision::deny(decision.reason(0).to_string()));
        }
    }
}
