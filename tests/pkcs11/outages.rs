//! Sessions, logins, the module and the token go away and come back.

use phi_seal::key::KeyErrorKind;
use pollster::block_on;

use crate::ward::{PAYLOAD, Ward, builder, created, eventually, initialize, kind, unwrap, wrap};

const UNAVAILABLE: Option<KeyErrorKind> = Some(KeyErrorKind::Unavailable);

alone! {
    fn a_lost_login_or_session_is_replaced(ward) {
        let kms = created(&ward.module());
        let wrapped = wrap(&kms).unwrap();
        for _ in 0..3 {
            ward.session().logout().unwrap();
            assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
            ward.session().logout().unwrap();
            assert!(wrap(&kms).is_ok());
        }
    }

    fn a_module_that_others_finalised_is_initialised_again(ward) {
        let module = ward.interposed();
        let kms = created(&module);
        let wrapped = wrap(&kms).unwrap();
        ward.admin().clone().finalize().unwrap();
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
        // And where they initialise it as well.
        ward.admin().clone().finalize().unwrap();
        initialize(ward.admin());
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
    }

    fn a_token_that_was_away_is_found_again(ward) {
        let kms = created(&ward.module());
        let wrapped = wrap(&kms).unwrap();
        for _ in 0..2 {
            ward.take_out();
            for _ in 0..3 {
                assert_eq!(kind(unwrap(&kms, &wrapped)), UNAVAILABLE);
                assert_eq!(kind(wrap(&kms)), UNAVAILABLE);
            }
            ward.put_back();
            // Not at the first call: the module is initialised again once a second at most. Until
            // then SoftHSM may show the key to one session and not to another.
            assert_eq!(eventually(|| unwrap(&kms, &wrapped)), PAYLOAD);
            let again = eventually(|| wrap(&kms));
            assert_eq!(eventually(|| unwrap(&kms, &again)), PAYLOAD);
        }
    }

    fn what_passes_is_tried_three_times(ward) {
        let kms = created(&ward.interposed());
        let wrapped = wrap(&kms).unwrap();
        // CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_SESSION_HANDLE_INVALID, CKR_TOKEN_NOT_PRESENT,
        // CKR_USER_NOT_LOGGED_IN, CKR_KEY_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED.
        for code in ["30", "32", "b3", "e0", "101", "60", "91"] {
            for (times, expected) in [(1, None), (2, None), (3, UNAVAILABLE)] {
                let tries = tries(ward, times, code, || kind(wrap(&kms)), expected);
                assert_eq!(tries, (times + 1).min(3), "{code}");
                assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD, "{code}");
            }
        }
    }

    fn what_stays_is_tried_once(ward) {
        let kms = created(&ward.interposed());
        for (code, expected) in [
            // CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID, CKR_VENDOR_DEFINED.
            ("68", KeyErrorKind::Denied),
            ("70", KeyErrorKind::Contract),
            ("80000001", KeyErrorKind::Contract),
        ] {
            let tries = tries(ward, 1, code, || kind(wrap(&kms)), Some(expected));
            assert_eq!(tries, 1, "{code}");
            assert!(wrap(&kms).is_ok());
        }
    }

    fn a_token_without_sessions_throttles(ward) {
        let module = ward.interposed();
        drop(created(&module));
        let before = ward.calls("C_OpenSession");
        // CKR_SESSION_COUNT.
        ward.tell("C_OpenSession", 1000, "b1");
        assert_eq!(kind(block_on(builder(&module).open())), Some(KeyErrorKind::Throttled));
        assert_eq!(ward.calls("C_OpenSession") - before, 3);
        ward.tell("C_OpenSession", 2, "b1");
        assert!(block_on(builder(&module).open()).is_ok());
    }

    /// SoftHSM answers a wrong tag and an inner failure alike, by CKR_GENERAL_ERROR.
    fn a_failing_token_is_not_taken_for_a_wrong_key(ward) {
        let kms = created(&ward.interposed());
        let wrapped = wrap(&kms).unwrap();
        ward.tell("C_Decrypt", 1000, "5");
        assert_eq!(kind(unwrap(&kms, &wrapped)), UNAVAILABLE);
        ward.tell("C_Decrypt", 0, "5");
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
        // CKR_ENCRYPTED_DATA_INVALID, as other tokens answer.
        ward.tell("C_Decrypt", 1, "40");
        assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::WrongKey));
    }
}

/// How often the token was asked to encrypt in one call, of which the first `times` fail.
fn tries(
    ward: &Ward,
    times: u32,
    code: &str,
    call: impl Fn() -> Option<KeyErrorKind>,
    expected: Option<KeyErrorKind>,
) -> u32 {
    let before = ward.calls("C_EncryptInit");
    ward.tell("C_EncryptInit", times, code);
    assert_eq!(call(), expected, "{times} times {code}");
    (ward.calls("C_EncryptInit") - before).try_into().unwrap()
}
