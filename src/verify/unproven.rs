//! What the files of a folder come to when nobody vouches for them: for looking at a record that is not good, under a banner
//! that says so, and at a copy of a review that was never signed.

use super::{Bad, Finding, Folder, Stage, Stop, contents, reading::Reading};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Terms},
        text::SafeText,
    },
    format::{crew::Crew, record, sums::Sums},
};

/// Folds the journal in `folder` over the population beside it, whoever wrote them. That says nothing about who that was: it
/// is not a verification, and no record comes of it.
///
/// The chain of entries holds within itself, each entry may happen in its place under the rules in the folder, and the
/// journal names the population's list of digests; no more is known.
///
/// # Errors
/// Where the files cannot be read or folded.
pub fn fold_unproven(crew: &dyn Crew, folder: &dyn Folder) -> Result<Campaign, Bad> {
    fold(crew, folder).map_err(|stop| match stop {
        Stop::Bad(bad) => Bad {
            reason: SafeText::of(&bad.reason).to_string(),
            ..bad
        },
        Stop::CouldNotTell(reason) => Bad::of(
            Stage::Files,
            Finding {
                file: None,
                line: None,
                reason: SafeText::of(&reason).to_string(),
            },
        ),
    })
}

fn fold(crew: &dyn Crew, folder: &dyn Folder) -> Result<Campaign, Stop> {
    let reading = Reading::of_some(folder, &NEEDED)?;
    let there = NEEDED
        .into_iter()
        .chain(record::OPTIONAL)
        .filter(|name| reading.has(name));
    // In place of those that were signed: what is read is what is there, and stays the same while it is read.
    let sums: Vec<_> = there
        .map(|name| Ok((name, reading.digest(name)?)))
        .collect::<Result<_, Stop>>()?;
    let sums = Sums::new(sums);
    let opened = Digest::of(&reading.small(record::OPENED_SUMS)?);
    let snapshot = contents::snapshot(crew, &reading, &sums)?;
    let terms = Terms {
        policy: contents::policy(&reading, &sums)?,
        earlier: contents::earlier(&reading, &sums, &snapshot)?,
    };
    let (campaign, _, _) = contents::fold(&reading, &sums, (snapshot, terms), opened)?;
    Ok(campaign)
}

/// The files that a fold takes.
const NEEDED: [&str; 6] = [
    record::ACCOUNTS,
    record::RESOURCES,
    record::GRANTS,
    record::POLICY,
    record::OPENED_SUMS,
    record::JOURNAL,
];
