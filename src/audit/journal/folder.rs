//! What a journal needs of the operating system, step by step.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// One folder of files. Tests put one in its place that forgets, fills up and dies.
pub(super) trait Folder: Debug + Send + Sync {
    /// The names in it.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Makes a file of mode 0600. Its name is safe after [`sync`](Folder::sync) only.
    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>>;

    /// Opens a file for writing at its end.
    fn open(&self, name: &str) -> io::Result<Box<dyn LogFile>>;

    /// Opens a file for reading.
    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;

    /// Gives a file another name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names in the folder safe.
    fn sync(&self) -> io::Result<()>;
}

/// One file that is written at its end.
pub(super) trait LogFile: Debug + Send {
    /// Writes some of `bytes` at the end, and returns how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes all of `bytes` from this position on, within what is there already.
    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Waits until the disk has what was written.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to this length, and goes on from there.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// How long it is.
    fn len(&self) -> io::Result<u64>;
}

/// Writes the whole of `bytes`, or fails and may have written a part.
pub(super) fn append(file: &mut dyn LogFile, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A folder of the disk.
#[derive(Debug)]
pub(super) struct DiskFolder(pub(super) PathBuf);

impl DiskFolder {
    /// Makes the folder if there is none, of mode 0700, and its name safe.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        sync_folder(parent.unwrap_or(Path::new(".")))?;
        Ok(Self(path.to_path_buf()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Folder for DiskFolder {
    fn names(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        Ok(Box::new(private(&mut options).open(self.path(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(self.path(name))?;
        file.seek(SeekFrom::End(0))?;
        Ok(Box::new(file))
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync(&self) -> io::Result<()> {
        sync_folder(&self.0)
    }
}

impl LogFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        let written = self.write_all(bytes);
        self.seek(SeekFrom::End(0))?;
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)?;
        self.seek(SeekFrom::Start(len))?;
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// Makes the names in a folder safe. Other systems than Unix do that by themselves, or offer no way
/// to ask for it.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
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
