//! Whether the population follows from the raw answers of the server, answer by answer.
//!
//! Every answer is hashed again, and what all of them come to is worked out anew by the code that read the server. It
//! is not known here how a server puts things: whoever asks lends a [`Reread`]. What a record then has that no answer
//! shows was invented; what an answer shows that the record lacks was dropped.

use std::{collections::BTreeMap, io};

use super::{
    Bad, Finding, Stage, Stop,
    inquiry::Begin,
    reading::{Hashed, Reading, digest, drain},
};
use crate::{
    domain::{
        account::Account,
        campaign::Campaign,
        grant::{Entitlement, Grant, GrantId, Holder},
        items::Item,
        provenance::{Endpoint, Evidence, Gap, Provenance, Reader},
        resource::{Project, Role, Team},
        rights::Right,
        snapshot::Snapshot,
        time::Timestamp,
        words::count,
    },
    format::{
        self,
        evidence::{self, Answer, Body},
        record::{self, Review},
        sums::Sums,
    },
};

/// How many bytes of answers are looked at. A hostile record can unpack into any number of them.
const BYTES_LIMIT: u64 = 64 << 30;

/// How many findings are kept with their words; the others are counted.
const NAMED: usize = 100;

/// Reads a population out of the raw answers of a server again.
pub trait Reread {
    /// Takes one answer; they come in order of their numbers.
    ///
    /// # Errors
    /// When it cannot belong to the others; in words.
    fn take(&mut self, answer: &Answer) -> Result<(), String>;

    /// What all of them come to.
    ///
    /// # Errors
    /// When they come to nothing; in words.
    fn finish(self: Box<Self>) -> Result<Population, String>;
}

/// What answers come to when they are read again.
#[derive(Debug)]
pub struct Population {
    /// Accounts, resources and grants.
    pub snapshot: Snapshot,
    /// Whose token it was read with.
    pub reader: Reader,
    /// What that token was shown to read.
    pub rights: Vec<Right>,
    /// What was read of each call. How often a call was sent does not count here: what was not answered left nothing.
    pub endpoints: Vec<Endpoint>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The server's clock at its first answer and at its last.
    pub server: (Option<Timestamp>, Option<Timestamp>),
}

/// Reads every answer again and compares what they come to with the record.
pub(super) fn check(
    reading: &Reading<'_>,
    sums: &Sums,
    review: &Review,
    campaign: &Campaign,
    begin: &Begin<'_>,
) -> Result<(), Stop> {
    let provenance = &campaign.opened().provenance;
    let mut reread = match provenance.evidence {
        Evidence::Full => Some(begin(review).map_err(Stop::CouldNotTell)?),
        Evidence::Hashes | Evidence::None => None,
    };
    let answers = answers(
        reading,
        sums,
        provenance.evidence,
        &mut |answer| match &mut reread {
            Some(reread) => reread.take(answer),
            None => Ok(()),
        },
    )?;
    let Some(reread) = reread else {
        return Err(Stop::CouldNotTell(format!(
            "{}, so nobody can compare the population with them; without --deep the rest of the record is judged",
            provenance.evidence.words()
        )));
    };
    let found = reread.finish().map_err(|why| {
        Stop::bad(
            Stage::Evidence,
            record::EVIDENCE,
            format!("its answers are not those of a reading: {why}"),
        )
    })?;
    let mut findings = Findings::default();
    // A list that lacks a page is the cause of much that follows.
    compare_provenance(provenance, &found, &mut findings);
    compare_resources(campaign.snapshot(), &found.snapshot, &mut findings);
    compare_accounts(campaign.snapshot(), &found.snapshot, &mut findings);
    compare_grants(campaign.snapshot(), &found.snapshot, answers, &mut findings);
    findings.end()
}

