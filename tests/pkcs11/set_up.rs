//! What is wrong with a set-up shows when it is opened.

use cryptoki::object::Attribute;
use phi_seal::integration::pkcs11::{Pkcs11Key, Pkcs11Kms, Pkcs11Module};
use phi_seal::key::{KeyError, KeyErrorKind};
use pollster::block_on;

use crate::ward::{
    ID, LABEL, LONG, PAYLOAD, PIN, TOKEN, builder, created, kind, secret, unwrap, wrap,
};

fn open(module: &Pkcs11Module, token: &str, label: &str, id: &[u8]) -> Result<Pkcs11Kms, KeyError> {
    let key = Pkcs11Key::new(token, label, id).unwrap();
    let builder = Pkcs11Kms::builder(module, key, || Ok(secret(PIN)));
    block_on(builder.timeout(LONG).open())
}

alone! {
    fn a_key_is_made_once(ward) {
        let module = ward.module();
        assert_eq!(kind(block_on(builder(&module).open())), Some(KeyErrorKind::NotFound));
        let kms = created(&module);
        let wrapped = wrap(&kms).unwrap();
        let again = kind(block_on(builder(&module).create()));
        assert_eq!(again, Some(KeyErrorKind::AlreadyExists));
        drop(kms);
        let kms = block_on(builder(&module).read_write().open()).unwrap();
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
    }

    fn it_is_made_to_stay_inside(ward) {
        let _kms = created(&ward.module());
        let session = ward.session();
        let found = session.find_objects(&[Attribute::Label(LABEL.as_bytes().to_vec())]).unwrap();
        assert_eq!(found.len(), 1);
        for expected in [
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
            Attribute::Local(true),
            Attribute::Modifiable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Wrap(false),
            Attribute::Unwrap(false),
            Attribute::ValueLen(32.into()),
            Attribute::Id(ID.to_vec()),
        ] {
            let kind = expected.attribute_type();
            assert_eq!(session.get_attributes(found[0], &[kind]).unwrap(), [expected]);
        }
    }

    fn token_label_and_id_are_compared_exactly(ward) {
        let module = ward.module();
        drop(created(&module));
        assert!(open(&module, TOKEN, LABEL, &ID).is_ok());
        for (token, label, id) in [
            ("ward", LABEL, ID.as_slice()),
            ("Ward 3", LABEL, &ID),
            (TOKEN, "phi", &ID),
            (TOKEN, "PHI ROOT", &ID),
            (TOKEN, "phi root ", &ID),
            (TOKEN, LABEL, &ID[..1]),
            (TOKEN, LABEL, &[1, 0xa2, 0]),
        ] {
            let answer = kind(open(&module, token, label, id));
            assert_eq!(answer, Some(KeyErrorKind::NotFound), "{token} {label} {id:?}");
        }
    }

    fn two_keys_of_one_name_are_refused(ward) {
        let module = ward.module();
        let kms = created(&module);
        let wrapped = wrap(&kms).unwrap();
        let inside = [Attribute::ValueLen(32.into()), Attribute::Sensitive(true), Attribute::Extractable(false)];
        ward.make_key(LABEL, &ID, &inside);
        let contract = Some(KeyErrorKind::Contract);
        assert_eq!(kind(open(&module, TOKEN, LABEL, &ID)), contract);
        // Also by whoever opened it before there were two.
        assert_eq!(kind(wrap(&kms)), contract);
        assert_eq!(kind(unwrap(&kms, &wrapped)), contract);
    }

    fn two_tokens_of_one_label_are_refused(ward) {
        ward.make_token(TOKEN);
        ward.make_token(TOKEN);
        let module = Pkcs11Module::load_alone(crate::process::soft_hsm()).unwrap();
        assert_eq!(kind(open(&module, TOKEN, LABEL, &ID)), Some(KeyErrorKind::Contract));
    }

    fn a_key_that_can_be_read_or_is_short_is_refused(ward) {
        let module = ward.module();
        let _logged_in = created(&module);
        let long = Attribute::ValueLen(32.into());
        let inside = [Attribute::Sensitive(true), Attribute::Extractable(false)];
        ward.make_key("extractable", &[1], &[long.clone(), Attribute::Sensitive(true), Attribute::Extractable(true)]);
        ward.make_key("readable", &[1], &[long.clone(), Attribute::Sensitive(false), Attribute::Extractable(false)]);
        ward.make_key("short", &[1], &[Attribute::ValueLen(16.into()), inside[0].clone(), inside[1].clone()]);
        ward.make_key("fit", &[1], &[long, inside[0].clone(), inside[1].clone()]);
        for label in ["extractable", "readable", "short"] {
            assert_eq!(kind(open(&module, TOKEN, label, &[1])), Some(KeyErrorKind::Contract), "{label}");
        }
        assert!(open(&module, TOKEN, "fit", &[1]).is_ok());
    }

    fn a_key_that_may_not_decrypt_is_refused(ward) {
        let module = ward.module();
        let _logged_in = created(&module);
        let session = ward.session();
        let template = [
            Attribute::Token(true), Attribute::Sensitive(true), Attribute::Extractable(false),
            Attribute::ValueLen(32.into()), Attribute::Encrypt(true), Attribute::Decrypt(false),
            Attribute::Label(b"half".to_vec()), Attribute::Id(vec![1]),
        ];
        session.generate_key(&cryptoki::mechanism::Mechanism::AesKeyGen, &template).unwrap();
        assert_eq!(kind(open(&module, TOKEN, "half", &[1])), Some(KeyErrorKind::Denied));
    }

    fn a_module_is_there_and_is_shared_or_not(ward) {
        let nowhere = kind(Pkcs11Module::load(ward.path("none.so")));
        assert_eq!(nowhere, Some(KeyErrorKind::NotFound));
        let own_program = kind(Pkcs11Module::load(std::env::current_exe().unwrap()));
        assert_eq!(own_program, Some(KeyErrorKind::NotFound));

        let module = ward.module();
        let again = kind(Pkcs11Module::load_alone(crate::process::soft_hsm()));
        assert_eq!(again, Some(KeyErrorKind::Contract));
        let shared = Pkcs11Module::load(crate::process::soft_hsm()).unwrap();
        let kms = created(&shared);
        let other = block_on(builder(&module).open()).unwrap();
        assert_eq!(unwrap(&other, &wrap(&kms).unwrap()).unwrap(), PAYLOAD);
    }

    fn an_iv_is_the_tokens_if_it_says_so(ward) {
        let module = ward.interposed();
        let kms = created(&module);
        // SoftHSM takes twelve zero bytes for an IV: refused before anything is wrapped under it.
        let refused = kind(block_on(builder(&module).iv_from_token().open()));
        assert_eq!(refused, Some(KeyErrorKind::Contract));

        ward.tell("C_EncryptInit", 1000, "iv");
        let made = block_on(builder(&module).iv_from_token().open()).unwrap();
        for kms in [&kms, &made] {
            let wrapped = wrap(kms).unwrap();
            assert_eq!(wrapped.as_bytes()[1..13], [0xa5; 12]);
            assert_eq!(unwrap(kms, &wrapped).unwrap(), PAYLOAD);
        }
    }
}

#[test]
fn names_have_limits() {
    let new = |token: &str, label: &str, id: &[u8]| kind(Pkcs11Key::new(token, label, id));
    assert_eq!(new(&"t".repeat(32), "l", &[1]), None);
    let malformed = Some(KeyErrorKind::Malformed);
    for (token, label, id) in [
        ("", "l", [1].as_slice()),
        ("t", "", &[1]),
        ("t", "l", &[]),
        ("t ", "l", &[1]),
        (&"t".repeat(33), "l", &[1]),
        ("t", &"l".repeat(500), &[1]),
        ("t", "l", &[1; 200]),
    ] {
        assert_eq!(new(token, label, id), malformed, "{token} {label} {id:?}");
    }
    let key = Pkcs11Key::new("Süd;a=b", "l/%~", [0]).unwrap();
    let uri = "pkcs11:token=S%C3%BCd%3Ba%3Db;object=l%2F%25~;id=%00;type=secret-key";
    assert_eq!(key.reference(), uri);
}
