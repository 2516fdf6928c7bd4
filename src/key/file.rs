//! Small files that appear and change as a whole.

use alloc::format;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::error::{KeyError, KeyErrorKind};
use super::text::to_hex;
use crate::secret::SecretBytes;

/// Reads a secret of 1 to `limit` bytes from a file that only its owner may access, such as a PIN.
///
/// The file, or what a symbolic link leads to, must be a regular one. On Unix only its owner may
/// have permissions on it (mode 0600 or 0400), judged on the opened file; elsewhere, see to that
/// yourself. One line end after the secret, `\n` or `\r\n`, is not part of it.
///
/// # Errors
///
/// [`KeyErrorKind::NotFound`], [`KeyErrorKind::Permissions`], [`KeyErrorKind::Malformed`] when it
/// is empty or longer than `limit`, or [`KeyErrorKind::Io`].
///
/// # Example
///
/// ```
/// use phi_seal::key::{KeyErrorKind, read_secret_file};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pin");
/// assert_eq!(read_secret_file(&path, 64).unwrap_err().kind(), KeyErrorKind::NotFound);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_secret_file(path: impl AsRef<Path>, limit: usize) -> Result<SecretBytes, KeyError> {
    // With room for the line end, and one byte more that tells a file which is too long.
    let mut content = SecretBytes::from_vec(alloc::vec![0; limit.saturating_add(3)]);
    let len = read_private(path.as_ref(), content.as_mut_slice())?;
    content.truncate(len);
    let text = content.as_slice();
    let text = text
        .strip_suffix(b"\n")
        .map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
    let len = text.len();
    content.truncate(len);
    match len {
        0 => Err(KeyError::new(
            KeyErrorKind::Malformed,
            "the file for a secret is empty",
        )),
        _ if len > limit => Err(TOO_LONG),
        _ => Ok(content),
    }
}

/// Reads a regular file that only its owner may access into `buffer`, and gives its length. A
/// file that fills the buffer is too long.
pub(super) fn read_private(path: &Path, buffer: &mut [u8]) -> Result<usize, KeyError> {
    // Opening a pipe would wait for its other end; what counts is the opened file, below.
    refuse_irregular(&fs::metadata(path).map_err(of_io)?)?;
    let mut file = File::open(path).map_err(of_io)?;
    let metadata = file.metadata().map_err(of_io)?;
    refuse_irregular(&metadata)?;
    refuse_modes(
        &metadata,
        0o077,
        "the file of a secret is open to its group or to everybody; chmod it to 0600",
    )?;
    let mut len = 0;
    while len < buffer.len() {
        match file.read(&mut buffer[len..]) {
            Ok(0) => return Ok(len),
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(of_io(error)),
        }
    }
    Err(TOO_LONG)
}

/// Makes a file of mode 0600 that appears complete or not at all, and overwrites nothing.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let temporary = Temporary::write(path, content)?;
    // Unlike a rename, a link fails when the name is taken.
    fs::hard_link(&temporary.0, path).map_err(of_io)?;
    drop(temporary);
    sync_folder(path)
}

/// Puts new content in the place of a file, in one step: readers and a crash see the old or the
/// new, of mode 0600.
#[cfg(feature = "serde")]
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let temporary = Temporary::write(path, content)?;
    fs::rename(&temporary.0, path).map_err(of_io)?;
    core::mem::forget(temporary);
    sync_folder(path)
}

/// The path without symbolic links.
#[cfg(feature = "serde")]
pub(super) fn resolve(path: &Path) -> Result<PathBuf, KeyError> {
    fs::canonicalize(path).map_err(of_io)
}

/// Reads a regular file of at most `limit` bytes that its group may read, and others may not touch.
#[cfg(feature = "serde")]
pub(super) fn read(path: &Path, limit: u64) -> Result<alloc::vec::Vec<u8>, KeyError> {
    refuse_irregular(&fs::metadata(path).map_err(of_io)?)?;
    let file = File::open(path).map_err(of_io)?;
    let metadata = file.metadata().map_err(of_io)?;
    refuse_irregular(&metadata)?;
    refuse_modes(
        &metadata,
        0o027,
        "the keyset file may be written by its group, or is open to everybody; chmod it to 0600, \
         or 0640 if its group should read it",
    )?;
    let mut content = alloc::vec::Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(of_io)?;
    if content.len() as u64 > limit {
        return Err(KeyError::new(
            KeyErrorKind::Malformed,
            "this file is too long for a keyset",
        ));
    }
    Ok(content)
}

/// Waits for the lock file beside `path`, which is held until the result is dropped.
#[cfg(feature = "serde")]
pub(super) fn lock(path: &Path) -> Result<File, KeyError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = private(&mut options)
        .open(path.with_file_name(name))
        .map_err(of_io)?;
    file.lock().map_err(of_io)?;
    Ok(file)
}

/// A complete file under a random name in the folder of another; removed on drop.
struct Temporary(PathBuf);

impl Temporary {
    fn write(beside: &Path, content: &[u8]) -> Result<Self, KeyError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| {
            KeyError::new(
                KeyErrorKind::Unavailable,
                "the operating system gave no randomness; try again",
            )
        })?;
        let name = format!(".phi-seal-{}.tmp", to_hex(&random));
        let path = beside.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = private(&mut options).open(&path).map_err(of_io)?;
        let temporary = Self(path);
        file.write_all(content).map_err(of_io)?;
        file.sync_all().map_err(of_io)?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing to do about a failure: the name is random and stands in nobody's way.
        let _ = fs::remove_file(&self.0);
    }
}

fn refuse_irregular(metadata: &fs::Metadata) -> Result<(), KeyError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(KeyError::new(
        KeyErrorKind::Malformed,
        "this path leads to something else than a regular file",
    ))
}

/// Refuses a file that has any of these permission bits.
#[cfg(unix)]
fn refuse_modes(
    metadata: &fs::Metadata,
    refused: u32,
    detail: &'static str,
) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & refused == 0 {
        return Ok(());
    }
    Err(KeyError::new(KeyErrorKind::Permissions, detail))
}

#[cfg(not(unix))]
fn refuse_modes(_: &fs::Metadata, _: u32, _: &'static str) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Makes the folder remember the new name, where folders can be synchronised.
fn sync_folder(of: &Path) -> Result<(), KeyError> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = match of.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|f| f.sync_all()).map_err(of_io)
}

fn of_io(error: io::Error) -> KeyError {
    match error.kind() {
        io::ErrorKind::NotFound => KeyError::new(
            KeyErrorKind::NotFound,
            "there is no such file or folder; check the path",
        ),
        io::ErrorKind::AlreadyExists => KeyError::new(
            KeyErrorKind::AlreadyExists,
            "there is a file already, which was left as it is",
        ),
        io::ErrorKind::PermissionDenied => KeyError::new(
            KeyErrorKind::Permissions,
            "this process may not read or write there; check owner and mode",
        ),
        _ => KeyError::new(
            KeyErrorKind::Io,
            "reading or writing the file failed; check the disk and the path",
        ),
    }
}

const TOO_LONG: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "this file is too long for what it should hold",
);
