//! A PostgreSQL server of one's own: in a temporary folder, on a socket in that folder and on no
//! network, gone when its owner is.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
///
/// Ends with this value or, however that comes about, with this process.
pub(crate) struct Server {
    folder: PathBuf,
    watchdog: Child,
}

impl Server {
    /// Creates a database cluster and serves it.
    ///
    /// Takes `initdb` and `postgres` from the path or from where Debian puts them. They refuse to
    /// run as root, so that root runs them as the user `postgres`.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let (initdb, postgres) = (find("initdb")?, find("postgres")?);
        let user = unprivileged_user()?;
        let folder = create_folder(user)?;
        let data = folder.join("data");
        let log = File::create(folder.join("log"))?;

        let mut command = Command::new(initdb);
        command
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(&data);
        let outcome = run_as(&mut command, user).current_dir(&folder).output()?;
        if !outcome.status.success() {
            let complaint = String::from_utf8_lossy(&outcome.stderr).into_owned();
            fs::remove_dir_all(&folder)?;
            return Err(format!("initdb failed: {complaint}").into());
        }

        let mut command = Command::new("sh");
        command.args(["-c", WATCHDOG, "watchdog"]).arg(&folder);
        command.arg(postgres).arg("-D").arg(&data);
        command.arg("-k").arg(&folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let watchdog = run_as(&mut command, user)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // An interrupt at the terminal is for the owner; the watchdog sees it end.
            .process_group(0)
            .spawn()?;
        let mut server = Self { folder, watchdog };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Creates an empty database.
    pub(crate) fn create_database(&self, name: &str) -> Result<(), Box<dyn Error>> {
        let mut connection = self.connect()?;
        let mut query = format!("CREATE DATABASE \"{name}\"").into_bytes();
        query.push(0);
        connection.write_all(b"Q")?;
        send(&mut connection, &query)?;
        until_idle(&mut connection)?;
        Ok(())
    }

    /// For drivers that take a URL.
    pub(crate) fn url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{database}")
    }

    /// The folder of the data, the log and the socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn wait_until_ready(&mut self) -> Result<(), Box<dyn Error>> {
        let started = Instant::now();
        loop {
            let refusal = match self.connect() {
                Ok(_) => return Ok(()),
                Err(refusal) => refusal,
            };
            if self.watchdog.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL did not start: {refusal}\n{log}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Logs in, by version 3.0 of PostgreSQL's protocol.
    fn connect(&self) -> io::Result<UnixStream> {
        let mut connection = UnixStream::connect(self.folder.join(".s.PGSQL.5432"))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        let login = b"\x00\x03\x00\x00user\0postgres\0database\0postgres\0\0";
        send(&mut connection, login)?;
        until_idle(&mut connection)?;
        Ok(connection)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // By now it has seen the end of its input. What else can go wrong has no remedy here.
        let _ = self.watchdog.wait();
    }
}

/// Runs a server until its own input ends, which is when the owner closes it or is no more; then
/// removes the folder. SIGQUIT ends a server that has clients, SIGTERM one that is not up yet.
const WATCHDOG: &str = r#"
folder=$1; shift
"$@" </dev/null & server=$!
read -r _
kill -s TERM "$server"; kill -s QUIT "$server"
wait "$server"
rm -rf "$folder"
"#;

/// Nothing here outlives the server, so nothing waits for the disk.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=100",
    "shared_buffers=32MB",
];

/// Debian keeps the programs of its package out of the path.
fn find(program: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let mut candidates = folders.into_iter().map(|folder| folder.join(program));
    candidates.find(|file| file.is_file()).ok_or_else(|| {
        format!(
            "no `{program}` in the path or in /usr/lib/postgresql: install PostgreSQL \
             (Debian and Ubuntu: apt-get install postgresql)"
        )
        .into()
    })
}

/// The numbers of the user and group to run as, if not as ourselves.
fn unprivileged_user() -> Result<Option<(u32, u32)>, Box<dyn Error>> {
    if number_of(&["-u"])? != 0 {
        return Ok(None);
    }
    let numbers = (
        number_of(&["-u", "postgres"])?,
        number_of(&["-g", "postgres"])?,
    );
    Ok(Some(numbers))
}

fn number_of(arguments: &[&str]) -> Result<u32, Box<dyn Error>> {
    let output = Command::new("id").args(arguments).output()?;
    let number = String::from_utf8(output.stdout)?;
    number.trim().parse().map_err(|_| {
        "PostgreSQL does not run as root, and there is no user `postgres` to run it as".into()
    })
}

fn run_as(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    match user {
        Some((user, group)) => command.uid(user).gid(group),
        None => command,
    }
}

/// For its owner only, with a path that is short enough for a socket.
fn create_folder(user: Option<(u32, u32)>) -> io::Result<PathBuf> {
    let unique = format!("phi-pg-{}-{:x}", std::process::id(), random()?);
    let folder = std::env::temp_dir().join(unique);
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    if let Some((user, group)) = user {
        chown(&folder, Some(user), Some(group))?;
    }
    Ok(folder)
}

fn random() -> io::Result<u32> {
    let mut bytes = [0; 4];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

/// A message: its length, which counts itself, and its body.
fn send(connection: &mut UnixStream, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
    connection.write_all(&length.to_be_bytes())?;
    connection.write_all(body)
}

/// Reads messages until the server is ready for the next query, or refuses.
fn until_idle(connection: &mut UnixStream) -> io::Result<()> {
    loop {
        let mut head = [0; 5];
        connection.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u64::from(u32::from_be_bytes(length)).saturating_sub(4);
        let mut body = Vec::new();
        Read::take(&mut *connection, length).read_to_end(&mut body)?;
        match kind {
            b'Z' => return Ok(()),
            b'E' => {
                let complaint = String::from_utf8_lossy(&body).replace('\0', " ");
                return Err(io::Error::other(complaint));
            }
            _ => {}
        }
    }
}
