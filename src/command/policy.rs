//! `muster policy`: the rules that reviews are opened under, printed and checked.

use std::path::{Path, PathBuf};

use super::{Answer, Context, failure, snapshot::eprint_line};
use crate::{
    config,
    format::policy::{self, PolicyFile},
};

/// What to print.
#[derive(Debug)]
pub(crate) struct Options {
    /// The file to check, instead of the one in the config folder.
    pub(crate) file: Option<PathBuf>,
    /// The built-in policy, whatever the files say.
    pub(crate) default: bool,
}

/// Prints a policy in full; talk says where it comes from.
pub(crate) fn policy(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let usual = context.places.policy();
    let (file, from) = if options.default {
        let put = usual.display();
        (
            PolicyFile::default(),
            format!("the built-in policy; a changed copy goes to {put}"),
        )
    } else if let Some(file) = &options.file {
        (read(file)?, format!("{} is in order", file.display()))
    } else if let Some(found) = find(context)? {
        (found, format!("from {}", usual.display()))
    } else {
        let put = usual.display();
        (
            PolicyFile::default(),
            format!("the built-in policy, for there is no {put}"),
        )
    };
    eprint_line(&format!("policy: {from}"));
    Ok(Answer::done(policy::print(file.policy())))
}

/// The policy that a new review is opened under: that of `file`, else that in the config folder, else the built-in one.
pub(super) fn choose(context: &Context, file: Option<&Path>) -> anyhow::Result<PolicyFile> {
    if let Some(file) = file {
        return read(file);
    }
    let found = find(context)?;
    if found.is_some() {
        eprint_line(&format!("policy: {}", context.places.policy().display()));
    }
    Ok(found.unwrap_or_default())
}

/// The policy in the config folder, when there is one.
fn find(context: &Context) -> anyhow::Result<Option<PolicyFile>> {
    let usual = context.places.policy();
    if config::is_there(&usual) {
        read(&usual).map(Some)
    } else {
        Ok(None)
    }
}

/// Reads a policy that somebody wrote.
fn read(path: &Path) -> anyhow::Result<PolicyFile> {
    let refused = |why: String| {
        failure(
            format!("the policy {} is not taken: {why}", path.display()),
            "`muster policy --default` prints one to start from; `muster policy FILE` checks one",
        )
    };
    let text =
        config::read_text(path, policy::LIMIT).map_err(|error| refused(error.to_string()))?;
    PolicyFile::read(text.into_bytes()).map_err(|wrong| refused(wrong.to_string()))
}
