//! Servers of the tests end with their owners and leave nothing.

use std::time::{Duration, Instant};

use crate::server::Server;

#[test]
fn nothing_is_left_of_a_server() {
    let server = Server::start().unwrap();
    server.create_database("some").unwrap();
    assert!(server.create_database("some").is_err());
    let folder = server.folder().to_path_buf();
    let pid = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    assert!(is_running(pid));

    drop(server);
    assert!(!folder.exists());
    assert!(!is_running(pid));
}

/// The owner is another process here, which is killed and so drops nothing.
#[test]
fn a_server_ends_with_its_owner_however_that_ends() {
    let owner = std::env::current_exe().unwrap();
    let mut owner = std::process::Command::new(owner)
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("server_ends::an_owner_who_is_killed")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(owner.stdout.take().unwrap());
    let line = std::io::BufRead::lines(lines)
        .map_while(Result::ok)
        .find_map(|line| line.split_once("pid: ").map(|(_, pid)| pid.to_string()))
        .unwrap();
    let (pid, folder) = line.split_once(' ').unwrap();
    assert!(is_running(pid));

    owner.kill().unwrap();
    owner.wait().unwrap();
    let since = Instant::now();
    while is_running(pid) || std::path::Path::new(folder).exists() {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{pid} still runs"
        );
        std::thread::yield_now();
    }
}

#[test]
#[ignore = "another test runs it and kills it"]
fn an_owner_who_is_killed() {
    let server = Server::start().unwrap();
    let folder = server.folder().display().to_string();
    let pid = std::fs::read_to_string(format!("{folder}/data/postmaster.pid")).unwrap();
    #[allow(clippy::print_stdout)]
    {
        println!("pid: {} {folder}", pid.lines().next().unwrap());
    }
    // Until it is killed; the bound is for whoever runs this test by itself.
    std::thread::park_timeout(Duration::from_secs(30));
}

fn is_running(pid: &str) -> bool {
    let kill = std::process::Command::new("kill")
        .args(["-0", pid])
        .stderr(std::process::Stdio::null())
        .status();
    kill.unwrap().success()
}
