//! Callers whom IAM does not let.

use phi_seal::key::{KeyErrorKind, Kms};

use crate::moto::{Moto, new_key};
use crate::world::{client, context, hasty, kind, payload};

/// On a server of its own: whether IAM is asked is a switch of the whole server.
#[tokio::test]
async fn a_caller_may_do_what_iam_says_and_no_more() {
    let moto = Moto::start();
    let key = new_key(&moto.client("us-east-1")).await;
    let keys = user_who_may_encrypt(&moto);
    moto.post("/moto-api/reset-auth", "content-type: text/plain\r\n", "0");

    let denied = Some(KeyErrorKind::Denied);
    let kms = hasty(client(moto.url(), "us-east-1", (&keys.0, &keys.1)), &key);
    let wrapped = kms.wrap(&payload(), &context()).await.unwrap();
    assert_eq!(kind(kms.unwrap(&wrapped, &context()).await), denied);
    assert_eq!(kind(kms.generate(&context()).await), denied);
    assert_eq!(kind(kms.rewrap(&wrapped, &context()).await), denied);

    let nobody = hasty(moto.client("us-east-1"), &key);
    assert_eq!(kind(nobody.wrap(&payload(), &context()).await), denied);
}

/// The access key of a fresh user.
fn user_who_may_encrypt(moto: &Moto) -> (String, String) {
    let iam = |form: &str| {
        let scope = "Credential=test/20260101/us-east-1/iam/aws4_request";
        let headers = format!(
            "authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        moto.post(
            "/",
            &headers,
            &format!("Version=2010-05-08&UserName=app&{form}"),
        )
    };
    iam("Action=CreateUser");
    iam("Action=PutUserPolicy&PolicyName=wrap&PolicyDocument=\
         %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22\
         %2C%22Action%22%3A%22kms%3AEncrypt%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D");
    let made = iam("Action=CreateAccessKey");
    let member = |name: &str| {
        let (_, rest) = made.split_once(&format!("<{name}>")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    (member("AccessKeyId"), member("SecretAccessKey"))
}
