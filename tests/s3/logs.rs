//! Nothing of a request in any log, at TRACE.

use phi_seal::audit::journal::Anchor;
use phi_seal::integration::s3::S3Anchor;

use crate::moto::Moto;
use crate::world::{Bucket, journal_key, signed};

#[path = "../tracing/capture.rs"]
mod capture;

#[test]
fn a_log_of_everything_shows_no_request() {
    let bucket = Bucket::new(Moto::shared());
    let key = journal_key();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    // What the thread that drives the runtime logs, and so whatever is logged of a request.
    let lines = capture::captured(|| {
        runtime.block_on(async {
            bucket.client.list_buckets().send().await.unwrap();
            tracing::trace!("the calls begin");
            let anchor = S3Anchor::new(bucket.client.clone(), &bucket.name, handle);
            let (done, is_done) = tokio::sync::oneshot::channel();
            let caller = std::thread::spawn(move || {
                anchor.check().unwrap();
                anchor.publish(&signed(&key, 5, "a")).unwrap();
                anchor.latest(key.origin()).unwrap();
                done.send(()).unwrap();
            });
            is_done.await.unwrap();
            tracing::trace!("the calls end");
            caller.join().unwrap();
        });
    });
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let message = line["fields"]["message"].as_str();
            (line["target"].as_str().unwrap(), message)
        })
        .collect();
    let at = |message| told.iter().position(|(_, own)| *own == Some(message));
    let (begin, end) = (at("the calls begin").unwrap(), at("the calls end").unwrap());
    let of_sdk = |line: &&(&str, Option<&str>)| line.0.starts_with("aws_");
    assert_ne!(told[..begin].iter().find(of_sdk), None);
    assert_eq!(told[begin..end].iter().find(of_sdk), None);
}
