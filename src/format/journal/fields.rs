//! The members of a journal line, and the entry they make.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    domain::{
        Digest,
        account::AccountId,
        campaign::Progress,
        check::Rule,
        decision::{Change, Decision},
        items::{Item, ItemSet},
        journal::{
            Attested, Chosen, Decided, Entry, Event, How, Opened, Previous, PreviousRecord, Waived,
        },
        provenance::{Endpoint, Evidence, Gap, Provenance, Reader},
        remains::{Others, Remains},
        rights::{Holding, Permission, Right},
        signal,
        text::Raw,
    },
    format::{
        Problem, SCHEMA,
        canonical::{self, Text},
    },
};

/// All members that any line can have. Which ones belong to which operation need not be checked here: printing the
/// entry again leaves out those that do not, and the texts then differ.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    seq: u32,
    #[serde(borrow)]
    prev: Text<'a>,
    #[serde(borrow)]
    at: Text<'a>,
    #[serde(borrow)]
    by: Text<'a>,
    #[serde(borrow)]
    op: Text<'a>,
    schema: Option<u64>,
    #[serde(borrow)]
    review: Option<Text<'a>>,
    #[serde(borrow)]
    reviewer: Option<Text<'a>>,
    #[serde(borrow)]
    reviewer_account: Option<Text<'a>>,
    accounts: Option<u64>,
    grants: Option<u64>,
    #[serde(borrow)]
    scope: Option<Text<'a>>,
    #[serde(borrow)]
    tool: Option<Text<'a>>,
    #[serde(borrow)]
    snapshot: Option<ProvenanceFields<'a>>,
    #[serde(borrow)]
    previous_record: Option<PreviousRecordFields<'a>>,
    #[serde(borrow)]
    previous_journal: Option<PreviousFields<'a>>,
    #[serde(borrow)]
    items: Option<Text<'a>>,
    count: Option<u64>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    chosen: Option<Text<'a>>,
    #[serde(borrow)]
    filter: Option<Text<'a>>,
    added: Option<u32>,
    removed: Option<u32>,
    #[serde(borrow)]
    left_out: Option<BTreeMap<Text<'a>, Text<'a>>>,
    from: Option<u32>,
    #[serde(borrow)]
    from_at: Option<Text<'a>>,
    #[serde(borrow)]
    how: Option<Text<'a>>,
    entry: Option<u32>,
    item: Option<u64>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    statement: Option<Text<'a>>,
    #[serde(borrow)]
    principal: Option<Text<'a>>,
    counts: Option<ProgressFields>,
    #[serde(borrow)]
    flag: Option<Text<'a>>,
    #[serde(borrow)]
    record: Option<Text<'a>>,
    #[serde(borrow)]
    sums: Option<Text<'a>>,
    #[serde(borrow)]
    remains: Option<RemainsFields<'a>>,
}

/// What revokes leave standing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemainsFields<'a> {
    #[serde(borrow)]
    standing: Text<'a>,
    #[serde(borrow)]
    unsure: Text<'a>,
    #[serde(borrow)]
    through: Vec<ThroughFields<'a>>,
    #[serde(borrow)]
    along: Text<'a>,
    others: OthersFields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThroughFields<'a> {
    item: u64,
    #[serde(borrow)]
    by: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OthersFields {
    lose: u64,
    keep: u64,
    unsure: u64,
}

impl RemainsFields<'_> {
    fn remains(&self) -> Result<Remains, Problem> {
        let items = |text: &Text<'_>| text.parse::<ItemSet>().map_err(Problem::malformed);
        let through = |fields: &ThroughFields<'_>| Ok((item(fields.item)?, items(&fields.by)?));
        Ok(Remains {
            standing: items(&self.standing)?,
            unsure: items(&self.unsure)?,
            through: self.through.iter().map(through).collect::<Result<_, _>>()?,
            along: items(&self.along)?,
            others: Others {
                lose: self.others.lose,
                keep: self.others.keep,
                unsure: self.others.unsure,
            },
        })
    }
}

/// The journal before a refresh.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct PreviousFields<'a> {
    #[serde(borrow)]
    head: Text<'a>,
    entries: u32,
    #[serde(borrow)]
    as_of: Text<'a>,
}

/// A record that was sealed before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct PreviousRecordFields<'a> {
    #[serde(borrow)]
    record: Text<'a>,
    #[serde(borrow)]
    sums: Text<'a>,
    #[serde(borrow)]
    review: Text<'a>,
    #[serde(borrow)]
    as_of: Text<'a>,
    #[serde(borrow)]
    sealed_at: Text<'a>,
    #[serde(borrow)]
    principal: Text<'a>,
    #[serde(borrow)]
    key_fingerprint: Text<'a>,
    #[serde(borrow)]
    verdict: Text<'a>,
}

