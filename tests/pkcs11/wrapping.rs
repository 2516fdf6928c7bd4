//! What comes back, and what does not.

use std::sync::Arc;
use std::thread;

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::Attribute;
use phi_seal::key::{KeyErrorKind, KeyScope, KeyUse, Kms, WrapContext, WrappedKey};
use phi_seal::{KeyId, TenantId};
use pollster::block_on;

use crate::ward::{
    LABEL, PAYLOAD, builder, context, created, key, kind, scope, secret, unwrap, wrap,
};

const REFERENCE: &str = "pkcs11:token=ward%203;object=phi%20root;id=%01%A2;type=secret-key";

alone! {
    fn what_is_wrapped_comes_back_in_its_place_only(ward) {
        let kms = created(&ward.module());
        let wrapped = wrap(&kms).unwrap();
        assert_eq!(wrapped.reference(), REFERENCE);
        assert_eq!(wrapped.as_bytes().len(), 1 + 12 + 64 + 16);
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
        assert_ne!(wrap(&kms).unwrap().as_bytes(), wrapped.as_bytes());

        let id = KeyId::from_bytes([7; 32]);
        let tenant = KeyScope::tenant(TenantId::new("clinic-9").unwrap(), KeyUse::Index);
        for moved in [
            WrapContext::new(&scope("clinic-8", "p-1"), &id, 1),
            WrapContext::new(&scope("clinic-9", "p-2"), &id, 1),
            WrapContext::new(&scope("clinic-9", ""), &id, 1),
            WrapContext::new(&tenant, &id, 1),
            WrapContext::new(&scope("clinic-9", "p-1"), &KeyId::from_bytes([8; 32]), 1),
            WrapContext::new(&scope("clinic-9", "p-1"), &id, 2),
        ] {
            let answer = kind(block_on(kms.unwrap(&wrapped, &moved)));
            assert_eq!(answer, Some(KeyErrorKind::WrongKey));
        }
        // None of this cost the session.
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), PAYLOAD);
    }

    fn every_changed_byte_and_every_other_length_is_refused(ward) {
        let kms = created(&ward.module());
        let wrapped = wrap(&kms).unwrap();
        let forged = |bytes: &[u8]| {
            let forged = WrappedKey::new(REFERENCE, bytes.to_vec()).unwrap();
            kind(unwrap(&kms, &forged)).unwrap()
        };
        let mut bytes = wrapped.as_bytes().to_vec();
        for at in 0..bytes.len() {
            bytes[at] ^= 0x10;
            let expected = match at {
                0 => KeyErrorKind::Unsupported,
                _ => KeyErrorKind::WrongKey,
            };
            assert_eq!(forged(&bytes), expected, "byte {at}");
            bytes[at] ^= 0x10;
        }
        for len in 1..bytes.len() {
            assert_eq!(forged(&bytes[..len]), KeyErrorKind::WrongKey, "{len} bytes");
        }
        bytes.push(0);
        assert_eq!(forged(&bytes), KeyErrorKind::WrongKey);
        bytes.pop();
        assert_eq!(unwrap(&kms, &WrappedKey::new(REFERENCE, bytes).unwrap()).unwrap(), PAYLOAD);
    }

    fn only_the_exact_reference_is_its_own(ward) {
        let kms = created(&ward.module());
        assert!(kms.owns(REFERENCE));
        assert_eq!(kms.reference(), REFERENCE);
        let bytes = wrap(&kms).unwrap().as_bytes().to_vec();
        for other in [
            "pkcs11:",
            "local:3b8c864724a4074d84d1000f850febe7",
            "pkcs11:token=ward%203;object=phi%20root;id=%01%A2",
            "pkcs11:token=ward%203;object=phi%20root;id=%01%a2;type=secret-key",
            "pkcs11:object=phi%20root;token=ward%203;id=%01%A2;type=secret-key",
            "pkcs11:token=ward%203;object=phi%20root;id=%01%A3;type=secret-key",
            "PKCS11:token=ward%203;object=phi%20root;id=%01%A2;type=secret-key",
        ] {
            assert!(!kms.owns(other), "{other}");
            let wrapped = WrappedKey::new(other, bytes.clone()).unwrap();
            assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::WrongKey), "{other}");
        }
    }

    fn another_key_of_the_token_does_not_open_it(ward) {
        let kms = created(&ward.module());
        ward.make_key("other", &[9], &[Attribute::ValueLen(32.into()), Attribute::Sensitive(true),
            Attribute::Extractable(false)]);
        // The same name in the end, for another key.
        let bytes = wrap(&kms).unwrap().as_bytes().to_vec();
        drop(kms);
        let session = ward.session();
        session.login(cryptoki::session::UserType::User, Some(&crate::ward::pin(crate::ward::PIN))).unwrap();
        let find = |label: &str| {
            session.find_objects(&[Attribute::Label(label.as_bytes().to_vec())]).unwrap()[0]
        };
        session.destroy_object(find(LABEL)).unwrap();
        session.update_attributes(find("other"), &[
            Attribute::Label(LABEL.as_bytes().to_vec()),
            Attribute::Id(crate::ward::ID.to_vec()),
        ]).unwrap();
        let module = phi_seal::integration::pkcs11::Pkcs11Module::load(crate::process::soft_hsm());
        let kms = block_on(builder(&module.unwrap()).open()).unwrap();
        let wrapped = WrappedKey::new(REFERENCE, bytes).unwrap();
        assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::WrongKey));
        assert_eq!(unwrap(&kms, &wrap(&kms).unwrap()).unwrap(), PAYLOAD);
    }

    /// As docs/keys.md has it, by calls of our own.
    fn the_form_is_the_documented_one(ward) {
        let kms = created(&ward.module());
        let wrapped = wrap(&kms).unwrap();
        let (version, rest) = wrapped.as_bytes().split_first().unwrap();
        let (iv, ciphertext) = rest.split_first_chunk::<12>().unwrap();
        assert_eq!(*version, 1);
        let session = ward.session();
        let found = session.find_objects(&[Attribute::Label(LABEL.as_bytes().to_vec())]).unwrap();
        let decrypt = |associated: &[u8]| {
            let mut iv = *iv;
            let parameters = GcmParams::new(&mut iv, associated, 128.into()).unwrap();
            session.decrypt(&Mechanism::AesGcm(parameters), found[0], ciphertext)
        };
        let documented = [b"phi-seal/v1 pkcs11".as_slice(), &context().digest()].concat();
        assert_eq!(decrypt(&documented).unwrap(), PAYLOAD);
        assert!(decrypt(&context().digest()).is_err());
        assert!(decrypt(context().as_bytes()).is_err());
    }

    fn payloads_have_limits(ward) {
        let kms = created(&ward.module());
        for len in [1, 32, 64, 4096] {
            let payload = vec![7; len];
            let wrapped = block_on(kms.wrap(&secret(&payload), &context())).unwrap();
            assert_eq!(unwrap(&kms, &wrapped).unwrap(), payload);
        }
        for len in [0, 4097] {
            let refused = kind(block_on(kms.wrap(&secret(vec![7; len]), &context())));
            assert_eq!(refused, Some(KeyErrorKind::Contract), "{len}");
        }
        let (drawn, wrapped) = block_on(kms.generate(&context())).unwrap();
        assert_eq!(unwrap(&kms, &wrapped).unwrap(), drawn.as_slice());
        assert_eq!(drawn.len(), 32);
    }

    fn many_threads_share_two_sessions(ward) {
        let module = ward.interposed();
        drop(created(&module));
        let before = ward.calls("C_OpenSession");
        let kms = block_on(builder(&module).sessions(2).waiting(64).open()).unwrap();
        let kms: Arc<dyn Kms> = Arc::new(kms);
        let threads: Vec<_> = (0..64u8).map(|n| {
            let kms = kms.clone();
            thread::spawn(move || {
                for round in 0..4 {
                    let payload = [n ^ (round << 6); 64];
                    let wrapped = block_on(kms.wrap(&secret(payload), &context())).unwrap();
                    assert_eq!(unwrap(&kms, &wrapped).unwrap(), payload);
                }
            })
        }).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let opened = ward.calls("C_OpenSession") - before;
        assert!((1..=2).contains(&opened), "{opened} sessions");
    }

    fn two_keys_of_one_label_are_told_apart_by_their_ids(ward) {
        let module = ward.module();
        let one = created(&module);
        let name = phi_seal::integration::pkcs11::Pkcs11Key::new("ward 3", LABEL, [2]).unwrap();
        let other = phi_seal::integration::pkcs11::Pkcs11Kms::builder(&module, name, || {
            Ok(secret(crate::ward::PIN))
        });
        let other = block_on(other.timeout(crate::ward::LONG).create()).unwrap();
        assert_ne!(one.reference(), other.reference());
        assert_eq!(one.reference(), key().reference());
        let wrapped = wrap(&one).unwrap();
        assert_eq!(kind(unwrap(&other, &wrapped)), Some(KeyErrorKind::WrongKey));
        let renamed = WrappedKey::new(other.reference(), wrapped.as_bytes().to_vec()).unwrap();
        assert_eq!(kind(unwrap(&other, &renamed)), Some(KeyErrorKind::WrongKey));
        assert_eq!(unwrap(&one, &wrapped).unwrap(), PAYLOAD);
    }
}