/// Reads every answer and hands it on; the answer is how many there are.
fn answers(
    reading: &Reading<'_>,
    sums: &Sums,
    kept: Evidence,
    take: &mut dyn FnMut(&Answer) -> Result<(), String>,
) -> Result<u32, Stop> {
    let mut input = reading.hashed(record::EVIDENCE)?;
    let stop = |error| Stop::of(Stage::Evidence, &error);
    let bad = |line: u64, reason: String| {
        Stop::Bad(Bad::of(
            Stage::Evidence,
            Finding::at(record::EVIDENCE, line, reason),
        ))
    };
    let mut reader = evidence::Reader::new(&mut input).map_err(stop)?;
    let (mut number, mut bytes) = (0u32, 0u64);
    loop {
        let answer = match reader.next() {
            Ok(Some(answer)) => answer,
            Ok(None) => break,
            Err(format::Error::Read { source, .. }) => {
                drop(reader);
                return Err(not_unpacked(sums, input, number, &source));
            }
            Err(error) => return Err(stop(error)),
        };
        number = number.saturating_add(1);
        let line = u64::from(number);
        if answer.number != number {
            let reason = format!("it has the number {} and is answer {number}", answer.number);
            return Err(bad(line, reason));
        }
        let as_kept = matches!(
            (&answer.body, kept),
            (Body::Whole(_), Evidence::Full) | (Body::Digest(_), Evidence::Hashes)
        );
        if !as_kept {
            let reason = format!("the record says that {}", kept.words());
            return Err(bad(line, reason));
        }
        bytes = bytes.saturating_add(answer.body.len() as u64);
        if bytes > BYTES_LIMIT {
            return Err(Stop::CouldNotTell(format!(
                "{} has more than {BYTES_LIMIT} bytes of answers, which is more than this version looks at",
                record::EVIDENCE
            )));
        }
        take(&answer).map_err(|reason| bad(line, reason))?;
    }
    drop(reader);
    if sums.get(record::EVIDENCE) != Some(digest(input)) {
        return Err(Stop::changed(record::EVIDENCE));
    }
    Ok(number)
}

/// Why an answer could not be unpacked: the file cannot be read, or it has the digest that was signed and is damaged all the
/// same.
fn not_unpacked(sums: &Sums, mut input: Hashed<'_>, answers: u32, why: &io::Error) -> Stop {
    if let Err(unreadable) = drain(record::EVIDENCE, &mut input) {
        return unreadable;
    }
    if sums.get(record::EVIDENCE) != Some(digest(input)) {
        return Stop::changed(record::EVIDENCE);
    }
    let line = u64::from(answers).saturating_add(1);
    let reason = format!("it cannot be unpacked from here on: {why}");
    Stop::bad_at(Stage::Evidence, record::EVIDENCE, line, reason)
}

/// What is wrong, in the order in which it was found.
#[derive(Debug, Default)]
struct Findings {
    named: Vec<Finding>,
    more: u64,
}

impl Findings {
    fn add(&mut self, file: &str, line: impl Into<Option<u64>>, reason: String) {
        if self.named.len() < NAMED {
            self.named.push(Finding {
                file: Some(file.to_owned()),
                line: line.into(),
                reason,
            });
        } else {
            self.more += 1;
        }
    }

    fn end(self) -> Result<(), Stop> {
        let mut named = self.named.into_iter();
        match named.next() {
            None => Ok(()),
            Some(first) => Err(Stop::Bad(Bad {
                further: named.collect(),
                more: self.more,
                ..Bad::of(Stage::Evidence, first)
            })),
        }
    }
}

