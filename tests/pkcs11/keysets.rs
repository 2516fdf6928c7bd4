//! Keysets whose keys are wrapped by the token.

use phi_seal::KeyId;
use phi_seal::key::{DataKey, KeyErrorKind, Keyring, Keyset, KeysetFile, Kms, LocalKms};
use pollster::block_on;

use crate::ward::{builder, created, kind, scope};

fn ids(keyring: &Keyring) -> Vec<KeyId> {
    keyring.keys().iter().map(|key| *key.id()).collect()
}

alone! {
    fn a_keyset_file_is_made_rotated_and_unlocked_elsewhere(ward) {
        let path = ward.path("keys.json");
        if let Some(expected) = std::env::var_os("PHI_SEAL_TEST_KEYS") {
            let module = phi_seal::integration::pkcs11::Pkcs11Module::load_alone(crate::process::soft_hsm());
            let kms = block_on(builder(&module.unwrap()).open()).unwrap();
            let keyring = block_on(KeysetFile::load(&path).unwrap().unlock(&kms)).unwrap();
            assert_eq!(format!("{:?}", ids(&keyring)), expected.to_str().unwrap());
            return;
        }
        let kms = created(&ward.module());
        let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
        block_on(file.rotate(&kms)).unwrap();
        let keyring = block_on(file.unlock(&kms)).unwrap();
        block_on(file.rotate_into(&keyring, &kms)).unwrap();
        let patient = DataKey::generate(scope("clinic-9", "p-1")).unwrap();
        block_on(file.add(&patient, &kms)).unwrap();
        let keyring = block_on(file.unlock(&kms)).unwrap();
        assert_eq!(ids(&keyring).len(), 4);
        let expected = format!("{:?}", ids(&keyring));
        crate::process::run(ward.folder(), &ward.name, &[("PHI_SEAL_TEST_KEYS", &expected)]);
    }

    fn a_keyset_moves_from_a_local_root_key_to_the_token_and_back(ward) {
        let hsm = created(&ward.module());
        let local = LocalKms::generate().unwrap();
        let mut keyset = block_on(Keyset::generate(&local)).unwrap();
        block_on(keyset.rotate(&local)).unwrap();
        let keys = ids(&block_on(keyset.unlock(&local)).unwrap());
        assert_eq!(keys.len(), 2);

        block_on(keyset.rewrap(&local, &hsm)).unwrap();
        assert_eq!(ids(&block_on(keyset.unlock(&hsm)).unwrap()), keys);
        assert_eq!(kind(block_on(keyset.unlock(&local))), Some(KeyErrorKind::WrongKey));
        assert!(!keyset.to_json().contains(local.reference()));
        assert!(keyset.to_json().contains(hsm.reference()));

        block_on(keyset.rewrap(&hsm, &local)).unwrap();
        assert_eq!(ids(&block_on(keyset.unlock(&local)).unwrap()), keys);
        assert_eq!(kind(block_on(keyset.unlock(&hsm))), Some(KeyErrorKind::WrongKey));
    }

    fn a_wrapped_key_in_anothers_row_is_refused(ward) {
        let hsm = created(&ward.module());
        let mut keyset = block_on(Keyset::generate(&hsm)).unwrap();
        block_on(keyset.rotate(&hsm)).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&keyset.to_json()).unwrap();
        // Between the rows of two versions, and of the MAC key and a version.
        let (one, two) = (json["keys"][0]["wrapped"].clone(), json["keys"][1]["wrapped"].clone());
        let mac = json["mac_key"]["wrapped"].clone();
        assert_ne!(one, two);
        json["mac_key"]["wrapped"] = one.clone();
        json["keys"][0]["wrapped"] = mac.clone();
        let moved = Keyset::from_json(json.to_string().as_bytes()).unwrap();
        assert_eq!(kind(block_on(moved.unlock(&hsm))), Some(KeyErrorKind::WrongKey));
        json["mac_key"]["wrapped"] = mac;
        json["keys"][0]["wrapped"] = two;
        json["keys"][1]["wrapped"] = one;
        let moved = Keyset::from_json(json.to_string().as_bytes()).unwrap();
        // The keyset's MAC is asked before the token is.
        assert_eq!(kind(block_on(moved.unlock(&hsm))), Some(KeyErrorKind::Tampered));
        assert!(hsm.owns(hsm.reference()));
    }
}
