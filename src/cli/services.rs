//! Key management services by name.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::pin::Pin;

use super::failure::{Failure, Of};
use crate::key::{KeyError, KeyErrorKind, Kms};

#[derive(Default)]
pub(super) struct Services(Vec<Service>);

struct Service {
    scheme: &'static str,
    about: &'static str,
    opener: Box<dyn Open>,
}

impl Services {
    pub(super) fn add<K: Kms + 'static>(
        &mut self,
        scheme: &'static str,
        about: &'static str,
        open: impl AsyncFn(&str) -> Result<K, KeyError> + 'static,
    ) {
        self.0.retain(|known| known.scheme != scheme);
        let opener = Box::new(Opener(open, PhantomData));
        self.0.push(Service {
            scheme,
            about,
            opener,
        });
    }

    /// The service that an argument names. The argument is not quoted when something is wrong:
    /// somebody may have written a key there.
    pub(super) async fn open(
        &self,
        argument: &'static str,
        name: &str,
    ) -> Result<Arc<dyn Kms>, Failure> {
        let (scheme, rest) = name.split_once(':').unwrap_or((name, ""));
        let service = self.0.iter().find(|known| known.scheme == scheme);
        let unknown = KeyError::new(
            KeyErrorKind::Malformed,
            "no kms of this name; write one of those that phi-seal --help lists",
        );
        match service {
            Some(service) if !rest.is_empty() => service.opener.open(rest).await.of(argument),
            _ => Err(unknown).of(argument),
        }
    }

    pub(super) fn help(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|service| ["\n  ", service.about].concat());
        let list: String = lines.collect();
        ["KMS, for --kms, --from and --to:", &list].concat()
    }
}

trait Open {
    fn open<'a>(&'a self, rest: &'a str) -> Opening<'a>;
}

type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Kms>, KeyError>> + 'a>>;

struct Opener<F, K>(F, PhantomData<fn() -> K>);

impl<F: AsyncFn(&str) -> Result<K, KeyError>, K: Kms + 'static> Open for Opener<F, K> {
    fn open<'a>(&'a self, rest: &'a str) -> Opening<'a> {
        Box::pin(async move { Ok(Arc::new((self.0)(rest).await?) as Arc<dyn Kms>) })
    }
}
