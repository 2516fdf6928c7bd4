//! What is wrong with a record, all of it at once, in words that say what to do.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Error, Result, Type};

use crate::ast::{Member, Record, join};
use crate::index::Index;
use crate::shape::Shape;

pub(crate) fn check(record: &Record<'_>) -> Result<()> {
    let mut errors = Vec::new();
    check_record_type(record, &mut errors);
    for member in &record.members {
        if let Err(error) = check_member(member) {
            errors.push(error);
        }
    }
    check_place(record, &mut errors);
    check_names(record, &mut errors);
    check_indexes(record, &mut errors);
    if errors.is_empty() && !record.members.iter().any(Member::is_sealed) {
        errors.push(Error::new_spanned(
            record.ident,
            "nothing to seal: no field has a category",
        ));
    }
    errors.into_iter().reduce(join).map_or(Ok(()), Err)
}

fn check_record_type(record: &Record<'_>, errors: &mut Vec<Error>) {
    match &record.attrs.record {
        None => errors.push(Error::new_spanned(
            record.ident,
            "name the record type: `#[phi(record = \"patient\")]`; it is part of every envelope, \
             so renaming the struct must not change it",
        )),
        Some(name) if !is_name(&name.value()) => {
            errors.push(Error::new(name.span(), NAME_RULE));
        }
        Some(_) => {}
    }
}

fn check_member(member: &Member<'_>) -> Result<()> {
    let role = [
        (member.attrs.id, "an id"),
        (member.attrs.subject, "a subject"),
        (member.attrs.binding, "a binding"),
    ]
    .into_iter()
    .find_map(|(span, role)| Some((span?, role)));
    match (&member.attrs.category, role) {
        (Some(_), Some((span, role))) => Err(Error::new(
            span,
            format!("{role} stays in clear, so it has no category and is not sealed"),
        )),
        (Some(_), None) => check_sealed(member),
        (None, Some((span, role))) if !matches!(member.shape, Shape::Bare) => Err(Error::new(
            span,
            format!("{role} stays in clear: it cannot be a `Phi`"),
        )),
        (None, _) => check_plain(member),
    }
}

fn check_sealed(member: &Member<'_>) -> Result<()> {
    check_shape(member)?;
    match (&member.shape, member.attrs.sealed_null) {
        (Shape::Bare, _) => Err(Error::new_spanned(member.ty, wrap_it(member.ty))),
        (Shape::Phi(_), Some(span)) => Err(Error::new(
            span,
            "only an `Option<Phi<T>>` can be absent: leave `sealed_null` out",
        )),
        _ => Ok(()),
    }
}

fn check_plain(member: &Member<'_>) -> Result<()> {
    check_shape(member)?;
    if let Shape::Phi(_) | Shape::OptionPhi(_) = member.shape {
        return Err(Error::new_spanned(
            member.ty,
            "say what it is: `#[phi(category = Name)]`, `category = Clinical` and so on; the \
             policy decides by it",
        ));
    }
    let attrs = &member.attrs;
    let needs_category = [
        attrs.labels.first().map(|label| (label.span(), "label")),
        attrs.pad.map(|(span, _)| (span, "pad")),
        attrs.sealed_null.map(|span| (span, "sealed_null")),
        attrs.name.as_ref().map(|name| (name.span(), "name")),
    ];
    match needs_category.into_iter().flatten().next() {
        Some((span, key)) => Err(Error::new(
            span,
            format!("`{key}` is for sealed fields: say `category` too, or leave it out"),
        )),
        None => Ok(()),
    }
}

/// Refuses a `Phi` that the row could not hold sealed.
fn check_shape(member: &Member<'_>) -> Result<()> {
    let reason = match member.shape {
        Shape::VecPhi => {
            "write `Phi<Vec<T>>`: elements that are sealed one by one could be swapped or \
             dropped unnoticed, a list that is one value could not"
        }
        Shape::PhiOption => {
            "write `Option<Phi<T>>`; with `sealed_null` an absent value is sealed as well"
        }
        Shape::Elsewhere => {
            "`Phi` must be outermost, `Phi<T>` or `Option<Phi<T>>`, and once: put the structure \
             inside, such as `Phi<Serde<T>>`, or make it a record of its own"
        }
        Shape::Phi(_) | Shape::OptionPhi(_) | Shape::Bare => return Ok(()),
    };
    Err(Error::new_spanned(member.ty, reason))
}

