//! AWS services that tests start: `moto`, a Python package.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Ends when its standard input does, and so with this process, even if that is killed.
const PROGRAM: &str = r#"
import os, sys, threading

def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)

threading.Thread(target=end_with_parent, daemon=True).start()
from moto.server import main
main(["-H", "127.0.0.1", "-p", "0"])
"#;

pub(crate) struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// The one that tests share which do not change its rules.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Moto> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With these variables in its environment.
    pub(crate) fn start_with(variables: &[(&str, &str)]) -> Self {
        let python = std::env::var("PHI_SEAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let missing = |what: &str| -> ! {
            panic!(
                "the tests of AWS services need the Python package moto ({what}): `pip install moto flask \
                 flask-cors`, and name that Python in the variable PHI_SEAL_PYTHON if it is not \
                 `python3`"
            )
        };
        let mut child = Command::new(&python)
            .args(["-c", PROGRAM])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| missing(&format!("{python}: {error}")));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let url = loop {
            let Some(Ok(line)) = lines.next() else {
                missing(&said)
            };
            if let Some((_, url)) = line.split_once("Running on ") {
                break url.trim().to_owned();
            }
            said = line;
        };
        // Or the pipe fills up, and it waits for somebody to read.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A bare HTTP request, and the answer's body.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
