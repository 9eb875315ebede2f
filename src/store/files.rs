//! Files and folders that only their owner can read, and that are on disk when they are said to be.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::{
    domain::Digest,
    format::{Problem, record},
};

/// How much is read or written at once.
pub(super) const PIECE: usize = 256 << 10;

/// Makes `folder` and those above it that are not there, for their owner alone, and puts their names on disk.
pub(super) fn create_folders(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        create_folders(above)?;
    }
    match create_folder(folder) {
        // Another process was quicker.
        Err(_) if folder.is_dir() => {}
        created => created?,
    }
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// Makes `folder`, which must not be there yet.
pub(super) fn create_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    private_folder(&mut builder);
    builder.create(folder).map_err(Error::io("create", folder))
}

#[cfg(unix)]
fn private_folder(builder: &mut fs::DirBuilder) {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
}

#[cfg(not(unix))]
fn private_folder(_: &mut fs::DirBuilder) {}

/// Options that make a file for its owner alone.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Puts the names in `folder` on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().map_err(Error::io("sync", folder))?;
    }
    Ok(())
}

/// A new file that is hashed while it is written.
#[derive(Debug)]
pub(super) struct HashedFile {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl HashedFile {
    pub(super) fn create(path: &Path) -> Result<BufWriter<Self>, Error> {
        let file = private()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(Error::io("create", path))?;
        let hashed = Self {
            file,
            hash: Sha256::new(),
            bytes: 0,
        };
        Ok(BufWriter::with_capacity(PIECE, hashed))
    }

    /// Syncs the file; the answer is its digest and size.
    pub(super) fn finish(file: BufWriter<Self>, path: &Path) -> Result<(Digest, u64), Error> {
        let write = || {
            let this = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            this.file.sync_all()?;
            Ok((Digest(this.hash.finalize().into()), this.bytes))
        };
        write().map_err(Error::io("write", path))
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a new file, synced; the answer is its digest and size.
pub(super) fn write(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(Digest, u64), Error> {
    let mut file = HashedFile::create(path)?;
    write(&mut file).map_err(Error::io("write", path))?;
    HashedFile::finish(file, path)
}

/// Opens a stored file, which must be a regular one below its size limit.
pub(super) fn open(folder: &Path, name: &'static str) -> Result<File, Error> {
    let path = folder.join(name);
    let read = || {
        // Opening a pipe would wait for somebody to write into it.
        let metadata = fs::metadata(&path)?;
        if !metadata.is_file() {
            return Ok((None, metadata));
        }
        let file = File::open(&path)?;
        let metadata = file.metadata()?;
        Ok((Some(file), metadata))
    };
    let (file, metadata) = read().map_err(Error::io("read", &path))?;
    let limit = record::limit(name).unwrap_or(0);
    let problem = match file.filter(|_| metadata.is_file()) {
        None => Problem::Malformed("it is not a regular file".into()),
        Some(_) if metadata.len() > limit => Problem::TooLong(limit),
        Some(file) => return Ok(file),
    };
    Err(Error::damaged(folder)(problem.at(name, 1)))
}

/// Reads a small stored file.
pub(super) fn read(folder: &Path, name: &'static str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let limit = record::limit(name).unwrap_or(0);
    open(folder, name)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", &folder.join(name)))?;
    Ok(bytes)
}

/// A file that is hashed while it is read.
#[derive(Debug)]
pub(super) struct Hashing<'a> {
    file: File,
    hash: Sha256,
    /// How many bytes are read, for whoever waits for the end of it.
    read: &'a AtomicU64,
}

impl<'a> Hashing<'a> {
    pub(super) fn new(file: File, read: &'a AtomicU64) -> Self {
        Self {
            file,
            hash: Sha256::new(),
            read,
        }
    }

    /// The digest of what was read.
    pub(super) fn digest(self) -> Digest {
        Digest(self.hash.finalize().into())
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The digest and size of a stored file.
pub(super) fn digest(folder: &Path, name: &'static str) -> Result<(Digest, u64), Error> {
    let mut file = open(folder, name)?;
    let mut piece = vec![0; PIECE];
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok((Digest(hash.finalize().into()), bytes)),
            Ok(read) => {
                hash.update(&piece[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", &folder.join(name))(error)),
        }
    }
}