/// Compares two lists whose entries are told apart by `key`; `wrong` hears of each difference.
fn compare<'a, T: PartialEq, K: Ord>(
    record: &'a [T],
    found: &'a [T],
    key: impl Fn(&'a T) -> K,
    mut wrong: impl FnMut(Difference<'a, T>),
) {
    if record == found {
        return;
    }
    let mut left: BTreeMap<K, &T> = found.iter().map(|one| (key(one), one)).collect();
    for (at, one) in record.iter().enumerate() {
        match left.remove(&key(one)) {
            None => wrong(Difference::Invented(at, one)),
            Some(other) if other == one => {}
            Some(other) => wrong(Difference::Changed(at, one, other)),
        }
    }
    for one in left.into_values() {
        wrong(Difference::Dropped(one));
    }
}

enum Difference<'a, T> {
    /// Place and entry of the record.
    Invented(usize, &'a T),
    /// Place and entry of the record, then as the answers have it.
    Changed(usize, &'a T, &'a T),
    /// The entry as the answers have it.
    Dropped(&'a T),
}

/// The line of a list's entry in its file, when `before` other lines stand above the list.
fn line(at: usize, before: usize) -> u64 {
    (at + before + 1) as u64
}

fn not_shown(what: &str, source: u32) -> String {
    match source {
        0 => format!("no answer shows {what}"),
        source => format!("answer {source}, which it cites, does not show {what}"),
    }
}

/// Where an answer stands; a thing that is only named by others stands nowhere.
fn cited(source: u32) -> Option<u64> {
    (source > 0).then_some(u64::from(source))
}

fn dropped(findings: &mut Findings, file: &str, what: &str, source: u32) {
    findings.add(
        record::EVIDENCE,
        cited(source),
        match source {
            0 => format!("its answers name {what}, and {file} leaves it out"),
            source => format!("answer {source} shows {what}, and {file} leaves it out"),
        },
    );
}

macro_rules! differing {
    ($one:expr, $other:expr, $($field:ident)*) => {{
        let mut names: Vec<&str> = Vec::new();
        $(if $one.$field != $other.$field { names.push(stringify!($field)); })*
        names.join(", ").replace('_', " ")
    }};
}

fn changed(findings: &mut Findings, at: (&str, u64), what: &str, fields: &str, source: u32) {
    findings.add(
        at.0,
        at.1,
        match source {
            0 => format!("no answer has these facts of {what}: {fields}"),
            source => format!("answer {source} has other facts of {what}: {fields}"),
        },
    );
}

fn compare_accounts(record: &Snapshot, found: &Snapshot, findings: &mut Findings) {
    let name = |account: &Account| format!("the account {}", account.id.0);
    compare(
        record.accounts(),
        found.accounts(),
        |account| &account.id,
        |difference| match difference {
            Difference::Invented(at, one) => findings.add(
                record::ACCOUNTS,
                line(at, 0),
                not_shown(&name(one), one.source),
            ),
            Difference::Dropped(one) => {
                dropped(findings, record::ACCOUNTS, &name(one), one.source);
            }
            Difference::Changed(at, one, other) => {
                let fields = differing!(one, other, username first_name last_name email kind archived left_at
                    suspended suspended_at joined two_factor last_sign_in external_id listed source);
                let place = (record::ACCOUNTS, line(at, 0));
                changed(findings, place, &name(one), &fields, other.source);
            }
        },
    );
}

fn compare_resources(record: &Snapshot, found: &Snapshot, findings: &mut Findings) {
    let file = record::RESOURCES;
    if record.organization() != found.organization() {
        let (one, other) = (record.organization(), found.organization());
        let fields = differing!(one, other, id name url);
        findings.add(
            file,
            1,
            format!("the answers have other facts of the organization: {fields}"),
        );
    }
    let mut before = 1;
    let name = |team: &Team| format!("the team {}", team.id);
    // Positions of parents shift when a team is dropped; what is above is told by its id.
    let parent = |snapshot: &Snapshot, team: &Team| {
        team.parent.map(|parent| snapshot.team(parent).id.clone())
    };
    compare(
        record.teams(),
        found.teams(),
        |team| &team.id,
        |difference| match difference {
            Difference::Invented(at, one) => {
                findings.add(file, line(at, before), not_shown(&name(one), one.source));
            }
            Difference::Dropped(one) => dropped(findings, file, &name(one), one.source),
            Difference::Changed(at, one, other) => {
                let mut fields =
                    differing!(one, other, name archived disbanded disbanded_at listed source);
                if parent(record, one) != parent(found, other) {
                    fields.insert_str(
                        0,
                        if fields.is_empty() {
                            "parent"
                        } else {
                            "parent, "
                        },
                    );
                }
                if !fields.is_empty() {
                    changed(
                        findings,
                        (file, line(at, before)),
                        &name(one),
                        &fields,
                        other.source,
                    );
                }
            }
        },
    );
    before += record.teams().len();
    let name = |project: &Project| format!("the project {}", project.id);
    compare(
        record.projects(),
        found.projects(),
        |project| &project.id,
        |difference| match difference {
            Difference::Invented(at, one) => {
                findings.add(file, line(at, before), not_shown(&name(one), one.source));
            }
            Difference::Dropped(one) => dropped(findings, file, &name(one), one.source),
            Difference::Changed(at, one, other) => {
                let fields = differing!(one, other, key name private archived source);
                changed(
                    findings,
                    (file, line(at, before)),
                    &name(one),
                    &fields,
                    other.source,
                );
            }
        },
    );
    before += record.projects().len();
    let name = |role: &Role| format!("the role {}", role.key);
    compare(
        record.roles(),
        found.roles(),
        |role| &role.key,
        |difference| match difference {
            Difference::Invented(at, one) => {
                findings.add(file, line(at, before), not_shown(&name(one), one.source));
            }
            Difference::Dropped(one) => dropped(findings, file, &name(one), one.source),
            // Many answers name the same role, and which came first is chance.
            Difference::Changed(at, one, other) => {
                let fields = differing!(one, other, name kind);
                if !fields.is_empty() {
                    changed(
                        findings,
                        (file, line(at, before)),
                        &name(one),
                        &fields,
                        other.source,
                    );
                }
            }
        },
    );
}

/// What a grant is, with the ids that tell it apart.
fn grant(snapshot: &Snapshot, at: usize) -> String {
    let item = Item(u32::try_from(at).expect("a snapshot has fewer than four billion of anything"));
    let grant = snapshot.grant(item);
    format!(
        "the grant {}: {} of {} for {}",
        grant.id,
        snapshot.role_label(item).raw(),
        snapshot.resource_label(item).raw(),
        snapshot.holder_label(grant.holder).raw()
    )
}

/// Compares grants by their ids: those say holder, resource and role, so a changed role is one grant that no answer
/// shows and one that is left out.
fn compare_grants(record: &Snapshot, found: &Snapshot, answers: u32, findings: &mut Findings) {
    let file = record::GRANTS;
    let same_places = record.accounts() == found.accounts()
        && record.teams() == found.teams()
        && record.projects() == found.projects()
        && record.roles().len() == found.roles().len();
    if same_places
        && record.grants() == found.grants()
        && record.memberships() == found.memberships()
    {
        return;
    }
    let mut left: BTreeMap<GrantId, usize> = found
        .grants()
        .iter()
        .enumerate()
        .map(|(at, grant)| (grant.id, at))
        .collect();
    for (at, one) in record.grants().iter().enumerate() {
        let Some(there) = left.remove(&one.id) else {
            let what = grant(record, at);
            let reason = if one.source > answers {
                format!(
                    "it cites answer {}, and there are {answers}: {what}",
                    one.source
                )
            } else {
                not_shown(&what, one.source)
            };
            findings.add(file, line(at, 0), reason);
            continue;
        };
        let other = &found.grants()[there];
        let fields = differing_grant(record, one, found, other);
        if !fields.is_empty() {
            let place = (file, line(at, 0));
            changed(findings, place, &grant(record, at), &fields, other.source);
        }
    }
    let mut left: Vec<usize> = left.into_values().collect();
    left.sort_unstable();
    for there in left {
        let source = found.grants()[there].source;
        dropped(findings, file, &grant(found, there), source);
    }
}

/// The id of whoever has a grant.
fn holder<'a>(snapshot: &'a Snapshot, grant: &Grant) -> Option<&'a str> {
    match grant.holder {
        Holder::Everyone(_) => None,
        Holder::Account(account) => Some(&snapshot.account(account).id.0),
        Holder::Team(team) => Some(&snapshot.team(team).id),
    }
}

