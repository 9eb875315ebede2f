//! `muster replay`: any moment of a record or of a review on the screen, to look at.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use super::{Answer, Context, Hint as _, failure, log, review, verify};
use crate::{
    config,
    domain::{campaign::Campaign, text::SafeText},
    format::record,
    store::Threads,
    tui::{
        self,
        replay::{Proof, Start},
        runtime::Exit,
    },
    verify::{Signer, Verdict, fold_unproven},
};

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    /// A record's folder, the name of a review, or a review's folder.
    pub(crate) subject: PathBuf,
    pub(crate) at: Option<String>,
    /// A filter of events.
    pub(crate) events: Option<String>,
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// Shows a journal until a person leaves it.
pub(crate) fn replay(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let shown = SafeText::of(&options.subject.display().to_string());
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() || config::is_dumb() {
        return Err(failure(
            "a replay needs a terminal",
            format!(
                "`muster log {shown}` tells the same as text, also with --at, --where and --json"
            ),
        ));
    }
    options.events.as_deref().map(log::events).transpose()?;
    let Opened {
        campaign,
        proof,
        approved,
    } = open(
        context,
        &options.subject,
        options.allowed_signers.as_deref(),
    )?;
    let mut replay = log::replay(&campaign)?;
    // It has all of it now.
    drop(campaign);
    if let Some(at) = &options.at {
        let at = log::moment(&replay, at)?;
        replay.seek(at);
    }
    let start = Start {
        replay,
        proof,
        approved,
        filter: options.events.clone(),
    };
    let exit = tui::replay(config::variable, start)?;
    Ok(Answer {
        code: match exit {
            // As a shell tells of a program that a signal ended.
            Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(2),
            Exit::Quit => 0,
        },
        ..Answer::silent()
    })
}

/// A review, and what is known of where it comes from.
struct Opened {
    campaign: Campaign,
    proof: Proof,
    /// Who approved it, in words.
    approved: Option<SafeText>,
}

impl Opened {
    fn of(campaign: Campaign, proof: Proof) -> Self {
        Self {
            campaign,
            proof,
            approved: None,
        }
    }
}

/// The review that `path` leads to.
fn open(context: &Context, path: &Path, signers: Option<&Path>) -> anyhow::Result<Opened> {
    let there = |name: &str| path.join(name).symlink_metadata().is_ok();
    if there(record::SUMS) {
        return judged(path, signers);
    }
    let own = own_review(context, path);
    if let Some(name) = own {
        let review = review::look(context, &name)?;
        return Ok(Opened::of(review.campaign().clone(), Proof::Unsigned));
    }
    if there(record::JOURNAL) {
        let why = "it is a copy of a review that was never signed, or a record without SHA256SUMS";
        return Ok(Opened::of(
            unproven(path)?,
            Proof::NotTold(SafeText::of(why)),
        ));
    }
    Err(failure(
        format!(
            "{} is not a record",
            SafeText::of(&path.display().to_string())
        ),
        "give the folder that holds SHA256SUMS, or the name or folder of a review",
    ))
}

/// The name of the review that `path` is or names, when it is one in the data folder.
fn own_review(context: &Context, path: &Path) -> Option<String> {
    let text = path.to_str()?;
    if !text.contains(['/', '\\']) && context.store.has(text) {
        return Some(text.to_owned());
    }
    let name = path.file_name()?.to_str()?;
    let own = context.store.review_folder(name).ok()?;
    let same = own.canonicalize().ok()? == path.canonicalize().ok()?;
    if same || text.contains(['/', '\\']) {
        return same.then(|| name.to_owned());
    }
    // A plain word is the name of a review, there or not, unless it is a folder.
    (!path.is_dir()).then(|| text.to_owned())
}

/// A record that is verified first. One that is not good is shown as far as it can be, and says so.
fn judged(path: &Path, signers: Option<&Path>) -> anyhow::Result<Opened> {
    let signers = signers.map(verify::signers).transpose()?;
    match verify::judge_aloud(path, signers.as_ref())? {
        Verdict::Good { record, signer } => {
            let proof = match signer {
                Signer::Known { line } => Proof::Known(line),
                Signer::Unknown => Proof::SignerUnknown,
            };
            let approved = record.approved();
            let approved = approved.map(|approved| SafeText::of(&approved.words()));
            Ok(Opened {
                campaign: record.into_campaign(),
                proof,
                approved,
            })
        }
        Verdict::Bad(bad) => {
            let why = SafeText::of(&bad.to_string());
            Ok(Opened::of(unproven(path)?, Proof::Bad(why)))
        }
        // Only the quick level leaves it at that, and this is the usual one.
        intact @ Verdict::Intact { .. } => Ok(Opened::of(
            unproven(path)?,
            Proof::NotTold(SafeText::of(&intact.to_string())),
        )),
        Verdict::CouldNotTell { reason, .. } => Ok(Opened::of(
            unproven(path)?,
            Proof::NotTold(SafeText::of(&reason)),
        )),
    }
}

fn unproven(path: &Path) -> anyhow::Result<Campaign> {
    let folder = verify::DiskFolder::open(path, &|_| ()).hint("look whether it is still there")?;
    fold_unproven(&Threads, &folder).map_err(|bad| {
        let shown = SafeText::of(&path.display().to_string());
        failure(
            format!("{shown} cannot be replayed: {bad}"),
            format!("nothing was changed; `muster verify {shown}` judges it, and whoever made it may have a whole copy"),
        )
    })
}
