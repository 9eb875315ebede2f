//! Reading the organization again with the approver's own token.

use crate::{
    command::{Context, diff::Line, failure, live, progress::ProgressLine},
    domain::{campaign::Campaign, compared::Compared, text::SafeText},
    format::approval::{Difference, Grants, Reread},
    verify::{VerifiedRecord, approval::not_their_own},
};

/// Reads the organization of `good` again and compares. Of the raw answers nothing is kept: what is signed is the
/// comparison.
pub(super) fn read(
    context: &Context,
    again: &live::Options,
    good: &VerifiedRecord,
) -> anyhow::Result<Reread> {
    let organization = &good.review().organization;
    let now_is = live::read(context, organization, again)?;
    let found = now_is.snapshot().organization();
    if found.id != organization.id {
        return Err(failure(
            format!(
                "the record is of {} at {}, and this is {} at {}",
                organization.name.safe(),
                SafeText::of(&organization.url),
                found.name.safe(),
                SafeText::of(&found.url)
            ),
            "name the organization of the record with --org",
        ));
    }
    let mut line = ProgressLine::new();
    line.during("comparing with the record", String::new, || {
        compare(good, &now_is)
    })
}

fn compare(good: &VerifiedRecord, now_is: &Campaign) -> anyhow::Result<Reread> {
    let provenance = &now_is.opened().provenance;
    if let Some(why) = not_their_own(&provenance.reader, good.review()) {
        return Err(failure(
            format!("{why}; nothing was approved"),
            "use a token of your own: --token-stdin, --token-command, SPACE_TOKEN, or muster connect",
        ));
    }
    let before = good.campaign();
    let compared = Compared::of(before, now_is);
    let rows = compared.rows().iter().flatten();
    let differences = rows.map(|row| {
        let line = Line::of(&compared, row);
        Difference {
            kind: line.kind.to_owned(),
            change: line.change.to_owned(),
            id: line.id,
            what: line.what,
            detail: line.detail,
        }
    });
    Ok(Reread {
        since: before.as_of(),
        began: provenance.began,
        ended: provenance.ended,
        reader: provenance.reader.clone(),
        requests: provenance.endpoints.iter().map(|call| call.requests).sum(),
        gaps: provenance.gaps.clone(),
        grants: Grants {
            before: before.snapshot().len() as u64,
            now: now_is.snapshot().len() as u64,
            unchanged: compared.unchanged,
        },
        differences: differences.collect(),
    })
}
