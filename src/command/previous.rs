//! The sealed record that a new review is compared with.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Context, failure, snapshot::eprint_line, verify};
use crate::{
    domain::{
        campaign::Campaign,
        earlier::Earlier,
        journal::{Opened, PreviousRecord},
        snapshot::Snapshot,
        text::SafeText,
        time::Timestamp,
    },
    store::Review,
    verify::{Signer, Verdict},
};

/// What `--previous` and `--allowed-signers` say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) record: Option<PathBuf>,
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// A record that was found good.
#[derive(Debug)]
pub(crate) struct Previous {
    record: PreviousRecord,
    campaign: Campaign,
}

impl Previous {
    /// Verifies the record that was named, when one was, as `muster verify` does; says so on stderr.
    pub(crate) fn named(options: &Options) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(path) = &options.record else {
            return Ok(None);
        };
        let signers = options.allowed_signers.as_deref();
        let signers = signers.map(verify::signers).transpose()?;
        let verdict = verify::judge_aloud(path, signers.as_ref())?;
        let (record, signer) = match verdict {
            Verdict::Good { record, signer } => (record, signer),
            other => {
                return Err(failure(
                    format!(
                        "the previous record {} is not taken: {other}",
                        path.display()
                    ),
                    "name another one with --previous; nothing is compared with a record that is not known to be good",
                ));
            }
        };
        let signer_known = matches!(signer, Signer::Known { .. });
        eprint_line(&format!(
            "previous record: {}, sealed {} UTC by {}: {}",
            record.review().title,
            record.review().sealed_at.minute(),
            record.review().reviewer.principal.raw(),
            if signer_known {
                "good, signer known"
            } else {
                "good, signer unknown; --allowed-signers FILE finds out, and the new record tells which it was"
            }
        ));
        let review = record.review();
        let named = PreviousRecord {
            record: review.record_id.clone(),
            sums: record.sums(),
            review: review.title.clone(),
            as_of: review.provenance.ended,
            sealed_at: review.sealed_at,
            principal: review.reviewer.principal.clone(),
            key_fingerprint: review.reviewer.key_fingerprint.clone(),
            signer_known,
        };
        Ok(Some(Arc::new(Self {
            record: named,
            campaign: record.into_campaign(),
        })))
    }

    /// How the journal names it.
    pub(crate) fn record(&self) -> &PreviousRecord {
        &self.record
    }

    /// What it decided about the items of `snapshot`, which must be of the same organization.
    pub(crate) fn earlier(
        &self,
        snapshot: &Snapshot,
        as_of: Timestamp,
    ) -> anyhow::Result<Arc<Earlier>> {
        let (before, now) = (
            self.campaign.snapshot().organization(),
            snapshot.organization(),
        );
        if before.id != now.id {
            return Err(failure(
                format!(
                    "the previous record {} is of {} at {}, and this is {} at {}",
                    SafeText::of(&self.record.review),
                    before.name.safe(),
                    SafeText::of(&before.url),
                    now.name.safe(),
                    SafeText::of(&now.url)
                ),
                "name a record of this organization with --previous, or leave it out",
            ));
        }
        Ok(Arc::new(Earlier::of(&self.campaign, snapshot, as_of)))
    }
}

/// What a refreshed review is compared with: the record that was named now, else the one it was compared with before.
pub(crate) fn after_refresh(
    previous: Option<&Previous>,
    old: &Campaign,
    snapshot: &Snapshot,
    as_of: Timestamp,
) -> anyhow::Result<Option<(PreviousRecord, Arc<Earlier>)>> {
    if let Some(previous) = previous {
        let earlier = previous.earlier(snapshot, as_of)?;
        return Ok(Some((previous.record.clone(), earlier)));
    }
    let before = (&**old.snapshot(), old.as_of());
    let moved = |earlier: &Earlier| Arc::new(earlier.moved(before, (snapshot, as_of)));
    let named = old.opened().previous_record.clone();
    Ok(named.zip(old.earlier().map(moved)))
}

/// An open review stays compared with the record it was compared with.
pub(crate) fn stays(old: &Review, previous: Option<&Previous>) -> anyhow::Result<()> {
    let Opened {
        previous_record: Some(before),
        ..
    } = old.campaign().opened()
    else {
        return Ok(());
    };
    match previous {
        Some(previous) if previous.record.sums != before.sums => Err(failure(
            format!(
                "the review {} is compared with the record {}, sealed {} UTC, and stays so",
                old.name(),
                SafeText::of(&before.review),
                before.sealed_at.minute()
            ),
            "leave --previous out, or give the new snapshot another name",
        )),
        _ => Ok(()),
    }
}

/// Says which sealed record of the organization at `url` is here, when none was named: the latest. It is not taken
/// unasked, for nobody said that it is good.
pub(crate) fn tell_of_others(context: &Context, url: &str, command: &str) {
    let records = context.store.records().unwrap_or_default();
    let of_it = records.iter().filter_map(|listed| {
        let said = listed.says()?;
        (*said.organization.url == *url).then_some((said.sealed_at, &listed.path, said.title))
    });
    if let Some((sealed_at, path, title)) = of_it.max() {
        eprint_line(&format!(
            "note: there is a sealed record of this organization, {title}, sealed {} UTC; to see what is new and changed since, and what it decided: {}",
            sealed_at.minute(),
            context.again(&format!("{command} --previous {}", quoted(path)))
        ));
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:@%,=".contains(c);
    if path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}
