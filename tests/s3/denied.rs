//! Callers whom IAM does not let.

use phi_seal::audit::journal::{Anchor, AnchorErrorKind};

use crate::moto::Moto;
use crate::world::{Bucket, client, hasty, journal_key, kind, signed};

/// On a server of its own: whether IAM is asked is a switch of the whole server.
#[test]
fn a_caller_may_do_what_iam_says_and_no_more() {
    let moto = Moto::start();
    let bucket = Bucket::new(&moto);
    let key = journal_key();
    bucket.anchor().publish(&signed(&key, 5, "a")).unwrap();
    let keys = user_who_may_list(&moto);
    moto.post("/moto-api/reset-auth", "content-type: text/plain\r\n", "0");

    let denied = Some(AnchorErrorKind::Denied);
    let lister = hasty(client(moto.url(), (&keys.0, &keys.1)), &bucket.name);
    assert_eq!(kind(lister.publish(&signed(&key, 6, "a"))), denied);
    assert_eq!(kind(lister.check()), denied);
    let latest = lister.latest(key.origin()).unwrap().unwrap();
    assert_eq!(latest, signed(&key, 5, "a").as_str());

    let nobody = hasty(client(moto.url(), ("test", "test")), &bucket.name);
    assert_eq!(kind(nobody.latest(key.origin())), denied);
}

/// The access key of a fresh user, who may list and read.
fn user_who_may_list(moto: &Moto) -> (String, String) {
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
    iam("Action=PutUserPolicy&PolicyName=read&PolicyDocument=\
         %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22\
         %2C%22Action%22%3A%5B%22s3%3AListBucketVersions%22%2C%22s3%3AGetObject%2A%22%5D\
         %2C%22Resource%22%3A%22%2A%22%7D%5D%7D");
    let made = iam("Action=CreateAccessKey");
    let member = |name: &str| {
        let (_, rest) = made.split_once(&format!("<{name}>")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    (member("AccessKeyId"), member("SecretAccessKey"))
}
