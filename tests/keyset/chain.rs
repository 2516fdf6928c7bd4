//! Several KMSs behind one: who is asked, and who is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use phi_seal::SecretBytes;
use phi_seal::key::{
    BoxFuture, KeyError, KeyErrorKind, Keyset, Kms, KmsChain, LocalKms, WrapContext, WrappedKey,
};
use pollster::block_on;

use crate::fixtures::{exported, keyset, kind, local};

#[test]
fn a_local_kms_owns_what_names_its_root_key() {
    let (kms, other) = (local(), local());
    assert!(kms.owns(kms.reference()));
    assert!(!kms.owns(other.reference()) && !kms.owns(""));
    assert!(!kms.owns(&kms.reference()[..20]));
}

#[test]
fn exactly_the_owner_is_asked() {
    let members: Vec<_> = (0..3).map(|_| Arc::new(Member::new(local()))).collect();
    let chain = chain_of(&members);
    for owner in &members {
        let keyset = keyset(owner);
        let keys = exported(&block_on(keyset.unlock(&**owner)).unwrap());
        members.iter().for_each(|member| member.reset());
        assert_eq!(exported(&block_on(keyset.unlock(&chain)).unwrap()), keys);
        for member in &members {
            let asked = if Arc::ptr_eq(member, owner) { 5 } else { 0 };
            assert_eq!((member.unwraps(), member.wraps()), (asked, 0));
        }
    }
    let stranger = keyset(&local());
    members.iter().for_each(|member| member.reset());
    let refused = kind(block_on(stranger.unlock(&chain)));
    assert_eq!(refused, Some(KeyErrorKind::WrongKey));
    assert!(members.iter().all(|member| member.unwraps() == 0));
}

#[test]
fn only_the_first_wraps() {
    let members: Vec<_> = (0..2).map(|_| Arc::new(Member::new(local()))).collect();
    let chain = chain_of(&members);
    let keyset = keyset(&chain);
    assert_eq!(members[1].wraps() + members[1].unwraps(), 0);
    assert!(block_on(keyset.unlock(&members[0])).is_ok());

    let context = WrapContext::new(
        &Default::default(),
        &phi_seal::KeyId::from_bytes([7; 32]),
        1,
    );
    let (drawn, wrapped) = block_on(chain.generate(&context)).unwrap();
    assert_eq!(wrapped.reference(), members[0].kms.reference());
    let unwrapped = block_on(chain.unwrap(&wrapped, &context)).unwrap();
    assert_eq!(unwrapped.as_slice(), drawn.as_slice());
    assert_eq!(members[1].wraps() + members[1].unwraps(), 0);

    // Nor does another wrap when the first is down.
    members[0].answer_with(KeyErrorKind::Unavailable);
    let refused = kind(block_on(Keyset::generate(&chain)));
    assert_eq!(refused, Some(KeyErrorKind::Unavailable));
    assert_eq!(members[1].wraps() + members[1].unwraps(), 0);
}

#[test]
fn another_owner_of_the_same_key_is_asked_only_when_the_first_cannot_answer() {
    let kms = Arc::new(local());
    let (one, two) = (Member::new(kms.clone()), Member::new(kms.clone()));
    let stranger = Arc::new(Member::new(local()));
    let (one, two) = (Arc::new(one), Arc::new(two));
    let chain = chain_of(&[one.clone(), stranger.clone(), two.clone()]);
    let keyset = keyset(&kms);
    for failure in FAILURES {
        let may_pass = matches!(failure, KeyErrorKind::Unavailable | KeyErrorKind::Throttled);
        for member in [&one, &two] {
            member.reset();
        }
        one.answer_with(failure);
        let answer = kind(block_on(keyset.verify(&chain)));
        let expected = if may_pass { None } else { Some(failure) };
        assert_eq!(answer, expected, "{failure:?}");
        assert_eq!((one.unwraps(), two.unwraps()), (1, u32::from(may_pass)));

        // The last answer is the answer.
        one.answer_with(KeyErrorKind::Unavailable);
        two.answer_with(failure);
        assert_eq!(kind(block_on(keyset.verify(&chain))), Some(failure));
    }
    assert_eq!(stranger.unwraps(), 0);
}

#[test]
fn a_member_that_claims_everything_is_refused() {
    #[derive(Debug)]
    struct Greedy(LocalKms);
    impl Kms for Greedy {
        fn wrap<'a>(
            &'a self,
            payload: &'a SecretBytes,
            context: &'a WrapContext,
        ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
            self.0.wrap(payload, context)
        }
        fn unwrap<'a>(
            &'a self,
            wrapped: &'a WrappedKey,
            context: &'a WrapContext,
        ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
            self.0.unwrap(wrapped, context)
        }
    }
    let contract = Some(KeyErrorKind::Contract);
    assert_eq!(kind(KmsChain::new(Greedy(local()))), contract);
    let chain = KmsChain::new(local()).unwrap();
    assert_eq!(kind(chain.clone().also_unwraps(Greedy(local()))), contract);
    assert_eq!(
        kind(chain.also_unwraps(Arc::new(Greedy(local())))),
        contract
    );
}

