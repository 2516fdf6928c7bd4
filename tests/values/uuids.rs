//! UUIDs as values and as ids.

use phi_seal::codec::{Content, Value};
use phi_seal::{ActorId, RecordId, SubjectId, TenantId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{decoded, encoded, refusal};

proptest! {
    #[test]
    fn a_uuid_is_its_16_bytes(bytes: [u8; 16]) {
        let id = Uuid::from_bytes(bytes);
        prop_assert_eq!(encoded(&id).unwrap(), bytes);
        prop_assert_eq!(decoded::<Uuid>(&bytes).unwrap(), id);
        prop_assert_eq!(decoded::<Vec<Uuid>>(&encoded(&vec![id]).unwrap()).unwrap(), [id]);
    }

    #[test]
    fn as_an_id_it_is_lower_case_and_hyphenated(bytes: [u8; 16]) {
        let id = Uuid::from_bytes(bytes);
        let text = id.to_string();
        prop_assert!(RecordId::from(id).as_str() == text);
        prop_assert!(SubjectId::from(id).as_str() == text);
        prop_assert!(TenantId::from(id).as_str() == text);
        prop_assert!(ActorId::from(id).as_str() == text);
    }
}

#[test]
fn the_known_answer_is_that_of_rfc_9562() {
    // RFC 9562, appendix A.6.
    let text = "017F22E2-79B0-7CC3-98C4-DC0C0C07398F";
    let id = Uuid::parse_str(text).unwrap();
    let bytes = [
        0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39,
        0x8f,
    ];
    assert_eq!(<Uuid as Value>::CONTENT, Content::Uuid);
    assert_eq!(encoded(&id).unwrap(), bytes);
    assert_eq!(id.size_hint(), 16);
    assert_eq!(RecordId::from(id).as_str(), text.to_lowercase());
    assert_eq!(
        RecordId::from(id),
        RecordId::new(text.to_lowercase()).unwrap()
    );
    assert_ne!(RecordId::from(id), RecordId::new(text).unwrap());
}

#[test]
fn other_sizes_are_refused() {
    for len in [0, 1, 15, 17, 32] {
        assert!(refusal::<Uuid>(&vec![0; len]).contains("another size"));
    }
    assert!(refusal::<Uuid>(b"017f22e2-79b0-7cc3-98c4-dc0c0c07398f").contains("another size"));
}

#[test]
fn wiping_leaves_the_nil_uuid() {
    let mut id = Uuid::max();
    id.wipe();
    assert!(id.is_nil());
}
