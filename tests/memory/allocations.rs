//! How many allocations an operation makes, where that is promised.

use phi_seal::danger::{FixedNonce, import_data_key, open_unrecorded, seal_unrecorded};
use phi_seal::key::KeyScope;
use phi_seal::{Phi, TenantId};

use crate::values::TEXT;
use crate::ward::Ward;
use crate::watch::watch;

#[test]
fn sealing_and_opening_allocate_their_output_and_nothing_else() {
    let ward = Ward::new();
    let key = import_data_key([7; 32], KeyScope::default());
    let tenant = TenantId::new("mercy").unwrap();
    let phi = Phi::new("x".repeat(64));
    let seal = |nonce| {
        seal_unrecorded(
            &key,
            FixedNonce([nonce; 24]),
            &tenant,
            &TEXT,
            ward.row(),
            &phi,
        )
    };
    // What is computed once in a process is computed here.
    let sealed = seal(1).unwrap();

    let (seen, result) = watch(|| seal(2));
    assert_eq!(
        (seen.allocations, seen.searched),
        (1, 0),
        "one, and none freed"
    );
    assert_eq!(result.unwrap().as_bytes().len(), 64 + phi_seal::OVERHEAD);

    let (seen, result) = watch(|| open_unrecorded(&key, &tenant, &TEXT, ward.row(), &sealed));
    assert_eq!(
        (seen.allocations, seen.searched),
        (1, 0),
        "one, and none freed"
    );
    assert_eq!(result.unwrap().expose().len(), 64);
}
