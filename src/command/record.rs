//! A record that others work with: verified before anything in it is used.

use std::path::Path;

use super::{failure, verify};
use crate::{
    domain::text::SafeText,
    verify::{Verdict, VerifiedRecord},
};

/// A good record and what was said of it.
#[derive(Debug)]
pub(crate) struct GoodRecord {
    pub(crate) record: Box<VerifiedRecord>,
    /// The verdict, in one line.
    pub(crate) verdict: String,
}

/// Verifies the record in `path`; one that is not good is refused.
pub(crate) fn open(path: &Path, allowed_signers: Option<&Path>) -> anyhow::Result<GoodRecord> {
    let signers = allowed_signers.map(verify::signers).transpose()?;
    let verdict = verify::judge(path, signers.as_ref())?;
    let said = verdict.to_string();
    match verdict {
        Verdict::Good { record, .. } => Ok(GoodRecord {
            record,
            verdict: said,
        }),
        Verdict::Bad(_) | Verdict::CouldNotTell { .. } => Err(failure(
            format!(
                "{} is not used: {said}",
                SafeText::of(&path.display().to_string())
            ),
            format!("see what `muster verify {}` says", path.display()),
        )),
    }
}
