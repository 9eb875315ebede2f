//! [`DiskFolder`]: a record's folder on disk.
#![allow(
    clippy::disallowed_methods,
    reason = "a folder on disk is read here, for `verify`"
)]

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    format::record,
    verify::{Folder, FolderEntry},
};

/// A record without what an approver put beside it.
pub(super) struct Unapproved<'a>(pub(super) DiskFolder<'a>);

impl Folder for Unapproved<'_> {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let mut entries = self.0.entries()?;
        entries.retain(|entry| !record::APPROVED.contains(&&*entry.name));
        Ok(entries)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        self.0.open(name)
    }
}

/// A folder on disk. Links are named as links and never followed.
pub(crate) struct DiskFolder<'a> {
    path: PathBuf,
    read: AtomicU64,
    tell: &'a (dyn Fn(u64) + Sync),
}

/// After so many bytes it is told how far reading is.
const TOLD_EACH: u64 = 4 << 20;

/// A file of a record; what is read of it counts.
struct Counted<'a> {
    file: fs::File,
    folder: &'a DiskFolder<'a>,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        let before = self.folder.read.fetch_add(read as u64, Ordering::Relaxed);
        let now = before + read as u64;
        if before / TOLD_EACH != now / TOLD_EACH {
            (self.folder.tell)(now);
        }
        Ok(read)
    }
}

/// The record cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into {path}", path = .path.display())]
pub(crate) struct CannotLook {
    path: PathBuf,
    source: io::Error,
}

impl<'a> DiskFolder<'a> {
    /// The folder at `path`; `tell` hears now and then how many bytes were read.
    pub(crate) fn open(path: &Path, tell: &'a (dyn Fn(u64) + Sync)) -> Result<Self, CannotLook> {
        let looked = fs::read_dir(path).map_err(|source| CannotLook {
            path: path.to_owned(),
            source,
        });
        looked.map(|_| Self {
            path: path.to_owned(),
            read: AtomicU64::new(0),
            tell,
        })
    }
}

impl Folder for DiskFolder<'_> {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            let data = entry.path().symlink_metadata()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(FolderEntry {
                name,
                regular: data.is_file(),
                size: data.len(),
            })
        };
        fs::read_dir(&self.path)?.map(entry).collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut options = OpenOptions::new();
        options.read(true);
        // Between the look at the folder and now the file may have become a link, or a pipe that nobody writes into.
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = options.open(self.path.join(name))?;
        Ok(Box::new(Counted { file, folder: self }))
    }
}
