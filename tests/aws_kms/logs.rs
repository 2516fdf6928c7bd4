//! No key byte in any log, error or `Debug`, at TRACE.

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use phi_seal::SecretBytes;
use phi_seal::key::Kms;
use tracing_subscriber::fmt::MakeWriter;

use crate::moto::{Moto, new_key};
use crate::world::{context, context_of, hasty, payload};

#[test]
fn a_log_of_everything_shows_no_key() {
    let mut said = String::new();
    let mut drawn = SecretBytes::default();
    let log = logged(async {
        let client = Moto::shared().client("us-east-1");
        let key = new_key(&client).await;
        let kms = hasty(client, &key);
        tracing::trace!("the calls begin");
        let wrapped = kms.wrap(&payload(), &context()).await.unwrap();
        let unwrapped = kms.unwrap(&wrapped, &context()).await.unwrap();
        let rewrapped = kms.rewrap(&wrapped, &context()).await.unwrap();
        let generated = kms.generate(&context()).await.unwrap();
        let again = kms.unwrap(&generated.1, &context()).await.unwrap();
        let elsewhere = context_of("mercy-hospital", "patient-18", 7, 1);
        let refused = kms.unwrap(&wrapped, &elsewhere).await.unwrap_err();
        said = format!("{kms:?} {wrapped:?} {unwrapped:?} {rewrapped:?} {generated:?} {again:?}");
        said += &format!("{refused:?} {refused}");
        drawn = generated.0;
        tracing::trace!("the calls end");
    });
    for secret in [payload().as_slice(), drawn.as_slice()] {
        assert_eq!(secret_in(secret, &log), None);
        assert_eq!(secret_in(secret, said.as_bytes()), None, "{said}");
    }
    // Everybody logged what they had to say, until it came to the calls.
    let text = String::from_utf8_lossy(&log);
    let (before, after) = text.split_once("the calls begin").unwrap();
    assert!(before.contains("aws_smithy_runtime") && before.contains("CreateKey"));
    assert!(
        after.contains("the calls end") && !after.contains("aws_smithy_runtime"),
        "{after}"
    );
}

#[test]
fn a_leaky_log_would_be_found_out() {
    let payload = payload();
    let bytes = payload.as_slice();
    for leak in [
        format!("{bytes:?}"),
        format!("{bytes:02x?}"),
        format!("b\"{}\"", bytes.escape_ascii()),
        format!("{:?}", aws_sdk_kms::primitives::Blob::new(bytes)),
        format!("Plaintext: {}", STANDARD_NO_PAD.encode(bytes)),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    ] {
        let log = logged(async { tracing::trace!("{leak}") });
        assert!(secret_in(bytes, &log).is_some(), "{leak}");
    }
}

/// The spelling in which the beginning or the middle of the secret is in `text`.
fn secret_in(secret: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    // Multiples of 3 bytes are whole base64 symbols.
    let pieces = [&secret[..12], &secret[12..24]];
    let joined = |piece: &[u8], f: &dyn Fn(&u8) -> String, between| {
        piece
            .iter()
            .map(f)
            .collect::<Vec<_>>()
            .join(between)
            .into_bytes()
    };
    let spellings = pieces.into_iter().flat_map(|piece| {
        [
            piece.to_vec(),
            joined(piece, &|byte| format!("{byte:02x}"), ""),
            joined(piece, &|byte| format!("{byte:02X}"), ""),
            joined(piece, &|byte| format!("{byte:02x}"), ", "),
            joined(piece, &|byte| byte.to_string(), ", "),
            piece.escape_ascii().to_string().into_bytes(),
            STANDARD_NO_PAD.encode(piece).into_bytes(),
            URL_SAFE_NO_PAD.encode(piece).into_bytes(),
        ]
    });
    let mut spellings = spellings;
    spellings.find(|spelling| {
        text.windows(spelling.len())
            .any(|window| window == spelling)
    })
}

/// What is logged at TRACE by whatever crate while `f` runs.
fn logged(f: impl Future<Output = ()>) -> Vec<u8> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tracing::subscriber::with_default(subscriber, || runtime.block_on(f));
    let bytes = log.0.lock().unwrap();
    bytes.clone()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
