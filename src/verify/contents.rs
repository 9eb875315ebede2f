//! Whether a record follows from itself: population, journal, decisions, totals.
//!
//! Every file was hashed before. What is parsed here is hashed again on the way, so that a file that is exchanged
//! in between is noticed.

use std::{
    io::{self, BufRead},
    sync::Arc,
};

use super::{
    Bad, Finding, Stage, Stop,
    inquiry::Trail,
    reading::{Reading, digest},
};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Refusal, Terms},
        decision::Decision,
        earlier::Earlier,
        grant::Holder,
        journal::Event,
        policy::Policy,
        seal,
        snapshot::{self, Snapshot},
    },
    format::{
        self,
        blocks::{self, Blocks},
        crew::Crew,
        earlier, journal,
        merkle::{self, Salts, Trunk},
        policy, population,
        record::{self, Contents, Decisions, Review, Roots},
        sums::Sums,
    },
};

/// Checks everything that `review.json` sums up; the answer is the review as the journal tells it.
pub(super) fn check(
    crew: &dyn Crew,
    trail: &Trail,
    reading: &Reading<'_>,
    sums: &Sums,
    review: &Review,
    review_bytes: &[u8],
) -> Result<Campaign, Stop> {
    trail.enter(Stage::Population);
    let opened_sums = opened_sums(reading, sums)?;
    let snapshot = snapshot(crew, reading, sums)?;
    trail.enter(Stage::Policy);
    let policy = policy(reading, sums)?;
    trail.enter(Stage::Earlier);
    let earlier = earlier(reading, sums, &snapshot)?;
    let terms = Terms { policy, earlier };
    trail.enter(Stage::Journal);
    let (campaign, entries, head) = fold(reading, sums, (snapshot, terms), opened_sums)?;
    attested(&campaign, entries)?;
    if (
        review.contents.journal_entries,
        review.contents.journal_head,
    ) != (entries, head)
    {
        return Err(Stop::bad(
            Stage::Journal,
            record::JOURNAL,
            "its length or its last entry is not the one in review.json".to_owned(),
        ));
    }
    trail.enter(Stage::Decisions);
    let items = decisions(crew, reading, &campaign, review.salts)?;
    trail.enter(Stage::Merkle);
    if review.contents.merkle_root != items.root {
        return Err(Stop::bad(
            Stage::Merkle,
            record::REVIEW,
            "its Merkle root is not that of the grants and decisions".to_owned(),
        ));
    }
    roots(reading, sums, &campaign, review, items)?;
    trail.enter(Stage::Totals);
    totals(reading, sums, &campaign, review, review_bytes)?;
    Ok(campaign)
}

/// Checks that `opened.sums` names the population as it is in the record; the answer is its own digest.
fn opened_sums(reading: &Reading<'_>, sums: &Sums) -> Result<Digest, Stop> {
    let bytes = reading.small(record::OPENED_SUMS)?;
    if sums.get(record::OPENED_SUMS) != Some(Digest::of(&bytes)) {
        return Err(Stop::changed(record::OPENED_SUMS));
    }
    let opened = record::parse_opened_sums(&bytes)
        .map_err(|error| Stop::bad_line(Stage::Population, &error, record::OPENED_SUMS))?;
    for name in record::OPTIONAL {
        if opened.get(name).is_some() != sums.get(name).is_some() {
            return Err(Stop::bad(
                Stage::Population,
                record::OPENED_SUMS,
                format!("{name} was not there when the review was opened, or is not any more"),
            ));
        }
    }
    for (line, (name, digest)) in (1..).zip(opened.iter()) {
        if sums.get(name) != Some(digest) {
            return Err(Stop::bad_at(
                Stage::Population,
                record::OPENED_SUMS,
                line,
                format!("{name} is not the one the review was opened on"),
            ));
        }
    }
    Ok(Digest::of(&bytes))
}

pub(super) fn snapshot(
    crew: &dyn Crew,
    reading: &Reading<'_>,
    sums: &Sums,
) -> Result<Snapshot, Stop> {
    let mut accounts = reading.hashed(record::ACCOUNTS)?;
    let mut resources = reading.hashed(record::RESOURCES)?;
    let mut grants = reading.hashed(record::GRANTS)?;
    let read = population::read(&mut accounts, &mut resources, &mut grants, crew);
    let snapshot = read.map_err(|error| match &error {
        format::Error::Snapshot(disorder) => {
            let (file, line) = place(disorder);
            let finding = Finding {
                file: Some(file.to_owned()),
                line,
                reason: error.to_string(),
            };
            Stop::Bad(Bad::of(Stage::Population, finding))
        }
        error => Stop::of(Stage::Population, error),
    })?;
    for (name, input) in [
        (record::ACCOUNTS, accounts),
        (record::RESOURCES, resources),
        (record::GRANTS, grants),
    ] {
        if sums.get(name) != Some(digest(input)) {
            return Err(Stop::changed(name));
        }
    }
    Ok(snapshot)
}