/// What differs between two grants with the same id.
fn differing_grant(record: &Snapshot, one: &Grant, found: &Snapshot, other: &Grant) -> String {
    let mut fields = Vec::new();
    if let (Entitlement::Membership(a), Entitlement::Membership(b)) =
        (one.entitlement, other.entitlement)
    {
        let (a, b) = (record.membership(a), found.membership(b));
        // Its id is that of the membership alone.
        if holder(record, one) != holder(found, other) {
            fields.push("holder".to_owned());
        }
        if record.team(a.team).id != found.team(b.team).id {
            fields.push("team".to_owned());
        }
        let more = differing!(a, b, lead position since till pending archived);
        fields.extend((!more.is_empty()).then_some(more));
    }
    if one.source != other.source {
        fields.push(format!("source (it cites answer {})", one.source));
    }
    fields.join(", ")
}

/// Compares what the record says about its own completeness with what the answers show.
fn compare_provenance(provenance: &Provenance, found: &Population, findings: &mut Findings) {
    // All of it stands in the entry that opened the review.
    let mut add = |reason: String| findings.add(record::JOURNAL, 1, reason);
    if provenance.reader != found.reader {
        add("it names another owner of the token than the answers".to_owned());
    }
    if (provenance.server_began, provenance.server_ended) != found.server {
        add("it gives the server another time than the answers".to_owned());
    }
    let read = |endpoint: &&Endpoint| endpoint.pages > 0;
    let mut left: BTreeMap<(&str, &str), &Endpoint> = found
        .endpoints
        .iter()
        .filter(read)
        .map(|one| (asked(one), one))
        .collect();
    for one in provenance.endpoints.iter().filter(read) {
        let said = sizes(one);
        match left.remove(&asked(one)) {
            None => add(format!(
                "it says of {}: {said}; the answers have none of it",
                one.call
            )),
            Some(other) if sizes(other) == said => {}
            Some(other) => add(format!(
                "it says of {}: {said}; the answers come to {}",
                one.call,
                sizes(other)
            )),
        }
    }
    for one in left.into_values() {
        add(format!(
            "it does not tell of {}, which was answered: {}",
            one.call,
            sizes(one)
        ));
    }
    let known: Vec<(&str, &str)> = provenance.gaps.iter().map(lacking).collect();
    for gap in &found.gaps {
        if !known.contains(&lacking(gap)) {
            add(format!(
                "the answers leave a gap that it does not name: {}",
                gap.words()
            ));
        }
    }
    for right in &found.rights {
        let said = provenance
            .rights
            .iter()
            .find(|said| said.permission == right.permission);
        let said = said.map_or("nothing", |said| said.holding.word());
        if said != right.holding.word() {
            add(format!(
                "it says of the permission {}: {said}; by the answers: {}",
                right.permission.title(),
                right.holding.word()
            ));
        }
    }
}

/// What was called, whatever fields the server did not know.
fn asked(endpoint: &Endpoint) -> (&str, &str) {
    let parameters = &*endpoint.parameters;
    let without = parameters.split_once("without ");
    let parameters = without.map_or(parameters, |(parameters, _)| parameters.trim_end());
    (&endpoint.call, parameters)
}

fn sizes(endpoint: &Endpoint) -> String {
    let total = match endpoint.server_total {
        Some(total) => format!("the server counts {total}"),
        None => "the server gives no total".to_owned(),
    };
    format!(
        "{} in {}, {} distinct, {total}",
        count(endpoint.rows, "row", "rows"),
        count(endpoint.pages, "page", "pages"),
        endpoint.distinct,
    )
}

/// What a gap is about. A page that was never answered leaves nothing behind, so a list that was refused half way and
/// one that fell short look the same here.
fn lacking(gap: &Gap) -> (&str, &str) {
    let missing = gap.missing.raw();
    let ends = [" could not be read", " may be missing"];
    let stem = ends.iter().find_map(|end| missing.strip_suffix(end));
    (&gap.call, stem.unwrap_or(missing))
}
