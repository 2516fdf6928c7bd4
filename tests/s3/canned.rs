//! A server that answers by a function, and counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use aws_sdk_s3::Client;

use crate::world::client;

pub(crate) enum Answer {
    /// Of a status, with headers (each ended) and a body.
    Http(u16, String, String),
    /// The connection is closed.
    HangUp,
    /// The connection stays open.
    Silence,
}

impl Answer {
    pub(crate) fn xml(status: u16, body: impl Into<String>) -> Self {
        Self::Http(
            status,
            "content-type: application/xml\r\n".into(),
            body.into(),
        )
    }

    /// A failure as S3 words it.
    pub(crate) fn failure(status: u16, code: &str) -> Self {
        Self::xml(
            status,
            format!(
                "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>User \
                 arn:aws:iam::111122223333:user/canary may not</Message></Error>"
            ),
        )
    }
}

pub(crate) struct Canned {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    server: JoinHandle<Vec<String>>,
}

impl Canned {
    /// `answer` is handed the method and target, such as `GET /bucket/key?versionId=1`, and how many
    /// requests there were before.
    pub(crate) fn start(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> Self {
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

    pub(crate) fn client(&self) -> Client {
        client(&format!("http://{}", self.address), ("test", "test"))
    }

    /// The methods and targets of all requests that were made.
    pub(crate) fn requests(self) -> Vec<String> {
        self.is_over.store(true, Ordering::SeqCst);
        // Connections are accepted in their order, so after this one there are no more.
        TcpStream::connect(self.address).unwrap();
        self.server.join().unwrap()
    }
}

fn serve(
    listener: &TcpListener,
    answer: &dyn Fn(&str, usize) -> Answer,
    ends: &AtomicBool,
) -> Vec<String> {
    let (mut requests, mut silent) = (Vec::new(), Vec::new());
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        if ends.load(Ordering::SeqCst) {
            return requests;
        }
        let request = read(&stream);
        let answer = answer(&request, requests.len());
        requests.push(request);
        match answer {
            Answer::Http(status, headers, body) => {
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} Canned\r\n{headers}content-length: {length}\r\n\
                     connection: close\r\n\r\n"
                );
                stream.write_all((head + &body).as_bytes()).unwrap();
            }
            Answer::HangUp => {}
            Answer::Silence => silent.push(stream),
        }
    }
}

/// The method and target, once the whole request was read.
fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
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
    reader.read_exact(&mut vec![0; length]).unwrap();
    first.rsplit_once(' ').unwrap().0.to_owned()
}
