//! The table as Markdown.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::RolePolicy;
use super::rule::{Rule, action_bit, category_bit, purpose_bit};
use crate::access::{ActionKind, Purpose};
use crate::category::{Category, Labels};

/// A Markdown table with one line for each rule, deny rules first.
impl fmt::Display for RolePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Policy version {}.\n", cell(&self.version))?;
        writeln!(
            f,
            "| effect | role | purposes | actions | record types | categories | labels | reason |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for rule in &self.denies {
            let labels = rule.labels.map_or_else(any, list_labels);
            write_row(f, "deny", rule, rule.actions, &labels, &rule.deny_code())?;
        }
        for rule in &self.allows {
            let labels = list_labels(rule.labels.unwrap_or_default());
            let actions = Some(rule.allowed_actions());
            write_row(f, "allow", rule, actions, &labels, &rule.permit_code())?;
        }
        writeln!(f, "\nEverything else is denied.")
    }
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    effect: &str,
    rule: &Rule,
    actions: Option<u32>,
    labels: &str,
    reason: &str,
) -> fmt::Result {
    let role = rule.role.as_deref().map_or_else(|| "anyone".into(), cell);
    let purposes = list(Purpose::ALL, Some(rule.purposes), purpose_bit, |purpose| {
        purpose.code().into()
    });
    let actions = list(ActionKind::ALL, actions, action_bit, |action| {
        action.code().into()
    });
    let record_types = rule.record_types.as_ref().map_or_else(any, |names| {
        join(names.iter().map(|name| cell(name)).collect())
    });
    let categories = list(Category::ALL, rule.categories, category_bit, |category| {
        alloc::format!("{category:?}")
    });
    let reason = cell(reason);
    writeln!(
        f,
        "| {effect} | {role} | {purposes} | {actions} | {record_types} | {categories} | {labels} | {reason} |"
    )
}

/// The names in a set; `any` if it is not set or complete.
fn list<T: Copy>(
    all: &[T],
    set: Option<u32>,
    bit: impl Fn(T) -> u32,
    name: impl Fn(T) -> String,
) -> String {
    let is_in = |item: &T| set.is_none_or(|set| set & bit(*item) != 0);
    if all.iter().all(is_in) {
        return any();
    }
    let members = all.iter().copied().filter(is_in);
    join(members.map(name).collect())
}

fn list_labels(labels: Labels) -> String {
    if labels == Labels::ALL {
        return any();
    }
    join(
        labels
            .iter()
            .map(|label| alloc::format!("{label:?}"))
            .collect(),
    )
}

fn any() -> String {
    "any".to_string()
}

fn join(names: Vec<String>) -> String {
    if names.is_empty() {
        "none".to_string()
    } else {
        names.join(", ")
    }
}

/// Text from the application, kept within its cell.
fn cell(text: &str) -> String {
    text.escape_debug().to_string().replace('|', "\\|")
}