pub(super) fn policy(reading: &Reading<'_>, sums: &Sums) -> Result<Arc<Policy>, Stop> {
    let bytes = reading.small(record::POLICY)?;
    if sums.get(record::POLICY) != Some(Digest::of(&bytes)) {
        return Err(Stop::changed(record::POLICY));
    }
    let policy = policy::parse(&bytes).map_err(format::Error::from);
    policy
        .map(Arc::new)
        .map_err(|error| Stop::of(Stage::Policy, &error))
}

/// What the previous record decided, where one was named.
pub(super) fn earlier(
    reading: &Reading<'_>,
    sums: &Sums,
    snapshot: &Snapshot,
) -> Result<Option<Arc<Earlier>>, Stop> {
    if !reading.has(record::EARLIER) {
        return Ok(None);
    }
    let mut input = reading.hashed(record::EARLIER)?;
    let earlier =
        earlier::read(&mut input, snapshot).map_err(|error| Stop::of(Stage::Earlier, &error))?;
    if sums.get(record::EARLIER) != Some(digest(input)) {
        return Err(Stop::changed(record::EARLIER));
    }
    Ok(Some(Arc::new(earlier)))
}

/// The file, and where it is plain the line, that keeps lists from being a snapshot.
fn place(error: &snapshot::Error) -> (&'static str, Option<u64>) {
    let (what, position) = match error {
        snapshot::Error::Twice { what, .. } => (*what, None),
        snapshot::Error::TooDeep { position } => ("team", Some(*position as u64)),
        snapshot::Error::Dangling { what, position }
        | snapshot::Error::Disorder { what, position } => (*what, Some(*position as u64)),
    };
    match what {
        "account" => (record::ACCOUNTS, position),
        "grant" => (record::GRANTS, position),
        "membership" => (record::GRANTS, None),
        _ => (record::RESOURCES, None),
    }
}

/// How many changes of single items are replayed, all entries together. One line can change every item, so a hostile
/// journal could otherwise keep its reader busy for years; an honest one would need four thousand decisions over a
/// million items each.
const CHANGES_LIMIT: u64 = 1 << 32;

/// How many items `event` changes at most, and how many steps it takes to know what it leaves standing.
fn changed_by(campaign: &Campaign, event: &Event) -> u64 {
    let remains = campaign.steps_to_remains(event);
    let change = match event {
        Event::Undone { entry } | Event::Redone { entry } => {
            campaign.entry(*entry).map(|entry| &entry.event)
        }
        event => Some(event),
    };
    let changed = match change {
        Some(Event::Decided(decided)) => decided.items.len() as u64,
        // To know the flags, every item is looked at, and every way of an account that loses something.
        Some(Event::Waived(_) | Event::Attested(_)) => {
            (campaign.snapshot().len() as u64).saturating_add(steps(campaign))
        }
        _ => 1,
    };
    changed.saturating_add(remains)
}

/// How many steps from team to team the accounts have of which something is revoked.
fn steps(campaign: &Campaign) -> u64 {
    if campaign.progress().revoked == 0 {
        return 0;
    }
    let snapshot = campaign.snapshot();
    let revoked = |item| campaign.slot(item).decision == Some(Decision::Revoke);
    let losing = snapshot
        .subjects()
        .iter()
        .filter_map(|subject| match subject.holder {
            Holder::Account(account) if subject.items().any(revoked) => Some(account),
            _ => None,
        });
    losing.fold(0, |steps, account| {
        u64::saturating_add(steps, campaign.access().steps(snapshot, account))
    })
}

