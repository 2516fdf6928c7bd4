//! What events say, for a terminal.

use alloc::string::String;

/// A text that comes from outside, so that what could steer a terminal is escaped.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

/// The same of several, joined.
pub(super) fn joined<'t>(texts: impl IntoIterator<Item = &'t String>, between: &str) -> String {
    let mut joined = String::new();
    for (at, text) in texts.into_iter().enumerate() {
        if at > 0 {
            joined.push_str(between);
        }
        joined.push_str(&shown(text));
    }
    joined
}
