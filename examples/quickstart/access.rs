//! Who may do what, and who is here.

use std::time::SystemTime;

use phi_seal::{
    Access, ActionKind, Actor, Category, Error, Labels, Purpose, RolePolicy, Rule, TenantId,
};

/// Denies by default. A rule reaches fields that bear a label only if it names the label.
pub(crate) fn role_policy() -> RolePolicy {
    RolePolicy::new("2026-11-21")
        .allow(
            Rule::role("intake", &[Purpose::Operations])
                .actions(&[ActionKind::Seal])
                .labels(Labels::ALL),
        )
        .allow(
            Rule::role("physician", &[Purpose::Treatment])
                .actions(&[ActionKind::Open])
                .reason("care-team"),
        )
        .allow(
            Rule::role("physician", &[Purpose::BreakGlass])
                .actions(&[ActionKind::Open])
                .labels(Labels::ALL)
                .reason("break-glass"),
        )
        .allow(
            Rule::role("billing-clerk", &[Purpose::Payment])
                .actions(&[ActionKind::Open])
                .categories(&[Category::Name, Category::Address, Category::Date])
                .reason("billing"),
        )
}

/// What the application vouches for: it has authenticated the person, the vault has not.
pub(crate) fn access(id: &str, role: &str, purpose: Purpose) -> Result<Access, Error> {
    let tenant = TenantId::new("lakeview-demo-hospital")?;
    let access = Access::new(tenant, Actor::new(id)?.role(role), purpose);
    Ok(access
        .source_ip([203, 0, 113, 9].into())
        .mfa(SystemTime::now()))
}

/// A policy prints itself as a Markdown table, for review by people who read no Rust.
pub(crate) fn policy_table(policy: &RolePolicy) -> Vec<Vec<String>> {
    let markdown = policy.to_string();
    let rows = markdown.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().into()).collect()
    })
    .collect()
}