/// Folds the journal over the snapshot; the answer is the review, how many entries there are, and the last one's
/// digest.
pub(super) fn fold(
    reading: &Reading<'_>,
    sums: &Sums,
    (snapshot, terms): (Snapshot, Terms),
    opened_sums: Digest,
) -> Result<(Campaign, u64, Digest), Stop> {
    let mut input = reading.hashed(record::JOURNAL)?;
    let mut entries = journal::Reader::new(&mut input);
    let stop = |error: format::Error| Stop::of(Stage::Journal, &error);
    let refused = |line: u64, refusal: &Refusal| {
        Stop::bad_at(Stage::Journal, record::JOURNAL, line, refusal.to_string())
    };
    let Some(first) = entries.next().map_err(stop)? else {
        return Err(Stop::bad(
            Stage::Journal,
            record::JOURNAL,
            "it has no entry".to_owned(),
        ));
    };
    let mut campaign =
        Campaign::open(Arc::new(snapshot), terms, first).map_err(|refusal| refused(1, &refusal))?;
    if campaign.opened().provenance.population != opened_sums {
        return Err(Stop::bad_at(
            Stage::Journal,
            record::JOURNAL,
            1,
            "the review was opened on another population than opened.sums lists".to_owned(),
        ));
    }
    let (mut number, mut changes) = (1, 0u64);
    while let Some(entry) = entries.next().map_err(stop)? {
        number += 1;
        changes = changes.saturating_add(changed_by(&campaign, &entry.event));
        if changes > CHANGES_LIMIT {
            return Err(Stop::CouldNotTell(format!(
                "the journal changes items more than {CHANGES_LIMIT} times in its first {number} entries, which is more than this version replays"
            )));
        }
        let remains = campaign.remains(&entry.event);
        let told = remains == entry.remains;
        campaign
            .apply(entry)
            .map_err(|refusal| refused(number, &refusal))?;
        if !told {
            return Err(Stop::bad_at(
                Stage::Journal,
                record::JOURNAL,
                number,
                "it does not say what its revokes leave standing",
            ));
        }
    }
    let head = entries.head();
    drop(entries);
    if sums.get(record::JOURNAL) != Some(digest(input)) {
        return Err(Stop::changed(record::JOURNAL));
    }
    Ok((campaign, number, head))
}

/// Checks that the last of so many entries attests what was decided.
fn attested(campaign: &Campaign, number: u64) -> Result<(), Stop> {
    let last = campaign.entries().last().map(|entry| &entry.event);
    match (campaign.attested(), campaign.attested_flags(), last) {
        (Some(attested), Some(flags), Some(Event::Attested(_))) => {
            let principal = attested.principal.raw();
            if attested.statement != seal::statement(campaign, principal, flags) {
                return Err(Stop::bad_at(
                    Stage::Journal,
                    record::JOURNAL,
                    number,
                    "the attestation does not state what was decided".to_owned(),
                ));
            }
        }
        _ => {
            return Err(Stop::bad_at(
                Stage::Journal,
                record::JOURNAL,
                number,
                "the last entry is not the attestation".to_owned(),
            ));
        }
    }
    Ok(())
}

/// How many steps from team to team are followed, all accounts together of which a direct role is revoked.
const STEPS_LIMIT: u64 = 1 << 31;

/// Compares each line of decisions with the one the journal leads to; the answer is the root of the tree over
/// grants and decisions, which ties this reading of both files to what was signed.
fn decisions(
    crew: &dyn Crew,
    reading: &Reading<'_>,
    campaign: &Campaign,
    salts: Salts,
) -> Result<Trunk, Stop> {
    let items = campaign.snapshot().len() as u64;
    let stop = |error: format::Error| match error {
        // It had exactly as many lines when it was read as the population.
        format::Error::Line { line, .. } if line > items => Stop::changed(record::GRANTS),
        error => Stop::of(Stage::Decisions, &error),
    };
    let grants = Blocks::new(
        record::GRANTS,
        reading.plain(record::GRANTS)?,
        population::LINE_LIMIT,
    );
    let mut found = reading.plain(record::DECISIONS)?;
    let unreadable = |source: io::Error| Stop::unreadable(record::DECISIONS, &source);
    let mut expected = Decisions::with_salts(campaign, salts);
    if expected.steps().is_none_or(|steps| steps > STEPS_LIMIT) {
        return Err(Stop::CouldNotTell(
            "its teams give access in more ways than this version follows".to_owned(),
        ));
    }
    let hands = expected.beside();
    let (mut tree, mut number) = (merkle::Tree::default(), 0);
    let mut compare = |lines: &str| {
        for line in lines.split_inclusive('\n') {
            number += 1;
            let reason = match next(&mut found, line.as_bytes()).map_err(unreadable)? {
                Next::Same => continue,
                Next::End => "it is missing: there are fewer decisions than grants",
                Next::Other => "it is not the decision that the journal leads to",
            };
            return Err(wrong_decision(number, reason));
        }
        Ok(())
    };
    blocks::in_order(
        crew,
        grants,
        stop,
        |block| hands.of_block(block).map_err(stop),
        |made| expected.take(made, &mut tree, stop, &mut compare),
    )?;
    if tree.len() != items {
        return Err(Stop::changed(record::GRANTS));
    }
    if next(&mut found, b"").map_err(unreadable)? != Next::End {
        return Err(wrong_decision(
            items + 1,
            "there are more decisions than grants",
        ));
    }
    Ok(tree.trunk())
}

