//! Outside vectors of what keys are derived with.

use alloc::vec;
use alloc::vec::Vec;

use hkdf::Hkdf;
use sha2::Sha256;

use super::text::{from_hex, to_hex};

/// RFC 5869, appendix A.1 to A.3: the Expand step, from each case's PRK.
#[test]
fn hkdf_expand_agrees_with_rfc_5869() {
    let long_info: Vec<u8> = (0xb0..=0xff).collect();
    let cases: [(&str, &[u8], &str); 3] = [
        (
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            &[0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9],
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            &long_info,
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            &[],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (prk, info, okm) in cases {
        let mut out = vec![0; okm.len() / 2];
        let prk: [u8; 32] = from_hex(prk).expect("the PRK has 64 digits");
        let hkdf = Hkdf::<Sha256>::from_prk(&prk).expect("32 bytes make a PRK");
        let result = hkdf.expand(info, &mut out);
        assert!(result.is_ok());
        assert_eq!(to_hex(&out), okm);
    }
}

#[test]
fn hexadecimal_has_one_spelling() {
    assert_eq!(from_hex("00ff1a"), Some([0, 0xff, 0x1a]));
    for bad in [
        "", "00ff1", "00ff1a0", "00ff1a00", "00FF1A", "00ff1g", " 0ff1a", "00ffä",
    ] {
        assert_eq!(from_hex::<3>(bad), None, "{bad:?}");
    }
}
