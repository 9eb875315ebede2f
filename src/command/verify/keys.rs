//! What the auditor brings to judge a key: the list of signers, the list of revoked keys, and the time.

use std::path::Path;

use super::super::{Hint as _, failure, snapshot::eprint_line};
use crate::{
    config,
    domain::time::Timestamp,
    verify::{
        allowed_signers::{self, AllowedSigners},
        revoked_keys::{self, RevokedKeys},
    },
};

/// A list of signers is a few lines; one of this size is something else.
const LIST_LIMIT: u64 = 4 * 1024 * 1024;

/// The list of signers in `path`.
pub(crate) fn signers(path: &Path) -> anyhow::Result<AllowedSigners> {
    const LINE: &str = "each line is: principal namespaces=\"muster-review\" ssh-ed25519 AAAA…";
    let text = config::read_text(path, LIST_LIMIT)
        .map_err(|error| {
            anyhow::anyhow!(
                "cannot read the list of signers {}: {error}",
                path.display()
            )
        })
        .hint(LINE)?;
    let list = AllowedSigners::parse(text.as_bytes());
    for problem in list.problems() {
        eprint_line(&format!(
            "note: {}, line {}: {}; the line is passed over",
            path.display(),
            problem.line,
            problem.what
        ));
    }
    if list.is_empty() {
        return Err(failure(
            format!("the list of signers {} names no key", path.display()),
            LINE,
        ));
    }
    Ok(list)
}

/// The list of revoked keys in `path`. One that cannot be read to its end is refused: a key that is meant to be on it
/// must not pass.
pub(super) fn revoked(path: &Path) -> anyhow::Result<RevokedKeys> {
    let hint = || {
        format!(
            "it is a list of public keys, one a line, or a list of OpenSSH; `ssh-keygen -Q -l -f {}` shows what is in \
             such a list",
            path.display()
        )
    };
    let wrong = |why: String| {
        let shown = path.display();
        failure(
            format!("the list of revoked keys {shown} cannot be used: {why}"),
            hint(),
        )
    };
    let bytes = config::read_bytes(path, revoked_keys::MAX_SIZE)
        .map_err(|error| wrong(error.to_string()))?;
    RevokedKeys::parse(&bytes).map_err(|error| wrong(error.to_string()))
}

/// The time that `text` names.
pub(super) fn time(text: &str) -> anyhow::Result<Timestamp> {
    let rfc3339 = || {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        Timestamp::from_ms(time.timestamp_millis())
    };
    rfc3339()
        .or_else(|| allowed_signers::universal_time(text))
        .ok_or_else(|| {
            failure(
                format!("{text} is no time"),
                "give it as 2026-10-01T09:12:00Z, or as ssh-keygen takes it: 20261001Z, 202610010912Z, \
                 20261001091200Z; without Z it would depend on this machine's zone",
            )
        })
}