/// Makes `roots.json` again from the lines, and compares.
fn roots(
    reading: &Reading<'_>,
    sums: &Sums,
    campaign: &Campaign,
    review: &Review,
    items: Trunk,
) -> Result<(), Stop> {
    let trunk = |name, of| {
        let mut input = reading.hashed(name)?;
        let tree = merkle::of_lines(&mut input, review.salts, of)
            .map_err(|source| Stop::unreadable(name, &source))?;
        if sums.get(name) != Some(digest(input)) {
            return Err(Stop::changed(name));
        }
        Ok(tree.trunk())
    };
    let trunks = [
        items,
        trunk(record::ACCOUNTS, merkle::Of::Accounts)?,
        trunk(record::RESOURCES, merkle::Of::Resources)?,
    ];
    let bytes = reading.small(record::ROOTS)?;
    if sums.get(record::ROOTS) != Some(Digest::of(&bytes)) {
        return Err(Stop::changed(record::ROOTS));
    }
    let found = Roots::parse(&bytes).map_err(|error| Stop::of(Stage::Merkle, &error))?;
    let made = Roots::of(campaign, &review.seal(), trunks)
        .expect("the last entry of the journal is the attestation");
    if found == made {
        return Ok(());
    }
    Err(Stop::bad(
        Stage::Merkle,
        record::ROOTS,
        "it does not say what the lines and the review come to".to_owned(),
    ))
}

fn wrong_decision(line: u64, reason: &str) -> Stop {
    Stop::bad_at(Stage::Decisions, record::DECISIONS, line, reason.to_owned())
}

/// What comes next in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Same,
    Other,
    End,
}

/// Whether the next bytes of `input` are `expected`, which are consumed. They are compared piece by piece: a line
/// of any length takes no memory.
fn next(input: &mut impl BufRead, mut expected: &[u8]) -> io::Result<Next> {
    let mut begun = false;
    while !(begun && expected.is_empty()) {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        if piece.is_empty() && !begun {
            return Ok(Next::End);
        }
        let length = piece.len().min(expected.len());
        if length == 0 || piece[..length] != expected[..length] {
            return Ok(Next::Other);
        }
        input.consume(length);
        expected = &expected[length..];
        begun = true;
    }
    Ok(Next::Same)
}

/// Makes `review.json` again from what was found, and compares.
fn totals(
    reading: &Reading<'_>,
    sums: &Sums,
    campaign: &Campaign,
    review: &Review,
    review_bytes: &[u8],
) -> Result<(), Stop> {
    let sizes = review.contents.bytes.iter();
    let contents = Contents {
        bytes: sizes.map(|(name, _)| (*name, reading.size(name))).collect(),
        policy: sums
            .get(record::POLICY)
            .expect("a list of digests names every file of a record"),
        ..review.contents.clone()
    };
    let again = Review::of(campaign, review.seal(), contents)
        .expect("the last entry of the journal is the attestation");
    let again = again.print();
    if again.as_bytes() == review_bytes {
        return Ok(());
    }
    let mut lines = again.as_bytes().split(|byte| *byte == b'\n');
    let differs = review_bytes
        .split(|byte| *byte == b'\n')
        .position(|line| lines.next() != Some(line));
    let finding = Finding {
        file: Some(record::REVIEW.to_owned()),
        line: differs.map(|line| line as u64 + 1),
        reason: "it does not say what the journal and the files come to".to_owned(),
    };
    Err(Stop::Bad(Bad::of(Stage::Totals, finding)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::journal::Entry, format::sample};

    #[test]
    fn every_item_that_an_entry_changes_counts() {
        let all = sample::campaign();
        let entries = all.entries();
        let mut campaign = Campaign::open(
            Arc::clone(all.snapshot()),
            all.terms().clone(),
            Entry::clone(&entries[0]),
        )
        .expect("it opened once");
        let items = |seq: u32| match &all.entry(seq).expect("it is there").event {
            Event::Decided(decided) => decided.items.iter().count() as u64,
            _ => 1,
        };
        for entry in &entries[1..] {
            let expected = match entry.event {
                Event::Undone { entry } | Event::Redone { entry } => items(entry),
                Event::Waived(_) | Event::Attested(_) => {
                    campaign.snapshot().len() as u64 + steps(&campaign)
                }
                _ => items(entry.seq) + campaign.steps_to_remains(&entry.event),
            };
            assert_eq!(changed_by(&campaign, &entry.event), expected);
            campaign
                .apply(Entry::clone(entry))
                .expect("it happened once");
        }
    }
}
