//! What was really sealed.

use std::sync::LazyLock;

use phi_seal::codec::{Encoder, Value};
use phi_seal::danger::{FixedNonce, import_data_key, seal_unrecorded};
use phi_seal::key::{DataKey, KeyScope};
use phi_seal::{Phi, Protected, SecretBytes};

use super::super::place::Place;

/// One value that was really sealed, with what it is.
pub(super) struct Original {
    pub(super) place: Place,
    pub(super) key: u8,
    /// The value's encoding; `None` for a sealed null.
    pub(super) content: Option<Vec<u8>>,
    pub(super) envelope: Vec<u8>,
}

/// Everything that was ever sealed under the two keys.
pub(super) static ORIGINALS: LazyLock<[Original; 6]> = LazyLock::new(|| {
    let place = |field, subject: Option<&str>, binding: &[u8]| Place {
        tenant: "clinic".into(),
        subject: subject.map(Into::into),
        record_type: "patient",
        record_id: "r-1".into(),
        field,
        binding: binding.to_vec(),
    };
    let text = || Phi::new(String::from("metastatic"));
    let list = Phi::new(vec![String::from("a"), String::new()]);
    [
        Original::seal(place("name", Some("p-1"), b""), 0, false, &text()),
        Original::seal(place("ssn", Some("p-1"), b""), 0, false, &text()),
        Original::seal(
            place("x1", Some("p-2"), b"rev 2"),
            0,
            true,
            &Phi::new(-7_i64),
        ),
        Original::seal(place("a.b", None, b""), 0, false, &list),
        Original::seal(place("name", Some("p-1"), b""), 1, true, &text()),
        Original::seal(
            place("ab", Some("p-1"), b""),
            1,
            false,
            &None::<Phi<String>>,
        ),
    ]
});

impl Original {
    fn seal<P: Protected>(place: Place, key: u8, padded: bool, value: &P) -> Self {
        let ids = place.ids().expect("the ids are valid");
        let mut field = place.field::<P::Value>();
        if padded {
            field = field.pad_to(16);
        }
        // Another nonce for each: two values under one would give the authentication key away.
        let mut nonce = [key; 24];
        nonce[23] = place.field.len() as u8;
        nonce[22] = place.field.as_bytes()[0];
        let key_used = data_key(key, KeyScope::default());
        let (tenant, row) = (&ids.tenant, ids.row());
        let envelope = seal_unrecorded(&key_used, FixedNonce(nonce), tenant, &field, row, value)
            .expect("the value can be sealed")
            .into_bytes();
        let content = content_of(value);
        drop(ids);
        Self {
            place,
            key,
            content,
            envelope,
        }
    }
}

pub(super) fn data_key(number: u8, scope: KeyScope) -> DataKey {
    import_data_key([number + 7; 32], scope)
}

pub(super) fn content_of<P: Protected>(value: &P) -> Option<Vec<u8>> {
    value.present().map(|value| {
        let mut buffer = SecretBytes::default();
        value
            .expose()
            .encode(&mut Encoder::new(&mut buffer))
            .expect("what was opened can be encoded");
        buffer.into_vec()
    })
}
