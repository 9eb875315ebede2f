//! [`Lock`]: one writer per review.

use std::{
    fmt,
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use super::{Error, files};
use crate::domain::time::Timestamp;

/// The name of the lock file in a review's folder.
pub(super) const NAME: &str = "lock";

/// Held for as long as it lives; the system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Who has a review open, as far as they have told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The process.
    pub pid: Option<u32>,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "in process {pid}")?,
            None => write!(f, "in another process")?,
        }
        match self.since {
            Some(since) => write!(f, " since {} UTC", since.minute()),
            None => Ok(()),
        }
    }
}

impl Lock {
    /// Takes the lock of `folder`, or says who has it.
    pub(super) fn take(folder: &Path, now: Timestamp) -> Result<Result<Self, Holder>, Error> {
        let path = folder.join(NAME);
        let mut file = files::private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
        let text = format!("pid {}\nsince {now}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(Error::io("write", &path))?;
        Ok(Ok(Self { _file: file }))
    }
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    // What cannot be read is not told.
    let _ = file.take(256).read_to_string(&mut text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Holder {
        pid: field("pid ").and_then(|pid| pid.parse().ok()),
        since: field("since ").and_then(|since| since.parse().ok()),
    }
}
