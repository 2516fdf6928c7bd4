//! Cuts a long action's items into the parts of its event.

use alloc::vec::{self, Vec};

use super::disclosure::{Disclosure, Recipient};
use super::event::{Event, EventHeader, EventItem};
use super::search::SearchedIndex;
use crate::access::Actor;
use crate::label::{MAX_ID_LEN, MAX_NAME_LEN};

/// The longest JSON form of one part, in bytes. A C2SP tlog-tiles entry holds 65,535.
pub(crate) const MAX_PART_LEN: usize = 32_768;

/// The longest policy version and the longest observer in an event, in bytes.
pub(crate) const MAX_VERSION_LEN: usize = 64;

/// As much of a policy's version as events hold, cut off at a character's boundary.
pub(crate) fn recorded_version(version: &str) -> &str {
    &version[..version.floor_char_boundary(MAX_VERSION_LEN)]
}

/// The events of one action, all to be recorded, in this order, before anything is released. At
/// least one, even without items.
pub(crate) fn events<'a>(
    header: &'a EventHeader<'a>,
    items: &'a [EventItem<'a>],
) -> impl ExactSizeIterator<Item = Event<'a>> {
    let parts = split(header, items);
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let mut part = 0_u32;
    parts.map(move |items| {
        part = part.saturating_add(1);
        Event::new(header, part, count, items)
    })
}

/// The items of each part, in order; one empty part if there are none.
///
/// The JSON form of a part is at most [`MAX_PART_LEN`] bytes, however the sink spells the event:
/// parts are cut before the sink sees them. A disclosure's texts count once for each patient, so that a
/// sink has room for a copy for each of them. A short action costs one pass over the lengths of its
/// ids, and allocates nothing.
pub(crate) fn split<'i, 'a>(header: &EventHeader<'_>, items: &'i [EventItem<'a>]) -> Parts<'i, 'a> {
    let items_after_first = items.len().saturating_sub(1);
    let fits_surely = || {
        let lens = items.iter().map(|item| row_len(item, escaped_at_most));
        let items_len = lens.sum::<usize>() + items.iter().map(field_len).sum::<usize>();
        let copies = items_after_first * copy_len(header, escaped_at_most);
        header_len(header, escaped_at_most) + items_len + copies <= MAX_PART_LEN
    };
    let lens = if items.len() <= 1 || fits_surely() {
        Vec::new()
    } else {
        let copy = copy_len(header, escaped);
        all_but_last_len(header_len(header, escaped), copy, items)
    };
    Parts {
        items: Some(items),
        lens: lens.into_iter(),
    }
}

/// The parts of one action; see [`split`].
pub(crate) struct Parts<'i, 'a> {
    items: Option<&'i [EventItem<'a>]>,
    lens: vec::IntoIter<usize>,
}

impl<'i, 'a> Iterator for Parts<'i, 'a> {
    type Item = &'i [EventItem<'a>];

    fn next(&mut self) -> Option<Self::Item> {
        let items = self.items.take()?;
        match self.lens.next() {
            Some(len) => {
                let (part, rest) = items.split_at(len);
                self.items = Some(rest);
                Some(part)
            }
            None => Some(items),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.items.map_or(0, |_| self.lens.len() + 1);
        (len, Some(len))
    }
}

impl ExactSizeIterator for Parts<'_, '_> {}

