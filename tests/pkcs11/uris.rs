//! A key by its URI.

use phi_seal::integration::pkcs11::Pkcs11Uri;
use phi_seal::key::KeyErrorKind;
use pollster::block_on;

use crate::ward::{PAYLOAD, PIN, created, key, kind, unwrap, wrap};

alone! {
    fn a_uri_opens_the_key_it_names(ward) {
        let module = ward.module();
        let made = created(&module);
        std::fs::write(ward.path("pin"), PIN).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(ward.path("pin"), std::fs::Permissions::from_mode(0o600)).unwrap();
        let soft_hsm = crate::process::soft_hsm();
        let uri = |pin: &str| {
            let reference = key().reference().to_owned();
            let uri = format!("{reference}?pin-source={pin}&module-path={}", soft_hsm.display());
            Pkcs11Uri::parse(&uri).unwrap()
        };
        let by_file = uri(&format!("file:{}", ward.path("pin").display()));
        assert_eq!(by_file.key(), &key());
        let kms = block_on(by_file.builder().unwrap().open()).unwrap();
        assert_eq!(unwrap(&kms, &wrap(&made).unwrap()).unwrap(), PAYLOAD);
        let with_a_host = uri(&format!("file://{}", ward.path("pin").display()));
        assert!(block_on(with_a_host.builder_in(&module).open()).is_ok());
        // The source is asked for the PIN once somebody must log in, and all have logged out.
        drop((made, kms));
        let nowhere = uri("env:PHI_SEAL_NO_SUCH_PIN");
        assert_eq!(kind(block_on(nowhere.builder_in(&module).open())), Some(KeyErrorKind::NotFound));
    }
}

#[test]
fn a_uri_has_one_reading() {
    let good =
        "pkcs11:token=ward%203;object=phi%20root;id=%01%a2?module-path=/m.so&pin-source=env:P";
    let uri = Pkcs11Uri::parse(good).unwrap();
    assert_eq!(uri.key(), &key());
    let reordered = "pkcs11:type=secret-key;id=%01%A2;object=phi%20root;token=ward%203?pin-source=env%3AP&module-path=%2Fm.so";
    assert!(Pkcs11Uri::parse(reordered).unwrap() == uri);
    assert!(!format!("{uri:?}").contains("env"));
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for bad in [
        String::new(),
        "pkcs11:".into(),
        replaced("pkcs11:", "PKCS11:"),
        replaced("pkcs11:", ""),
        replaced("?", ";"),
        replaced("?module", "?&module"),
        replaced("token=ward%203;", ""),
        replaced("object=phi%20root;", ""),
        replaced(";id=%01%a2", ""),
        replaced("token=ward%203", "token="),
        replaced("token=ward%203", "token=ward%2"),
        replaced("token=ward%203", "token=ward%zz"),
        replaced("token=ward%203", "token=ward 3"),
        replaced("token=ward%203", "token=ward+3"),
        replaced("token=ward%203", "token=%ff"),
        replaced("token=ward%203", "token=a;token=b"),
        replaced("token=ward%203", "token=a;serial=7"),
        replaced("id=", "type=private;id="),
        replaced("module-path=/m.so&", ""),
        replaced("module-path=/m.so", "module-path=m.so"),
        replaced("module-path=/m.so", "module-name=m"),
        replaced("&pin-source=env:P", ""),
        replaced("env:P", "P"),
        replaced("env:P", "env:"),
        replaced("env:P", "env:A%3DB"),
        replaced("env:P", "file:pin"),
        replaced("env:P", "file://host/pin"),
        replaced("env:P", "%7Ccat%20/pin"),
        replaced("pin-source=env:P", "pin-value=1234"),
        format!("{good}&pin-value=1234"),
        format!("{good}&x=y"),
        format!("{good}?"),
        format!("{good}#"),
    ] {
        let refused = Pkcs11Uri::parse(&bad).map_err(|error| (error.kind(), error.to_string()));
        let (kind, message) = refused.unwrap_err();
        assert_eq!(kind, KeyErrorKind::Malformed, "{bad}");
        assert!(!message.contains("1234"));
    }
}