fn wrap_it(ty: &Type) -> String {
    let written = quote::quote!(#ty).to_string().replace(' ', "");
    let inner = written
        .strip_prefix("Option<")
        .and_then(|rest| rest.strip_suffix('>'));
    let wrapped = match inner {
        Some(inner) => format!("Option<Phi<{inner}>>"),
        None => format!("Phi<{written}>"),
    };
    format!(
        "wrap it: `{wrapped}`; a field with a category is sealed (`Phi` is looked for by this \
         name, so an alias of it is not seen)"
    )
}

/// One id, one subject unless the record has none, at most one binding.
fn check_place(record: &Record<'_>, errors: &mut Vec<Error>) {
    let spans = |role: fn(&Member<'_>) -> Option<Span>| {
        record.members.iter().filter_map(role).collect::<Vec<_>>()
    };
    let ids = spans(|member| member.attrs.id);
    let subjects = spans(|member| member.attrs.subject);
    let bindings = spans(|member| member.attrs.binding);
    if ids.is_empty() {
        errors.push(Error::new_spanned(
            record.ident,
            "mark the field that names the row: `#[phi(id)]`",
        ));
    }
    if let (Some(_), Some(subject_keyed)) = (record.attrs.subjectless, record.attrs.subject_keyed) {
        errors.push(Error::new(
            subject_keyed,
            "the record is declared `subjectless`, so there is no patient whose key it could need",
        ));
    }
    match (subjects.first(), record.attrs.subjectless) {
        (None, None) => errors.push(Error::new_spanned(
            record.ident,
            "mark the field that names the patient: `#[phi(subject)]` (of a patient's own row, \
             `#[phi(id, subject)]`), or say `subjectless` of the struct",
        )),
        (Some(subject), Some(_)) => errors.push(Error::new(
            *subject,
            "the record is declared `subjectless`: leave one of the two out",
        )),
        _ => {}
    }
    let twice = [
        (
            ids,
            "a record has one id; for a composite key, keep it in one field that implements `AsId`",
        ),
        (
            subjects,
            "a record is about one patient: the list of others is a value to seal",
        ),
        (
            bindings,
            "a record has one binding; to bind to more, join it in one field that implements `AsBinding`",
        ),
    ];
    for (spans, reason) in twice {
        errors.extend(spans.get(1).map(|span| Error::new(*span, reason)));
    }
}

fn check_names(record: &Record<'_>, errors: &mut Vec<Error>) {
    let sealed: Vec<_> = record
        .members
        .iter()
        .filter(|member| member.is_sealed())
        .collect();
    for (position, member) in sealed.iter().enumerate() {
        let name = member.stable_name();
        let name_span = member
            .attrs
            .name
            .as_ref()
            .map_or(member.ident.span(), syn::LitStr::span);
        if !is_name(&name) {
            let hint = match member.attrs.name {
                Some(_) => NAME_RULE.to_string(),
                None => format!("{NAME_RULE}: add `name = \"...\"`"),
            };
            errors.push(Error::new(name_span, hint));
        }
        let constant = member.constant();
        if constant == "SCHEMA" {
            errors.push(Error::new(
                member.ident.span(),
                "its constant would be `SCHEMA`, which the record has already: rename the field \
                 and keep `name = \"schema\"`",
            ));
        }
        for earlier in &sealed[..position] {
            if earlier.stable_name() == name {
                errors.push(Error::new(
                    name_span,
                    "two fields of one stable name: their ciphertexts could be swapped",
                ));
            } else if earlier.constant() == constant {
                errors.push(Error::new(
                    member.ident.span(),
                    format!("two fields with the constant `{constant}`: rename one"),
                ));
            }
        }
    }
}

fn check_indexes(record: &Record<'_>, errors: &mut Vec<Error>) {
    let indexes = match Index::all(record) {
        Ok(indexes) => indexes,
        Err(error) => return errors.push(error),
    };
    let Some(first) = indexes.first() else {
        return;
    };
    if !cfg!(feature = "index") {
        errors.push(Error::new(
            first.span(),
            "indexes need the feature `index` of `phi-seal`",
        ));
    }
    if !record.generics.params.is_empty() {
        errors.push(Error::new(
            first.span(),
            "a generic record has no index: its values would be told apart by the type",
        ));
    }
    for (position, index) in indexes.iter().enumerate() {
        if let Err(error) = index.check() {
            errors.push(error);
        }
        let name = index.column.unraw().to_string();
        if !is_name(&name) {
            errors.push(Error::new(index.column.span(), NAME_RULE));
        }
        let is_taken = record
            .members
            .iter()
            .any(|member| member.rust_name() == name)
            || index.marker == record.row_ident()
            || indexes[..position].iter().any(|earlier| {
                earlier.column == index.column
                    || earlier.marker == index.marker
                    || earlier.constant == index.constant
            });
        let constant_is_taken = index.constant == "SCHEMA"
            || record
                .members
                .iter()
                .filter(|member| member.is_sealed())
                .any(|member| member.constant() == index.constant);
        if is_taken || constant_is_taken {
            errors.push(Error::new(
                index.column.span(),
                format!("`{name}` is taken: say another `index(name = \"...\")`"),
            ));
        }
    }
}

const NAME_RULE: &str = "a stable name is 1 to 64 of a-z A-Z 0-9 - _ . and starts with a letter";

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