#[test]
fn a_keyset_moves_from_one_member_to_the_first() {
    let (old, new) = (Arc::new(local()), Arc::new(local()));
    let mut keyset = keyset(&old);
    let keys = exported(&block_on(keyset.unlock(&old)).unwrap());
    let chain = KmsChain::new(new.clone()).unwrap();
    let chain = chain.also_unwraps(old.clone()).unwrap();

    block_on(keyset.rotate(&chain)).unwrap();
    let mixed = exported(&block_on(keyset.unlock(&chain)).unwrap());
    assert!(keys.iter().all(|key| mixed.contains(key)) && mixed.len() == keys.len() + 1);
    for alone in [&old, &new] {
        let refused = kind(block_on(keyset.unlock(alone)));
        assert_eq!(refused, Some(KeyErrorKind::WrongKey));
    }
    block_on(keyset.rewrap(&chain, &chain)).unwrap();
    assert_eq!(exported(&block_on(keyset.unlock(&new)).unwrap()), mixed);
    assert!(!keyset.to_json().contains(old.reference()));
}

#[test]
fn what_the_service_wraps_anew_is_read_back() {
    let kms = Arc::new(local());
    let member = Arc::new(Member::new(kms.clone()));
    let honest = keyset(&kms);
    for (from_service, expected) in [
        (Rewrap::Another, Some(KeyErrorKind::WrongKey)),
        (Rewrap::Foreign, Some(KeyErrorKind::WrongKey)),
        (Rewrap::Same, None),
        (Rewrap::Cannot, None),
    ] {
        *member.rewrap.lock().unwrap() = from_service;
        let mut keyset = honest.clone();
        let chain = chain_of(std::slice::from_ref(&member));
        let rewrapped = kind(block_on(keyset.rewrap(&kms, &chain)));
        assert_eq!(rewrapped, expected, "{from_service:?}");
        assert_eq!(keyset == honest, expected.is_some());
        if expected.is_none() {
            let keys = exported(&block_on(honest.unlock(&kms)).unwrap());
            assert_eq!(exported(&block_on(keyset.unlock(&kms)).unwrap()), keys);
        }
    }
}

const FAILURES: [KeyErrorKind; 8] = [
    KeyErrorKind::Unavailable,
    KeyErrorKind::Throttled,
    KeyErrorKind::Denied,
    KeyErrorKind::Disabled,
    KeyErrorKind::NotFound,
    KeyErrorKind::WrongKey,
    KeyErrorKind::Contract,
    KeyErrorKind::Destroyed,
];

fn chain_of(members: &[Arc<Member>]) -> KmsChain {
    let (first, others) = members.split_first().unwrap();
    let first = KmsChain::new(Arc::clone(first)).unwrap();
    others.iter().fold(first, |chain, member| {
        chain.also_unwraps(Arc::clone(member)).unwrap()
    })
}

/// What a [`Member`] answers when it is asked to wrap anew by itself.
#[derive(Clone, Copy, Debug)]
enum Rewrap {
    Cannot,
    /// The same wrapped key.
    Same,
    /// A key that nobody asked about, for the right place.
    Another,
    /// A wrapped key of another service.
    Foreign,
}

/// Counts what it is asked, and fails as the test wants it to.
#[derive(Debug)]
struct Member {
    kms: Arc<LocalKms>,
    failure: std::sync::Mutex<Option<KeyErrorKind>>,
    rewrap: std::sync::Mutex<Rewrap>,
    wraps: AtomicU32,
    unwraps: AtomicU32,
}

impl Member {
    fn new(kms: impl Into<Arc<LocalKms>>) -> Self {
        Self {
            kms: kms.into(),
            failure: None.into(),
            rewrap: Rewrap::Cannot.into(),
            wraps: AtomicU32::new(0),
            unwraps: AtomicU32::new(0),
        }
    }

    fn answer_with(&self, kind: KeyErrorKind) {
        *self.failure.lock().unwrap() = Some(kind);
    }

    fn reset(&self) {
        *self.failure.lock().unwrap() = None;
        self.wraps.store(0, Ordering::Relaxed);
        self.unwraps.store(0, Ordering::Relaxed);
    }

    fn wraps(&self) -> u32 {
        self.wraps.load(Ordering::Relaxed)
    }

    fn unwraps(&self) -> u32 {
        self.unwraps.load(Ordering::Relaxed)
    }

    fn fails(&self) -> Result<(), KeyError> {
        match *self.failure.lock().unwrap() {
            Some(kind) => Err(KeyError::new(kind, "the test wants it so")),
            None => Ok(()),
        }
    }
}

impl Kms for Member {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.wraps.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.fails()?;
            self.kms.wrap(payload, context).await
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        self.unwraps.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.fails()?;
            self.kms.unwrap(wrapped, context).await
        })
    }

    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        let answer = *self.rewrap.lock().unwrap();
        Box::pin(async move {
            let mut payload = SecretBytes::from_vec(vec![7; 32]);
            payload.append(&context.digest());
            match answer {
                Rewrap::Cannot => Ok(None),
                Rewrap::Same => Ok(Some(wrapped.clone())),
                Rewrap::Another => self.kms.wrap(&payload, context).await.map(Some),
                Rewrap::Foreign => local().wrap(&payload, context).await.map(Some),
            }
        })
    }

    fn owns(&self, reference: &str) -> bool {
        self.kms.owns(reference)
    }
}