/// How many items go into each part but the last, filling one after another.
///
/// An item that follows another of the same record costs its field only. One that follows another's
/// patient costs a copy, too; the first patient's is the one in the header. The JSON form also
/// groups items that are not neighbours, so a part may come out shorter than counted here.
fn all_but_last_len(header: usize, copy: usize, items: &[EventItem<'_>]) -> Vec<usize> {
    let mut lens = Vec::new();
    let (mut from, mut used) = (0, header);
    for (at, item) in items.iter().enumerate() {
        let continues = at > from && is_same_row(&items[at - 1], item);
        let row = if continues { 0 } else { row_len(item, escaped) };
        let begins_patient = at > from
            && item.record.subject().is_some()
            && item.record.subject() != items[at - 1].record.subject();
        let copy = if begins_patient { copy } else { 0 };
        if at > from && used + row + copy + field_len(item) > MAX_PART_LEN {
            lens.push(at - from);
            (from, used) = (at, header + row_len(item, escaped) + field_len(item));
        } else {
            used += row + copy + field_len(item);
        }
    }
    lens
}

fn is_same_row(a: &EventItem<'_>, b: &EventItem<'_>) -> bool {
    a.record.is_same_place(&b.record) && a.field.record_type() == b.field.record_type()
}

const HEADER: &str = r#"{"v":1,"event":"","action_id":"","part":,"parts":,"time":"","tenant":"","session":"","auth":{"strength":"","at":""},"actor":{"id":"","roles":[]},"purpose":"","reason":"","action":"","source_ip":"","request_id":"","policy":"","observer":"","generation":,"outcome":"","subjects":[]}"#;
const ROW: &str = r#"{"subject":"","records":[{"type":"","id":"","fields":[]},]},"#;
const FIELD: &str = r#"{"name":"","outcome":"","reason":""},"#;
const KEY: &str = r#","key":"""#;
const TAG: &str = r#","tag":"""#;
const ROLE: &str = r#""","#;
const SEARCH: &str = r#","search":{"type":"","index":"","fields":[],"reason":""}"#;
const DISCLOSURE: &str = r#","disclosed_on":"","exclusion":"","corrects":"","recipient":{"name":"","address":""},"description":"""#;
const COPY: &str = r#","recipient":{"name":"","address":""},"description":"""#;
/// A date (10), a code (4), an event's id (64).
const DISCLOSURE_VALUES: usize = 10 + 4 + 64;
/// What a sink that coalesces adds: an event's id and a number.
const REPEATS: usize = r#","repeats":"","count":"#.len() + 64 + 20;
const NAME: &str = r#""","#;

/// Session (32), action id (32 + 1 + 20 digits), event id (as that + 1 + 10 digits), part and
/// parts (10 digits each), two times (30 each), an IP address (45 at most), a generation (20 digits).
const HEADER_VALUES: usize = 32 + 53 + 64 + 2 * 10 + 2 * 30 + 45 + 20;

/// In hexadecimal.
const KEY_LEN: usize = KEY.len() + 64;
const TAG_LEN: usize = TAG.len() + 32;

fn header_len(header: &EventHeader<'_>, escaped: fn(&str) -> usize) -> usize {
    let (access, actor) = (header.access, header.access.actor());
    let roles = actor.roles().map(|role| ROLE.len() + escaped(role));
    let texts = [
        access.tenant().as_str(),
        access.auth_strength().code(),
        actor.id().as_str(),
        access.purpose().code(),
        access.reason_code().unwrap_or_default(),
        header.action.code(),
        access.correlation().unwrap_or_default(),
        header.policy_version,
        header.observer,
        header.outcome.code(),
    ];
    let texts = texts.into_iter().map(escaped);
    let search = header.search.map_or(0, search_len);
    let disclosure = header
        .disclosure
        .map_or(0, |of| disclosure_len(of, escaped));
    let fixed = HEADER.len() + HEADER_VALUES + roles.sum::<usize>() + texts.sum::<usize>();
    // What a sink that coalesces adds later finds room, too.
    fixed + search + disclosure + REPEATS
}

fn disclosure_len(disclosure: &Disclosure, escaped: fn(&str) -> usize) -> usize {
    DISCLOSURE.len() + DISCLOSURE_VALUES + texts_len(disclosure, escaped)
}

/// What a copy of a disclosure's texts costs.
fn copy_len(header: &EventHeader<'_>, escaped: fn(&str) -> usize) -> usize {
    let texts = header.disclosure.map(|of| texts_len(of, escaped));
    texts.map_or(0, |texts| COPY.len() + texts)
}

fn texts_len(disclosure: &Disclosure, escaped: fn(&str) -> usize) -> usize {
    let recipient = disclosure.recipient();
    let texts = [
        Some(recipient.name()),
        recipient.address(),
        disclosure.described(),
    ];
    texts.into_iter().flatten().map(escaped).sum()
}

/// Names and codes need no escape.
fn search_len(search: &SearchedIndex) -> usize {
    let fields = search.fields().iter();
    let fields = fields.map(|field| NAME.len() + field.name().len());
    let names = search.record_type().name().len() + search.index().len() + search.reason().len();
    SEARCH.len() + names + fields.sum::<usize>()
}

/// What an item costs for its subject and record, if it begins both.
fn row_len(item: &EventItem<'_>, escaped: fn(&str) -> usize) -> usize {
    let subject = item.record.subject().map_or(0, |id| escaped(id.as_str()));
    let record_type = item.field.record_type().name().len();
    ROW.len() + subject + record_type + escaped(item.record.id().as_str())
}

/// What an item costs for its field. Names and codes need no escape.
fn field_len(item: &EventItem<'_>) -> usize {
    let names = item.field.name().len() + item.outcome.code().len() + item.reason.len();
    let key = item.key_id.map_or(0, |_| KEY_LEN);
    FIELD.len() + key + item.tag.map_or(0, |_| TAG_LEN) + names
}

/// The length of a text within a JSON string as `serde_json` writes it (RFC 8259, section 7):
/// `"`, `\` and five control characters take 2 bytes, the other control characters 6.
fn escaped(text: &str) -> usize {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | 0x08 | b'\t' | b'\n' | 0x0C | b'\r' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escape).sum()
}

/// A bound on [`escaped`] that looks at no byte.
fn escaped_at_most(text: &str) -> usize {
    6 * text.len()
}

/// A header with a single item always fits, so that every item finds a part: four ids of 1024
/// bytes with 6 bytes for each, version and observer likewise; then what is ASCII by validation:
/// 32 roles and the names and codes (4 in the header, 4 in the item) of 64 bytes, a reason of 64,
/// and a request id of 128 visible characters, 2 bytes for each. A search is no disclosure, whose texts
/// hold no control characters: 2 bytes for each of theirs.
const _: () = {
    let forms = HEADER.len() + HEADER_VALUES + ROW.len() + FIELD.len() + KEY_LEN + TAG_LEN;
    let texts = 6 * (4 * MAX_ID_LEN + 2 * MAX_VERSION_LEN);
    let names = Actor::MAX_ROLES * (ROLE.len() + MAX_NAME_LEN) + 9 * MAX_NAME_LEN;
    let search =
        SEARCH.len() + 3 * MAX_NAME_LEN + SearchedIndex::MAX_FIELDS * (NAME.len() + MAX_NAME_LEN);
    let disclosed =
        Recipient::MAX_NAME_LEN + Recipient::MAX_ADDRESS_LEN + Disclosure::MAX_DESCRIPTION_LEN;
    let disclosure = DISCLOSURE.len() + DISCLOSURE_VALUES + 2 * disclosed;
    let apart = if search > disclosure {
        search
    } else {
        disclosure
    };
    assert!(apart + forms + texts + names + 2 * 128 + REPEATS <= MAX_PART_LEN);
};
