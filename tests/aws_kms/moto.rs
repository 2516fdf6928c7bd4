//! A KMS that the tests start.

#[path = "../moto/mod.rs"]
mod server;

use aws_sdk_kms::Client;

pub(crate) use self::server::Moto;
use crate::world::client;

impl Moto {
    pub(crate) fn client(&self, region: &'static str) -> Client {
        client(self.url(), region, ("test", "test"))
    }
}

/// The ARN of a fresh key.
pub(crate) async fn new_key(client: &Client) -> String {
    let made = client.create_key().send().await.unwrap();
    made.key_metadata.unwrap().arn.unwrap()
}