impl PreviousRecordFields<'_> {
    pub(in crate::format) fn record(&self) -> Result<PreviousRecord, Problem> {
        Ok(PreviousRecord {
            record: self.record.to_string(),
            sums: self.sums.parse().map_err(Problem::malformed)?,
            review: self.review.to_string(),
            as_of: canonical::instant(&self.as_of)?,
            sealed_at: canonical::instant(&self.sealed_at)?,
            principal: raw(&self.principal),
            key_fingerprint: self.key_fingerprint.to_string(),
            // Any other word is noticed when it is printed again.
            signer_known: &*self.verdict == super::SIGNER_KNOWN,
        })
    }
}

/// Where a snapshot came from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct ProvenanceFields<'a> {
    #[serde(borrow)]
    began: Text<'a>,
    #[serde(borrow, default)]
    resumed: Vec<Text<'a>>,
    #[serde(borrow)]
    ended: Text<'a>,
    #[serde(borrow)]
    server_began: Option<Text<'a>>,
    #[serde(borrow)]
    server_ended: Option<Text<'a>>,
    #[serde(borrow)]
    reader: Option<Text<'a>>,
    #[serde(borrow)]
    application: Option<ApplicationFields<'a>>,
    #[serde(borrow)]
    rights: Vec<RightFields<'a>>,
    #[serde(borrow)]
    population: Text<'a>,
    #[serde(borrow)]
    evidence: Text<'a>,
    #[serde(borrow)]
    endpoints: Vec<EndpointFields<'a>>,
    #[serde(borrow)]
    gaps: Vec<GapFields<'a>>,
}

/// An application whose token it was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct ApplicationFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

impl ApplicationFields<'_> {
    pub(in crate::format) fn reader(&self) -> Reader {
        Reader::Application {
            id: (&*self.id).into(),
            name: raw(&self.name),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightFields<'a> {
    #[serde(borrow)]
    permission: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    shown_by: Option<Text<'a>>,
    #[serde(borrow)]
    why: Option<Text<'a>>,
}

impl RightFields<'_> {
    fn right(&self) -> Result<Right, Problem> {
        let code = &*self.permission;
        let permission = Permission::of_code(code)
            .ok_or_else(|| Problem::newer(format!("nothing is known of a permission `{code}`")))?;
        let why = || Raw::from(self.why.as_deref().unwrap_or_default());
        let holding = [
            Holding::Shown,
            Holding::Said,
            Holding::Missing(why()),
            Holding::Unclear(why()),
        ]
        .into_iter()
        .find(|holding| {
            holding.word() == &*self.state && holding.shown_by() == self.shown_by.as_deref()
        });
        let holding = holding.ok_or_else(|| {
            Problem::newer(format!(
                "nothing is known of a permission that is `{}`",
                self.state.0
            ))
        })?;
        Ok(Right {
            permission,
            holding,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointFields<'a> {
    #[serde(borrow)]
    call: Text<'a>,
    #[serde(borrow)]
    parameters: Text<'a>,
    requests: u64,
    pages: u64,
    rows: u64,
    distinct: u64,
    server_total: Option<u64>,
    retries: u64,
    refusals: u64,
    errors: u64,
}

/// Something that could not be read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct GapFields<'a> {
    #[serde(borrow)]
    call: Text<'a>,
    #[serde(borrow)]
    missing: Text<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
}

impl GapFields<'_> {
    pub(in crate::format) fn gap(&self) -> Gap {
        Gap {
            call: self.call.to_string(),
            missing: raw(&self.missing),
            reason: raw(&self.reason),
        }
    }
}

/// Counts of decisions.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::format) struct ProgressFields {
    grants: u64,
    keep: u64,
    revoke: u64,
    acknowledge: u64,
    undecided: u64,
    later: u64,
}

impl From<ProgressFields> for Progress {
    fn from(fields: ProgressFields) -> Self {
        Self {
            items: fields.grants,
            kept: fields.keep,
            revoked: fields.revoke,
            acknowledged: fields.acknowledge,
            undecided: fields.undecided,
            later: fields.later,
        }
    }
}

