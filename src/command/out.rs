//! Where rows go: stdout, or a file that was named.
#![allow(
    clippy::disallowed_methods,
    reason = "the file that was asked for is made here"
)]

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{Hint as _, failure};

/// What is written to: a program that reads along, or a file.
pub(crate) type Out<'a> = &'a mut (dyn Write + Send);

/// Refuses a file that is there: nothing is overwritten. Ask before the work begins.
pub(crate) fn free(out: Option<&Path>) -> anyhow::Result<()> {
    match out.filter(|out| out.symlink_metadata().is_ok()) {
        None => Ok(()),
        Some(out) => Err(failure(
            format!("{} is already there", out.display()),
            "nothing is overwritten; give another name to --out",
        )),
    }
}

/// Writes to `out`, or to stdout without one, what `write` writes, and answers what it answers; `None` when whoever
/// reads stdout has seen enough. A file has its name only once it is whole.
pub(crate) fn write<T>(
    out: Option<&Path>,
    write: impl FnOnce(Out<'_>) -> io::Result<T>,
) -> anyhow::Result<Option<T>> {
    let Some(out) = out else {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
        return match write(&mut out).and_then(|written| out.flush().map(|()| written)) {
            Ok(written) => Ok(Some(written)),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            Err(error) => Err(error).hint("the output is not complete"),
        };
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let cannot = |error: io::Error| {
        failure(
            format!("cannot write {}: {error}", out.display()),
            "nothing was left behind; name another file with --out",
        )
    };
    let file = tempfile::Builder::new()
        .prefix(".muster-out-")
        .tempfile_in(folder)
        .map_err(cannot)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    let written = write(&mut writer).map_err(cannot)?;
    let file = writer
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    file.as_file().sync_all().map_err(cannot)?;
    file.persist_noclobber(out)
        .map_err(|error| cannot(error.error))?;
    Ok(Some(written))
}
