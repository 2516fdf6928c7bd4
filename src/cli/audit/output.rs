//! Where PHI is written: a file that nobody but its owner reads, or standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::files::of_io;
use crate::cli::console::{self, Console};
use crate::cli::failure::Failure;

/// What a command writes. A file of which not everything was written is removed again.
pub(super) enum Output<'c> {
    Standard(&'c mut Console),
    File(PrivateFile),
}

impl<'c> Output<'c> {
    /// A new file at `out`, or else standard output.
    pub(super) fn open(out: Option<&Path>, console: &'c mut Console) -> Result<Self, Failure> {
        match out {
            Some(path) => PrivateFile::create("--out", path).map(Self::File),
            None => Ok(Self::Standard(console)),
        }
    }

    /// The same for PHI: refuses a standard output that leads into a file which others may read.
    pub(super) fn for_phi(out: Option<&Path>, console: &'c mut Console) -> Result<Self, Failure> {
        if out.is_none() {
            refuse_open_standard()?;
        }
        Self::open(out, console)
    }

    /// Does what writes here, and ends it.
    pub(super) fn written<T>(
        mut self,
        write: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let done = write(&mut self)?;
        match self {
            Self::Standard(_) => {}
            Self::File(file) => file.keep()?,
        }
        Ok(done)
    }

    /// What an error of [`Write`] is here.
    pub(super) fn failed(&self) -> fn(io::Error) -> Failure {
        match self {
            Self::Standard(_) => console::of_io,
            Self::File(_) => |error| of_io("--out", &error),
        }
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(console) => console.out().write(bytes),
            Self::File(file) => file.writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(console) => console.out().flush(),
            Self::File(file) => file.writer.flush(),
        }
    }
}

/// A file of mode 0600 that was not there before.
pub(super) struct PrivateFile {
    place: &'static str,
    path: PathBuf,
    writer: BufWriter<File>,
    is_kept: bool,
}

impl PrivateFile {
    pub(super) fn create(place: &'static str, path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| of_io(place, &error))?;
        Ok(Self {
            place,
            path: path.into(),
            writer: BufWriter::new(file),
            is_kept: false,
        })
    }

    /// Waits until the disk has it, under its name.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        let mut sync = || {
            self.writer.flush()?;
            self.writer.get_ref().sync_all()?;
            if cfg!(unix) {
                let folder = self.path.parent().filter(|path| *path != Path::new(""));
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            }
            Ok(())
        };
        let synced: io::Result<()> = sync();
        self.is_kept = synced.is_ok();
        synced.map_err(|error| of_io(self.place, &error))
    }

    /// Writes all of `bytes`, unbuffered, so that no other copy of a secret is left.
    pub(super) fn write_secret(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.writer.get_mut().write_all(bytes);
        written.map_err(|error| of_io(self.place, &error))
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses PHI on a standard output that leads into a file which others may read.
pub(super) fn refuse_open_standard() -> Result<(), Failure> {
    match is_open_to_others() {
        false => Ok(()),
        true => Err(Failure::refused(
            "standard output is a file that group or others may access, and this is PHI; say --out \
             FILE",
        )),
    }
}

/// Whether standard output is a regular file that group or others may access.
#[cfg(unix)]
fn is_open_to_others() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::PermissionsExt;

    let own = io::stdout().as_fd().try_clone_to_owned();
    let metadata = own.and_then(|own| File::from(own).metadata());
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others() -> bool {
    false
}
