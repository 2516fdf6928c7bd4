//! A server that gives every request the same answer, or none, and counts them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use aws_sdk_kms::Client;

use crate::world::{KEY, client};

pub(crate) enum Answer {
    /// Of a status, with a JSON body.
    Json(u16, String),
    /// Of a status, with a body that is none.
    Text(u16, &'static str),
    /// The connection is closed.
    HangUp,
    /// The connection stays open.
    Silence,
}

impl Answer {
    /// A failure as AWS words it.
    pub(crate) fn failure(status: u16, code: &str) -> Self {
        let message = "User: arn:aws:iam::111122223333:user/canary-user may not";
        Self::Json(
            status,
            format!(r#"{{"__type":"{code}","message":"{message}"}}"#),
        )
    }

    fn http(&self) -> Option<String> {
        let (status, media, body) = match self {
            Self::Json(status, body) => (status, "application/x-amz-json-1.1", body.as_str()),
            Self::Text(status, body) => (status, "text/plain", *body),
            Self::HangUp | Self::Silence => return None,
        };
        let length = body.len();
        Some(format!(
            "HTTP/1.1 {status} Canned\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        ))
    }
}

pub(crate) struct Canned {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    server: JoinHandle<Vec<String>>,
}

impl Canned {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let server = std::thread::spawn(move || serve(&listener, &answer, &ends));
        Self {
            address,
            is_over,
            server,
        }
    }

    /// A client of it, in the Region of [`KEY`].
    pub(crate) fn client(&self) -> Client {
        self.client_in("us-east-1")
    }

    pub(crate) fn client_in(&self, region: &'static str) -> Client {
        let url = format!("http://{}", self.address);
        client(&url, region, ("test", "test"))
    }

    /// The bodies of all requests that were made, an empty one where none was read.
    pub(crate) fn requests(self) -> Vec<String> {
        self.is_over.store(true, Ordering::SeqCst);
        // Connections are accepted in their order, so after this one there are no more.
        TcpStream::connect(self.address).unwrap();
        self.server.join().unwrap()
    }
}

fn serve(listener: &TcpListener, answer: &Answer, ends: &AtomicBool) -> Vec<String> {
    let (mut bodies, mut silent) = (Vec::new(), Vec::new());
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        if ends.load(Ordering::SeqCst) {
            return bodies;
        }
        if matches!(answer, Answer::Silence) {
            bodies.push(String::new());
            silent.push(stream);
            continue;
        }
        bodies.push(body(&stream));
        if let Some(answer) = answer.http() {
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }
}

fn body(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// What Decrypt and GenerateDataKey answer.
pub(crate) fn plaintext(key: &str, base64: &str) -> Answer {
    Answer::Json(
        200,
        format!(r#"{{"KeyId":"{key}","Plaintext":"{base64}","CiphertextBlob":"AAAA"}}"#),
    )
}

/// What Encrypt and ReEncrypt answer.
pub(crate) fn ciphertext(key: &str, source: &str) -> Answer {
    Answer::Json(
        200,
        format!(r#"{{"KeyId":"{key}","SourceKeyId":"{source}","CiphertextBlob":"AAAA"}}"#),
    )
}

/// Everything as asked for under [`KEY`].
pub(crate) fn honest() -> Answer {
    Answer::Json(
        200,
        format!(
            r#"{{"KeyId":"{KEY}","SourceKeyId":"{KEY}","CiphertextBlob":"AAAA","Plaintext":"{}"}}"#,
            "A".repeat(43) + "="
        ),
    )
}
