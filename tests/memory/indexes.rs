//! Making and asking for blind index values, of texts that fold to the marker in lower case.

use phi_seal::codec::Content;
use phi_seal::danger::{import_data_key, index_lookup_unrecorded, index_values_unrecorded};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexSet, Normal};
use phi_seal::key::{KeyScope, KeyUse};
use phi_seal::{Field, TenantId};

use crate::values::TEXT;
use crate::ward::PATIENT;
use crate::watch::{MARKER, leaves_nothing};

const FIELD: Field<String> = TEXT;

macro_rules! indexes {
    ($($name:ident = $info:expr;)*) => {$(
        struct $name;

        impl Index for $name {
            const INFO: IndexInfo = $info;
            type Stored = IndexSet<Self>;
        }
    )*};
}

indexes! {
    Plain = IndexInfo::new(PATIENT, "plain", &[IndexPart::new(&FIELD, Normal::Text)]);
    Slow = IndexInfo::new(PATIENT, "slow", &[IndexPart::new(&FIELD, Normal::Text)]).slow();
    Prefix = IndexInfo::new(PATIENT, "prefix", &[IndexPart::new(&FIELD, Normal::Prefix(30))]);
    Email = IndexInfo::new(PATIENT, "email", &[IndexPart::new(&FIELD, Normal::Email)]);
}

fn indexed<I: Index>(text: &str) {
    let key = import_data_key([7; 32], KeyScope::shared(KeyUse::Index));
    let tenant = TenantId::new("mercy").unwrap();
    let value = [(Content::Text, text.as_bytes())];
    leaves_nothing(I::INFO.name(), || {
        let values = index_values_unrecorded::<I>(&key, &tenant, &value).unwrap();
        let lookup = index_lookup_unrecorded::<I>(&key, &tenant, &value).unwrap();
        assert!(
            values.as_slice().contains(&lookup),
            "the marker did go through"
        );
    });
}

#[test]
fn index_values_leave_nothing() {
    // Both ways of folding, and more than a buffer's first size.
    let texts = [
        MARKER.to_string(),
        format!("ß{MARKER}é"),
        format!("{MARKER} ").repeat(40),
        format!("Å{MARKER} ").repeat(40),
    ];
    for text in &texts {
        indexed::<Plain>(text);
        indexed::<Prefix>(text);
        indexed::<Email>(&format!("{}@x.org", text.replace(' ', "")));
    }
    indexed::<Slow>(&texts[1]);
}