impl ProvenanceFields<'_> {
    pub(in crate::format) fn provenance(&self) -> Result<Provenance, Problem> {
        let endpoint = |fields: &EndpointFields<'_>| Endpoint {
            call: fields.call.to_string(),
            parameters: fields.parameters.to_string(),
            requests: fields.requests,
            pages: fields.pages,
            rows: fields.rows,
            distinct: fields.distinct,
            server_total: fields.server_total,
            retries: fields.retries,
            refusals: fields.refusals,
            errors: fields.errors,
        };
        Ok(Provenance {
            began: canonical::instant(&self.began)?,
            resumed: self
                .resumed
                .iter()
                .map(|at| canonical::instant(at))
                .collect::<Result<_, _>>()?,
            ended: canonical::instant(&self.ended)?,
            server_began: self
                .server_began
                .as_deref()
                .map(canonical::instant)
                .transpose()?,
            server_ended: self
                .server_ended
                .as_deref()
                .map(canonical::instant)
                .transpose()?,
            reader: match (&self.reader, &self.application) {
                (Some(id), _) => Reader::Account(AccountId((&**id).into())),
                (None, Some(application)) => application.reader(),
                (None, None) => Reader::Unknown,
            },
            rights: self
                .rights
                .iter()
                .map(RightFields::right)
                .collect::<Result<_, _>>()?,
            endpoints: self.endpoints.iter().map(endpoint).collect(),
            gaps: self.gaps.iter().map(GapFields::gap).collect(),
            evidence: Evidence::ALL
                .into_iter()
                .find(|evidence| evidence.word() == &*self.evidence)
                .ok_or_else(|| {
                    Problem::newer(format!(
                        "nothing is known of evidence `{}`",
                        self.evidence.0
                    ))
                })?,
            population: self.population.parse().map_err(Problem::malformed)?,
        })
    }
}

/// Reads the line without `h`; the answer is the entry and its `prev`.
pub(super) fn entry(body: &[u8]) -> Result<(Entry, Digest), Problem> {
    let fields: Fields<'_> = match canonical::object(body) {
        Ok(fields) => fields,
        Err(problem) => return Err(newer(body).unwrap_or(problem)),
    };
    if let Some(schema) = fields.schema
        && schema != SCHEMA
    {
        return Err(Problem::newer(format!("it has schema {schema}")));
    }
    let entry = Entry {
        seq: fields.seq,
        at: canonical::instant(&fields.at)?,
        by: raw(&fields.by),
        event: event(&fields)?,
        remains: fields
            .remains
            .as_ref()
            .map(|fields| fields.remains().map(Box::new))
            .transpose()?,
    };
    Ok((entry, fields.prev.parse().map_err(Problem::malformed)?))
}

/// Whether a line that is not understood says that a newer version wrote it.
fn newer(body: &[u8]) -> Option<Problem> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        op: Text<'a>,
        schema: Option<u64>,
    }
    let peek: Peek<'_> = serde_json::from_slice(body).ok()?;
    match peek.schema {
        Some(schema) if schema != SCHEMA => Some(Problem::newer(format!("it has schema {schema}"))),
        _ if !OPERATIONS.contains(&&*peek.op) => Some(unknown(&peek.op)),
        _ => None,
    }
}

const OPERATIONS: [&str; 13] = [
    "open",
    "keep",
    "revoke",
    "acknowledge",
    "later",
    "clear",
    "undo",
    "redo",
    "note",
    "self-review",
    "waive",
    "attest",
    "seal",
];

fn unknown(op: &str) -> Problem {
    Problem::newer(format!("nothing is known of an operation `{op}`"))
}

fn event(fields: &Fields<'_>) -> Result<Event, Problem> {
    Ok(match &*fields.op {
        "open" => Event::Opened(Box::new(opened(fields)?)),
        "keep" => decided(fields, Change::Decide(Decision::Keep))?,
        "revoke" => decided(fields, Change::Decide(Decision::Revoke))?,
        "acknowledge" => decided(fields, Change::Decide(Decision::Acknowledge))?,
        "later" => decided(fields, Change::Later)?,
        "clear" => decided(fields, Change::Clear)?,
        "undo" => Event::Undone {
            entry: need("entry", fields.entry)?,
        },
        "redo" => Event::Redone {
            entry: need("entry", fields.entry)?,
        },
        "note" => Event::Noted {
            item: item(need("item", fields.item)?)?,
            text: raw(need("text", fields.text.as_deref())?),
        },
        "self-review" => Event::SelfReviewAllowed {
            reason: raw(need("reason", fields.reason.as_deref())?),
        },
        "waive" => Event::Waived(Box::new(waived(fields)?)),
        "attest" => Event::Attested(Box::new(attested(fields)?)),
        "seal" => Event::Sealed {
            record: need("record", fields.record.as_deref())?.to_owned(),
            sums: need("sums", fields.sums.as_deref())?
                .parse()
                .map_err(Problem::malformed)?,
        },
        op => return Err(unknown(op)),
    })
}

fn item(number: u64) -> Result<Item, Problem> {
    number
        .checked_sub(1)
        .and_then(|item| u32::try_from(item).ok().map(Item))
        .ok_or_else(|| Problem::malformed("`item` is not an item number"))
}

