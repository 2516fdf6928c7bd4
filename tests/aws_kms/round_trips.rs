//! What is wrapped comes back, at its own place only.

use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{KeyErrorKind, Kms, WrapContext, WrappedKey};

use crate::moto::{Moto, new_key};
use crate::world::{context, context_of, kind, payload};

#[tokio::test]
async fn what_is_wrapped_comes_back() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let kms = AwsKms::new(client, &key).unwrap();
    let one = kms.wrap(&payload(), &context()).await.unwrap();
    let two = kms.wrap(&payload(), &context()).await.unwrap();
    assert_eq!(one.reference(), key);
    assert_ne!(one.as_bytes(), two.as_bytes());
    for wrapped in [one, two] {
        let unwrapped = kms.unwrap(&wrapped, &context()).await.unwrap();
        assert_eq!(unwrapped.as_slice(), payload().as_slice());
    }
}

#[tokio::test]
async fn a_generated_key_comes_back() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let kms = AwsKms::new(client, &key).unwrap();
    let (one, wrapped) = kms.generate(&context()).await.unwrap();
    assert_eq!((one.len(), wrapped.reference()), (32, key.as_str()));
    let unwrapped = kms.unwrap(&wrapped, &context()).await.unwrap();
    assert_eq!(unwrapped.as_slice(), one.as_slice());

    let (two, _) = kms.generate(&context()).await.unwrap();
    assert_ne!(one.as_slice(), two.as_slice());
    let elsewhere = context_of("mercy-hospital", "patient-18", 7, 1);
    let refused = kind(kms.unwrap(&wrapped, &elsewhere).await);
    assert_eq!(refused, Some(KeyErrorKind::WrongKey));
}

#[tokio::test]
async fn a_wrapped_key_opens_in_its_own_place_only() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let kms = AwsKms::new(client.clone(), &key).unwrap();
    let wrapped = kms.wrap(&payload(), &context()).await.unwrap();
    let moved = [
        context_of("mercy-clinic", "patient-17", 7, 1),
        context_of("mercy-hospital", "patient-18", 7, 1),
        context_of("mercy-hospitalp", "atient-17", 7, 1),
        context_of("mercy-hospital", "patient-17", 8, 1),
        context_of("mercy-hospital", "patient-17", 7, 2),
        WrapContext::new(
            &Default::default(),
            &phi_seal::KeyId::from_bytes([7; 32]),
            1,
        ),
    ];
    for other in &moved {
        let refused = kind(kms.unwrap(&wrapped, other).await);
        assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{other:?}");
        let refused = kind(kms.rewrap(&wrapped, other).await);
        assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{other:?}");
    }

    // Nor without a context, for anybody who may use the key.
    let bare = client
        .decrypt()
        .key_id(&key)
        .ciphertext_blob(aws_sdk_kms::primitives::Blob::new(wrapped.as_bytes()))
        .send()
        .await;
    let refused = bare.unwrap_err().into_service_error();
    assert!(refused.is_invalid_ciphertext_exception(), "{refused:?}");
}

#[tokio::test]
async fn every_changed_byte_is_noticed() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let kms = AwsKms::new(client, &key).unwrap();
    let wrapped = kms.wrap(&payload(), &context()).await.unwrap();
    let len = wrapped.as_bytes().len();
    for at in 0..len {
        let mut bytes = wrapped.as_bytes().to_vec();
        bytes[at] ^= 1;
        let changed = WrappedKey::new(&key, bytes).unwrap();
        let refused = kind(kms.unwrap(&changed, &context()).await);
        // The first 36 bytes name the key, and for one that is not there access is denied.
        let expected = match at {
            0..36 => [KeyErrorKind::Denied, KeyErrorKind::WrongKey].as_slice(),
            _ => &[KeyErrorKind::WrongKey],
        };
        assert!(
            refused.is_some_and(|kind| expected.contains(&kind)),
            "{at}: {refused:?}"
        );
    }
    let cut = WrappedKey::new(&key, wrapped.as_bytes()[..len - 1].to_vec()).unwrap();
    let refused = kind(kms.unwrap(&cut, &context()).await);
    assert_eq!(refused, Some(KeyErrorKind::WrongKey));
}

#[tokio::test]
async fn a_key_of_another_name_does_not_unwrap() {
    let client = Moto::shared().client("us-east-1");
    let (one, two) = (new_key(&client).await, new_key(&client).await);
    let kms = AwsKms::new(client, &one).unwrap();
    let wrapped = kms.wrap(&payload(), &context()).await.unwrap();
    let kms = kms.also_unwraps(&two).unwrap();
    let renamed = WrappedKey::new(&two, wrapped.as_bytes().to_vec()).unwrap();
    // AWS calls it IncorrectKeyException (tests/aws_kms/failures.rs), moto AccessDeniedException.
    let refused = kind(kms.unwrap(&renamed, &context()).await);
    assert_eq!(refused, Some(KeyErrorKind::Denied));
}

#[tokio::test]
async fn a_key_that_is_not_there_is_not_found() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let (account, _) = key.rsplit_once('/').unwrap();
    let absent = format!("{account}/11111111-2222-3333-4444-555555555555");
    let kms = AwsKms::new(client, &absent).unwrap();
    let not_found = Some(KeyErrorKind::NotFound);
    assert_eq!(kind(kms.wrap(&payload(), &context()).await), not_found);
    assert_eq!(kind(kms.generate(&context()).await), not_found);
}
