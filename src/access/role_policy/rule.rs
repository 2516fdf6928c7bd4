//! One rule of the table.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::access::{ActionKind, Purpose, Request};
use crate::category::{Category, Labels};
use crate::context::FieldInfo;

/// One rule of a [`RolePolicy`](super::RolePolicy).
///
/// It matches a field when the actor bears the role, the purpose of use is listed, and every
/// further dimension matches. A dimension that was not set matches anything. A list that was set
/// matches what it lists, so an empty one matches nothing; setting it again adds to it.
///
/// **Actions differ** in rules that allow: without [`actions`](Rule::actions) they allow sealing
/// and opening, and no other action, of later versions neither.
///
/// **Labels differ**, because what law protects beyond other PHI must be named to be shown:
///
/// - to *allow* a field, the rule lists all the field's labels; without
///   [`labels`](Rule::labels) it reaches unlabelled fields only;
/// - to *deny* a field, the rule lists one of its labels at least; without
///   [`labels`](Rule::labels) it reaches every field.
///
/// Purposes are asked for by the constructor and never implied: they are the lever for the
/// minimum necessary (45 CFR 164.502(b)).
///
/// # Example
///
/// ```
/// use phi_seal::{ActionKind, Category, Purpose, Rule};
///
/// let rule = Rule::role("receptionist", &[Purpose::Operations])
///     .actions(&[ActionKind::Open, ActionKind::Seal])
///     .record_types(&["patient"])
///     .categories(&[Category::Name, Category::Phone])
///     .reason("front-desk");
/// assert!(format!("{rule:?}").starts_with("Rule"));
/// ```
#[derive(Clone)]
pub struct Rule {
    pub(super) role: Option<Cow<'static, str>>,
    pub(super) purposes: u32,
    pub(super) actions: Option<u32>,
    pub(super) record_types: Option<Vec<Box<str>>>,
    pub(super) categories: Option<u32>,
    pub(super) labels: Option<Labels>,
    pub(super) reason: Option<Cow<'static, str>>,
}

impl Rule {
    /// Actors who bear `role`, for one of these purposes.
    ///
    /// Role names are compared exactly. A role that no admitted actor can bear, because it is not
    /// 1 to 64 ASCII letters, digits, `-`, `_` or `.`, matches nobody.
    pub fn role(role: impl Into<Cow<'static, str>>, purposes: &[Purpose]) -> Self {
        Self {
            role: Some(role.into()),
            ..Self::anyone(purposes)
        }
    }

    /// Every actor, also one without any role, for one of these purposes.
    ///
    /// Meant for [`deny`](super::RolePolicy::deny), where a list of roles would miss the role
    /// that is added next year.
    pub fn anyone(purposes: &[Purpose]) -> Self {
        Self {
            role: None,
            purposes: bits_of(purposes, purpose_bit),
            actions: None,
            record_types: None,
            categories: None,
            labels: None,
            reason: None,
        }
    }

    /// These actions only.
    #[must_use]
    pub fn actions(mut self, actions: &[ActionKind]) -> Self {
        self.actions = Some(self.actions.unwrap_or(0) | bits_of(actions, action_bit));
        self
    }

    /// Records of these types only, by [`RecordType::name`](crate::RecordType::name).
    #[must_use]
    pub fn record_types(mut self, names: &[impl AsRef<str>]) -> Self {
        let names = names.iter().map(|name| Box::from(name.as_ref()));
        self.record_types.get_or_insert_with(Vec::new).extend(names);
        self
    }

    /// Fields of these categories only.
    #[must_use]
    pub fn categories(mut self, categories: &[Category]) -> Self {
        self.categories = Some(self.categories.unwrap_or(0) | bits_of(categories, category_bit));
        self
    }

    /// Fields with these labels: of an allow rule, with no others; of a deny rule, with any of
    /// them.
    #[must_use]
    pub fn labels(mut self, labels: Labels) -> Self {
        self.labels = Some(self.labels.unwrap_or_default().union(labels));
        self
    }

    /// The reason code recorded when this rule decides, instead of the role's name.
    ///
    /// 1 to 64 ASCII letters, digits, `-`, `_` or `.`, starting with a letter; anything else is
    /// recorded as `invalid-reason`.
    #[must_use]
    pub fn reason(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.reason = Some(code.into());
        self
    }

    /// Whether, as an allow rule, all but category and labels matches.
    pub(super) fn may_allow(&self, request: &Request<'_>) -> bool {
        self.allowed_actions() & action_bit(request.action()) != 0 && self.applies_to(request)
    }

    /// Whether, as a deny rule, all but category and labels matches.
    pub(super) fn may_deny(&self, request: &Request<'_>) -> bool {
        contains(self.actions, action_bit(request.action())) && self.applies_to(request)
    }

    /// The actions of an allow rule: an action that a later version adds is allowed by no rule
    /// that was written before.
    pub(super) fn allowed_actions(&self) -> u32 {
        self.actions
            .unwrap_or(action_bit(ActionKind::Seal) | action_bit(ActionKind::Open))
    }

    /// Whether purpose, role and record type match. Cheap tests come first.
    fn applies_to(&self, request: &Request<'_>) -> bool {
        let record_type = request.record_type().name();
        self.purposes & purpose_bit(request.access().purpose()) != 0
            && self
                .role
                .as_deref()
                .is_none_or(|role| request.access().actor().has_role(role))
            && self
                .record_types
                .as_deref()
                .is_none_or(|names| names.iter().any(|name| **name == *record_type))
    }

    /// Whether the category matches.
    pub(super) fn reaches(&self, field: &FieldInfo) -> bool {
        contains(self.categories, category_bit(field.category()))
    }

    /// Whether, as an allow rule, it names every label of the field.
    pub(super) fn covers_labels(&self, field: &FieldInfo) -> bool {
        self.labels.unwrap_or_default().contains_all(field.labels())
    }

    /// Whether, as a deny rule, it matches by category and labels.
    pub(super) fn denies(&self, field: &FieldInfo) -> bool {
        self.reaches(field)
            && self
                .labels
                .is_none_or(|labels| labels.intersects(field.labels()))
    }

    pub(super) fn permit_code(&self) -> Cow<'static, str> {
        let code = self.reason.as_ref().or(self.role.as_ref());
        code.cloned().unwrap_or(Cow::Borrowed("anyone"))
    }

    pub(super) fn deny_code(&self) -> Cow<'static, str> {
        let code = self.reason.as_ref();
        code.cloned().unwrap_or(Cow::Borrowed("denied-by-rule"))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

pub(super) const fn purpose_bit(purpose: Purpose) -> u32 {
    1 << purpose as u32
}

pub(super) const fn action_bit(action: ActionKind) -> u32 {
    1 << action as u32
}

pub(super) const fn category_bit(category: Category) -> u32 {
    1 << category as u32
}

fn bits_of<T: Copy>(items: &[T], bit: impl Fn(T) -> u32) -> u32 {
    items.iter().fold(0, |set, item| set | bit(*item))
}

fn contains(set: Option<u32>, bit: u32) -> bool {
    set.is_none_or(|set| set & bit != 0)
}
