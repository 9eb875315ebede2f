//! An approval, written beside a record that stays as it is.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use super::{Error, files};
use crate::format::record as names;

/// The files of an approval.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalFiles<'a> {
    /// What the approver says.
    pub approval: &'a str,
    /// Their signature over that.
    pub approval_signature: &'a str,
    /// Their signature over `SHA256SUMS`.
    pub signature: &'a str,
}

/// Whether the record in `folder` has an approver's signature. Nothing about it is verified.
pub fn has_approval(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(names::APPROVER_SIGNATURE)).is_ok()
}

/// Puts an approval beside the record in `folder`.
///
/// The signature over `SHA256SUMS` comes last and at once: until it is there, nobody approved, and the next approval removes
/// what one that was interrupted left. No other file is touched.
///
/// # Errors
/// When there is an approval already, or something cannot be written.
pub fn write_approval(folder: &Path, files: &ApprovalFiles<'_>) -> Result<(), Error> {
    let last = folder.join(names::APPROVER_SIGNATURE);
    if has_approval(folder) {
        return Err(Error::ApprovalExists(last));
    }
    for (name, text) in [
        (names::APPROVAL, files.approval),
        (names::APPROVAL_SIGNATURE, files.approval_signature),
    ] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &path)(error));
            }
            _ => {}
        }
        files::write(&path, |out| out.write_all(text.as_bytes()))?;
    }
    files::sync_folder(folder)?;
    at_once(folder, &last, files.signature)?;
    files::sync_folder(folder)
}

/// Writes a file so that it is there whole or not at all, and never over another.
fn at_once(folder: &Path, path: &Path, text: &str) -> Result<(), Error> {
    // Not inside: a file that is left there would not belong to a record.
    let beside = folder.parent().filter(|beside| beside.is_dir());
    let aside = beside.and_then(|beside| tempfile::NamedTempFile::new_in(beside).ok());
    let Some(mut aside) = aside else {
        return files::write(path, |out| out.write_all(text.as_bytes())).map(|_| ());
    };
    let written = aside
        .write_all(text.as_bytes())
        .and_then(|()| aside.as_file().sync_all());
    written.map_err(Error::io("write", aside.path()))?;
    match aside.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::ApprovalExists(path.to_owned()))
        }
        // The folder above is on another disk.
        Err(_) => files::write(path, |out| out.write_all(text.as_bytes())).map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: ApprovalFiles<'_> = ApprovalFiles {
        approval: "what they say",
        approval_signature: "signed",
        signature: "signed too",
    };

    #[test]
    fn an_approval_is_written_once_and_finishes_one_that_was_interrupted() {
        let above = tempfile::tempdir().expect("a temporary folder");
        let folder = above.path().join("record");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join(names::SUMS), "sums").expect("a file");
        fs::write(folder.join(names::APPROVAL), "half of wh").expect("a file");
        assert!(!has_approval(&folder));
        write_approval(&folder, &FILES).expect("it is written");
        assert!(has_approval(&folder));
        for (name, text) in [
            (names::APPROVAL, FILES.approval),
            (names::APPROVAL_SIGNATURE, FILES.approval_signature),
            (names::APPROVER_SIGNATURE, FILES.signature),
            (names::SUMS, "sums"),
        ] {
            assert_eq!(fs::read_to_string(folder.join(name)).expect(name), text);
        }
        let other = ApprovalFiles {
            approval: "other",
            ..FILES
        };
        let refused = write_approval(&folder, &other).expect_err("it is there");
        assert!(matches!(refused, Error::ApprovalExists(_)), "{refused}");
        assert_eq!(
            fs::read_to_string(folder.join(names::APPROVAL)).expect("a file"),
            FILES.approval
        );
        let left: Vec<_> = fs::read_dir(above.path()).expect("a folder").collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
