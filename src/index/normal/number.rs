//! Numbers that are written as text.

use super::readable::SecretText;
use super::text::folded_text;
use crate::secret::SecretBytes;

/// The digits 0 to 9 of the folded text. Nothing without any, or if other numerals are among
/// them: leaving those out would make different numbers equal.
pub(super) fn digits(text: &str) -> Option<SecretBytes> {
    digits_of(&folded_text(text))
}

/// The first three of 3, 5 or 9 leading digits, such as `021`, `02139`, `02139-4307` and
/// `021394307`. Four are what is left of five that began with 0.
pub(super) fn zip3(text: &str) -> Option<SecretBytes> {
    let folded = folded_text(text);
    let length = folded.bytes().take_while(u8::is_ascii_digit).count();
    let is_zip = matches!(length, 3 | 5 | 9);
    is_zip.then(|| {
        let mut zip3 = SecretBytes::with_capacity(3);
        zip3.append(&folded.as_bytes()[..3]);
        zip3
    })
}

/// Ten digits; a country code of 1 before them and an extension behind them are left out. Nothing
/// for other lengths and other country codes.
pub(super) fn us_phone(text: &str) -> Option<SecretBytes> {
    let folded = folded_text(text);
    let digits = digits_of(without_extension(&folded))?;
    let national = match (digits.as_slice(), folded.starts_with('+')) {
        ([b'1', national @ ..], _) if national.len() == 10 => national,
        (national, false) if national.len() == 10 => national,
        _ => return None,
    };
    let mut phone = SecretBytes::with_capacity(10);
    phone.append(national);
    Some(phone)
}

/// Cuts at the first letter, `#`, `,` or `;` that stands behind at least ten digits.
fn without_extension(text: &str) -> &str {
    let mut digits = 0;
    let end = text.char_indices().find(|(_, c)| {
        digits += usize::from(c.is_ascii_digit());
        digits >= 10 && (c.is_alphabetic() || matches!(c, '#' | ',' | ';'))
    });
    end.map_or(text, |(end, _)| &text[..end])
}

fn digits_of(folded: &str) -> Option<SecretBytes> {
    if folded
        .chars()
        .any(|c| c.is_numeric() && !c.is_ascii_digit())
    {
        return None;
    }
    let mut digits = SecretText::with_capacity(folded.len());
    folded
        .chars()
        .filter(char::is_ascii_digit)
        .for_each(|c| digits.push(c));
    digits.unless_empty()
}