fn opened(fields: &Fields<'_>) -> Result<Opened, Problem> {
    need("schema", fields.schema)?;
    Ok(Opened {
        review: need("review", fields.review.as_deref())?.to_owned(),
        reviewer: raw(need("reviewer", fields.reviewer.as_deref())?),
        reviewer_account: fields
            .reviewer_account
            .as_deref()
            .map(|id| AccountId(id.into())),
        items: need("grants", fields.grants)?,
        accounts: need("accounts", fields.accounts)?,
        scope: fields.scope.as_deref().map(raw),
        provenance: need("snapshot", fields.snapshot.as_ref())?.provenance()?,
        tool: need("tool", fields.tool.as_deref())?.to_owned(),
        previous: fields
            .previous_journal
            .as_ref()
            .map(PreviousFields::previous)
            .transpose()?,
        previous_record: fields
            .previous_record
            .as_ref()
            .map(PreviousRecordFields::record)
            .transpose()?,
    })
}

impl PreviousFields<'_> {
    pub(in crate::format) fn previous(&self) -> Result<Previous, Problem> {
        Ok(Previous {
            head: self.head.parse().map_err(Problem::malformed)?,
            entries: self.entries,
            as_of: canonical::instant(&self.as_of)?,
        })
    }
}

fn decided(fields: &Fields<'_>, change: Change) -> Result<Event, Problem> {
    // `count` is compared by printing the entry again.
    need("count", fields.count)?;
    let chosen = match (fields.chosen.as_deref(), fields.filter.as_deref()) {
        (None, None) => Chosen::Single,
        (Some("rest"), None) => Chosen::RestOfSubject,
        (Some("marked"), None) => Chosen::Marked,
        (Some("carried"), None) => Chosen::Carried {
            entry: need("from", fields.from)?,
            at: canonical::instant(need("from_at", fields.from_at.as_deref())?)?,
            how: how(need("how", fields.how.as_deref())?)?,
        },
        (Some("as-before"), None) => Chosen::AsBefore {
            record: need("record", fields.record.as_deref())?.to_owned(),
        },
        (Some("drift"), None) => Chosen::Drift,
        (Some("filter"), Some(filter)) => Chosen::Filter(raw(filter)),
        (Some("adjusted"), Some(filter)) => Chosen::Adjusted {
            filter: raw(filter),
            added: need("added", fields.added)?,
            removed: need("removed", fields.removed)?,
        },
        (Some("table"), None) => Chosen::Table,
        (Some(other), _) => {
            return Err(Problem::newer(format!(
                "nothing is known of items chosen by `{other}`"
            )));
        }
        (None, Some(_)) => return Err(Problem::malformed("`filter` without `chosen`")),
    };
    Ok(Event::Decided(Decided {
        change,
        items: need("items", fields.items.as_deref())?
            .parse()
            .map_err(Problem::malformed)?,
        reason: fields.reason.as_deref().map(raw),
        chosen,
        left_out: fields
            .left_out
            .iter()
            .flatten()
            .map(|(rule, items)| left_out(rule, items))
            .collect::<Result<_, _>>()?,
    }))
}

fn left_out(rule: &str, items: &str) -> Result<(signal::Rule, ItemSet), Problem> {
    let items: ItemSet = items.parse().map_err(Problem::malformed)?;
    match signal::Rule::named(rule) {
        // The empty set would be lost, and the line would have two texts.
        Some(_) if items.is_empty() => Err(Problem::malformed("`left_out` names nothing")),
        Some(rule) => Ok((rule, items)),
        None => Err(Problem::newer(format!(
            "nothing is known of a rule `{rule}`"
        ))),
    }
}

/// How a decision came about, by its word.
pub(in crate::format) fn how(word: &str) -> Result<How, Problem> {
    let known = How::ALL.into_iter().find(|how| how.word() == word);
    known.ok_or_else(|| Problem::newer(format!("nothing is known of a decision made `{word}`")))
}

fn waived(fields: &Fields<'_>) -> Result<Waived, Problem> {
    let flag = need("flag", fields.flag.as_deref())?;
    Ok(Waived {
        flag: Rule::find(flag)
            .ok_or_else(|| Problem::newer(format!("nothing is known of a flag `{flag}`")))?,
        items: need("items", fields.items.as_deref())?
            .parse()
            .map_err(Problem::malformed)?,
        count: need("count", fields.count)?,
        reason: raw(need("reason", fields.reason.as_deref())?),
    })
}

fn attested(fields: &Fields<'_>) -> Result<Attested, Problem> {
    Ok(Attested {
        statement: need("statement", fields.statement.as_deref())?.to_owned(),
        principal: raw(need("principal", fields.principal.as_deref())?),
        progress: need("counts", fields.counts)?.into(),
    })
}

fn need<T>(name: &str, member: Option<T>) -> Result<T, Problem> {
    member.ok_or_else(|| Problem::malformed(format!("`{name}` is missing")))
}

fn raw(text: &str) -> Raw {
    Raw::from(text)
}
