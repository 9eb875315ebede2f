//! A record that others work with: verified before anything in it is used.

use std::path::Path;

use super::{Context, failure, verify};
use crate::{
    domain::{
        campaign::Campaign,
        items::{Item, ItemSet},
        text::SafeText,
    },
    verify::{Signer, Verdict, VerifiedRecord},
};

/// A good record and what was said of it.
#[derive(Debug)]
pub(crate) struct GoodRecord {
    pub(crate) record: Box<VerifiedRecord>,
    /// The verdict, in one line.
    pub(crate) verdict: String,
    /// Whether the auditor's list has the signer.
    pub(crate) signer_known: bool,
}

/// Verifies the record in `path`; one that is not good is refused.
pub(crate) fn open(path: &Path, allowed_signers: Option<&Path>) -> anyhow::Result<GoodRecord> {
    let signers = allowed_signers.map(verify::signers).transpose()?;
    let verdict = verify::judge_aloud(path, signers.as_ref())?;
    let said = verdict.to_string();
    match verdict {
        Verdict::Good { record, signer } => Ok(GoodRecord {
            record,
            verdict: said,
            signer_known: matches!(signer, Signer::Known { .. }),
        }),
        Verdict::Intact { .. } | Verdict::Bad(_) | Verdict::CouldNotTell { .. } => Err(failure(
            format!(
                "{} is not used: {said}",
                SafeText::of(&path.display().to_string())
            ),
            format!("see what `muster verify {}` says", path.display()),
        )),
    }
}

/// The same, and those of its items that `filter` chooses: all that were put up for decision when there is none.
pub(crate) fn open_some(
    path: &Path,
    allowed_signers: Option<&Path>,
    filter: Option<&str>,
) -> anyhow::Result<(GoodRecord, ItemSet)> {
    // A mistake in the filter is told before the record is read.
    let filter = filter.map(super::decide::parse).transpose()?;
    let good = open(path, allowed_signers)?;
    let campaign = good.record.campaign();
    let items = filter.map_or_else(
        || campaign.items().clone(),
        |filter| filter.select(campaign),
    );
    Ok((good, items))
}

/// The item that `text` names: its number, or its id.
pub(crate) fn find_item(campaign: &Campaign, text: &str) -> anyhow::Result<Item> {
    let snapshot = campaign.snapshot();
    let by_number = || {
        let number: u32 = text.parse().ok()?;
        let index = number.checked_sub(1)?;
        ((index as usize) < snapshot.len()).then_some(Item(index))
    };
    let by_id = || {
        let id = text.parse().ok()?;
        let index = snapshot.grants().iter().position(|grant| grant.id == id)?;
        u32::try_from(index).ok().map(Item)
    };
    // An id of digits alone is longer than any number.
    by_number().or_else(by_id).ok_or_else(|| {
        failure(
            format!("there is no item {}", SafeText::of(text)),
            format!(
                "give a number from 1 to {}, or the id of an item as grants.jsonl has it",
                snapshot.len()
            ),
        )
    })
}

/// A record, a review in progress, or an organization as it is now.
pub(crate) enum Subject {
    Record(GoodRecord),
    Review(Box<crate::store::Review>),
    Live(Box<Campaign>),
}

impl Subject {
    pub(crate) fn open(
        context: &Context,
        path: &Path,
        signers: Option<&Path>,
    ) -> anyhow::Result<Self> {
        if path
            .join(crate::format::record::SUMS)
            .symlink_metadata()
            .is_ok()
        {
            return open(path, signers).map(Self::Record);
        }
        match path.to_str().filter(|name| !name.contains(['/', '\\'])) {
            Some(name) => super::review::look(context, name)
                .map(Box::new)
                .map(Self::Review),
            None => Err(failure(
                format!("{} is not a record", path.display()),
                "give the folder that holds SHA256SUMS, or the name of a review",
            )),
        }
    }

    pub(crate) fn campaign(&self) -> &Campaign {
        match self {
            Self::Record(good) => good.record.campaign(),
            Self::Review(review) => review.campaign(),
            Self::Live(campaign) => campaign,
        }
    }

    pub(crate) fn standing(&self) -> String {
        match self {
            Self::Record(good) => good.verdict.clone(),
            Self::Review(_) => "a review in progress, which nobody signed".to_owned(),
            Self::Live(_) => "read just now and not kept".to_owned(),
        }
    }

    /// What tells it apart for ever: a record by the digest of its SHA256SUMS, anything else by its name.
    pub(crate) fn origin(&self) -> String {
        match self {
            Self::Record(good) => good.record.sums().to_string(),
            Self::Review(_) | Self::Live(_) => self.campaign().opened().review.clone(),
        }
    }
}
