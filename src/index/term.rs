//! From values to the bytes that are hashed.

use alloc::vec::Vec;

use super::IndexInfo;
use crate::codec::Content;
use crate::error::Error;
use crate::secret::SecretBytes;

/// What a row is found by: the terms of one field, or the one term of several. `values` has an
/// encoding for each part, or nothing where the field is absent.
///
/// # Errors
///
/// [`ErrorKind::Unencodable`](crate::ErrorKind::Unencodable) for more words than an index takes.
pub(crate) fn terms(
    info: &IndexInfo,
    values: &[Option<(Content, &[u8])>],
) -> Result<Vec<SecretBytes>, Error> {
    debug_assert_eq!(info.parts().len(), values.len());
    let of_part = |(part, value): (&super::IndexPart, &Option<(Content, &[u8])>)| {
        value.map_or(Ok(Vec::new()), |(content, encoded)| {
            part.normal()
                .terms(content, encoded)
                .map_err(|error| part.field().blame(error))
        })
    };
    let mut parts = info.parts().iter().zip(values).map(of_part);
    if info.parts().len() == 1 {
        return parts.next().unwrap_or(Ok(Vec::new()));
    }
    let mut forms = Vec::new();
    for terms in parts {
        match terms?.pop() {
            Some(form) => forms.push(form),
            None => return Ok(Vec::new()),
        }
    }
    Ok(Vec::from([compound(&forms)]))
}

/// The one term of several normal forms: their pre-authentication encoding, which is injective.
/// Of a single form, that form.
pub(crate) fn compound(parts: &[SecretBytes]) -> SecretBytes {
    match parts {
        [single] => {
            let mut term = SecretBytes::with_capacity(single.len());
            term.append(single.as_slice());
            term
        }
        _ => {
            let pieces: Vec<_> = parts.iter().map(SecretBytes::as_slice).collect();
            pae(&pieces)
        }
    }
}

/// Pre-authentication encoding (PASETO, section 2.2.1) of any number of pieces.
pub(super) fn pae(pieces: &[&[u8]]) -> SecretBytes {
    let length = pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>();
    let mut out = SecretBytes::with_capacity(8 + length);
    out.append(&(pieces.len() as u64).to_le_bytes());
    for piece in pieces {
        out.append(&(piece.len() as u64).to_le_bytes());
        out.append(piece);
    }
    out
}
