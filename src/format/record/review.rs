//! [`Review`]: what `review.json` says.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Progress},
        check::{Flag, Rule, Severity, Waiver},
        items::ItemSet,
        journal::{Previous, PreviousRecord},
        provenance::{Completeness, Provenance},
        resource::Organization,
        seal::Effort,
        signal::{self, Count},
        text::Raw,
        time::Timestamp,
    },
    format::{
        Error, Problem,
        canonical::{self, Object, Text},
        journal::{self, PreviousFields, PreviousRecordFields, ProgressFields, ProvenanceFields},
        merkle::Salts,
        policy,
    },
};

use super::{LISTED, OPTIONAL, REVIEW};

const SCHEMA: &str = "muster-review/1";

/// What a record says about itself: who reviewed what, when, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The record's own id.
    pub record_id: String,
    /// The reviewed organization.
    pub organization: Organization,
    /// The review's name.
    pub title: String,
    /// Who decided and signed.
    pub reviewer: Reviewer,
    /// When the review was opened.
    pub opened_at: Timestamp,
    /// When the record was made.
    pub sealed_at: Timestamp,
    /// The program that made the record.
    pub tool: Tool,
    /// How many accounts there are.
    pub accounts: u64,
    /// Which items were put up for decision; `None` is all of them.
    pub scope: Option<Raw>,
    /// How many items were not.
    pub out_of_scope: u64,
    /// How many items were put up for decision, and what was decided.
    pub progress: Progress,
    /// The red flags there were when it was attested.
    pub flags: Vec<Flagged>,
    /// Where the snapshot came from and what is missing in it.
    pub provenance: Provenance,
    /// How the decisions were made.
    pub effort: Effort,
    /// For each rule how many of the items that were put up for decision it says yes to.
    pub signals: Vec<(signal::Rule, Count)>,
    /// Why the reviewer could decide on their own access.
    pub self_review: Option<Raw>,
    /// The statement that was confirmed.
    pub attestation: String,
    /// What the salts of the leaves follow from.
    pub salts: Salts,
    /// The sealed record that the review was compared with, when one was named.
    pub previous: Option<PreviousRecord>,
    /// The journal that was carried over, when the review was refreshed.
    pub previous_journal: Option<Previous>,
    /// Counts and digests of the other files.
    pub contents: Contents,
}

/// A red flag as a record tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// What was looked for.
    pub rule: Rule,
    /// The version of that.
    pub version: u32,
    /// Whether it stopped the signature.
    pub severity: Severity,
    /// How much there is of it.
    pub count: u64,
    /// The items of which it is true.
    pub items: ItemSet,
    /// The items of which nobody could tell.
    pub unknown: ItemSet,
    /// Why it may stand.
    pub waiver: Option<Waiver>,
}

impl From<&Flag> for Flagged {
    fn from(flag: &Flag) -> Self {
        Self {
            rule: flag.rule,
            version: flag.rule.version(),
            severity: flag.severity,
            count: flag.count,
            items: flag.items.clone(),
            unknown: flag.unknown.clone(),
            waiver: flag.waiver.clone(),
        }
    }
}

/// Who decided and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Who signs, as the auditor's list of signers names them.
    pub principal: Raw,
    /// Their account in the organization, when it is known.
    pub account: Option<String>,
    /// What they are called.
    pub name: Raw,
    /// The fingerprint of the key that signs, `SHA256:…`.
    pub key_fingerprint: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub key_type: String,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a record says that does not follow from the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The record's own id.
    pub record_id: String,
    /// When the record was made.
    pub sealed_at: Timestamp,
    /// The fingerprint of the key that signs, `SHA256:…`.
    pub key_fingerprint: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub key_type: String,
    /// The program that made the record.
    pub tool: Tool,
    /// What the salts of the leaves follow from: random, so that nobody can guess them.
    pub salts: Salts,
}

/// Counts and digests of a record's other files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The entries of the journal.
    pub journal_entries: u64,
    /// The `h` of the last one.
    pub journal_head: Digest,
    /// The root of the Merkle tree over the items.
    pub merkle_root: Digest,
    /// The digest of `policy.toml`.
    pub policy: Digest,
    /// The size of each listed file but `review.json` itself, sorted by name.
    pub bytes: Vec<(&'static str, u64)>,
}

impl Review {
    /// What the record of `campaign` says; `None` when nobody attested it.
    pub fn of(campaign: &Campaign, seal: Seal, contents: Contents) -> Option<Self> {
        let attested = campaign.attested()?;
        let opened = campaign.opened();
        Some(Self {
            record_id: seal.record_id,
            organization: campaign.snapshot().organization().clone(),
            title: opened.review.clone(),
            reviewer: Reviewer {
                principal: attested.principal.clone(),
                account: opened.reviewer_account.as_ref().map(|id| id.0.to_string()),
                name: opened.reviewer.clone(),
                key_fingerprint: seal.key_fingerprint,
                key_type: seal.key_type,
            },
            opened_at: campaign.entries().first()?.at,
            sealed_at: seal.sealed_at,
            tool: seal.tool,
            accounts: opened.accounts,
            scope: opened.scope.clone(),
            out_of_scope: campaign.out_of_scope(),
            progress: campaign.progress(),
            flags: campaign
                .attested_flags()?
                .iter()
                .map(Flagged::from)
                .collect(),
            provenance: opened.provenance.clone(),
            effort: Effort::of(campaign),
            signals: campaign.signals().counts(campaign.items()),
            self_review: campaign.self_review().cloned(),
            attestation: attested.statement.clone(),
            salts: seal.salts,
            previous: opened.previous_record.clone(),
            previous_journal: opened.previous,
            contents,
        })
    }

    /// The part that does not follow from the campaign.
    pub fn seal(&self) -> Seal {
        Seal {
            record_id: self.record_id.clone(),
            sealed_at: self.sealed_at,
            key_fingerprint: self.reviewer.key_fingerprint.clone(),
            key_type: self.reviewer.key_type.clone(),
            tool: self.tool.clone(),
            salts: self.salts,
        }
    }

    /// The bytes of `review.json`: one member a line.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let organization = &self.organization;
        let reviewer = &self.reviewer;
        let level = Completeness::of(&self.provenance, self.scope.is_some()).word();
        Object::begin_file(&mut out)
            .plain("schema", SCHEMA)
            .text("record_id", &self.record_id)
            .object("organization", |object| {
                object
                    .text("id", &organization.id)
                    .text("name", organization.name.raw())
                    .text("url", &organization.url)
            })
            .object("campaign", |object| {
                object
                    .text("title", &self.title)
                    .plain("as_of", self.provenance.ended)
            })
            .object("reviewer", |object| {
                object
                    .text("principal", reviewer.principal.raw())
                    .maybe_text("account", reviewer.account.as_deref())
                    .text("name", reviewer.name.raw())
                    .text("key_fingerprint", &reviewer.key_fingerprint)
                    .text("key_type", &reviewer.key_type)
            })
            .plain("opened_at", self.opened_at)
            .plain("sealed_at", self.sealed_at)
            .object("tool", |object| {
                object
                    .text("name", &self.tool.name)
                    .text("version", &self.tool.version)
            })
            .number("accounts", self.accounts)
            .object("counts", |object| journal::progress(object, self.progress))
            .plain("completeness", level)
            .maybe_text(
                "scope",
                self.scope.as_ref().map(crate::domain::text::Raw::raw),
            )
            .number("out_of_scope", self.out_of_scope)
            .object("snapshot", |object| {
                journal::provenance(object, &self.provenance)
            })
            .object("policy", |object| {
                object
                    .plain("schema", policy::SCHEMA)
                    .plain("sha256", self.contents.policy)
            })
            .object("effort", |object| effort(object, &self.effort))
            .array("flags", &self.flags, flagged)
            .array("signals", &self.signals, signal)
            .maybe_text(
                "self_review",
                self.self_review.as_ref().map(crate::domain::text::Raw::raw),
            )
            .text("attestation", &self.attestation)
            .number("journal_entries", self.contents.journal_entries)
            .plain("journal_head", self.contents.journal_head)
            .plain("merkle_root", self.contents.merkle_root)
            .plain("salt", self.salts.0)
            .object("bytes", |object| {
                let sizes = self.contents.bytes.iter();
                sizes.fold(object, |object, (name, size)| object.number(name, *size))
            })
            .maybe_object("previous", self.previous.as_ref(), journal::previous_record)
            .maybe_object(
                "previous_journal",
                self.previous_journal.as_ref(),
                journal::previous_journal,
            )
            .end();
        out
    }

    /// Reads `review.json`.
    ///
    /// # Errors
    /// When the bytes are not exactly what [`Review::print`] makes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse(bytes).map_err(|problem| problem.at(REVIEW, 1))
    }
}

fn flagged(out: &mut String, flag: &Flagged) {
    let object = Object::begin(out)
        .plain("flag", flag.rule.name())
        .number("version", flag.version)
        .plain("severity", flag.severity.word())
        .number("count", flag.count)
        .plain("items", &flag.items)
        .plain("unknown", &flag.unknown)
        .array("clauses", flag.rule.clauses(), |out, clause| {
            canonical::text(out, clause);
        });
    let object = match &flag.waiver {
        None => object.null("waiver"),
        Some(waiver) => object.object("waiver", |object| {
            object
                .text("reason", waiver.reason.raw())
                .number("entry", waiver.entry)
                .number("count", waiver.count)
                .truth("covers", waiver.covers)
        }),
    };
    object.end();
}

fn effort<'a>(object: Object<'a>, effort: &Effort) -> Object<'a> {
    let ms = |ms: i64| u64::try_from(ms).unwrap_or(0);
    object
        .maybe_plain("first", effort.first)
        .maybe_plain("last", effort.last)
        .number("changes", effort.changes)
        .number("in_bulk", effort.in_bulk)
        .some_number(
            "as_before",
            (effort.as_before > 0).then_some(effort.as_before),
        )
        .number("active_ms", ms(effort.active_ms))
        .maybe_number("median_ms", effort.median_ms.map(ms))
        .number("own_undecided", effort.own_undecided)
}

fn signal(out: &mut String, (rule, count): &(signal::Rule, Count)) {
    Object::begin(out)
        .plain("rule", rule.name())
        .number("version", rule.version())
        .number("yes", count.yes)
        .number("unknown", count.unknown)
        .end();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    schema: Text<'a>,
    #[serde(borrow)]
    record_id: Text<'a>,
    #[serde(borrow)]
    organization: OrganizationFields<'a>,
    #[serde(borrow)]
    campaign: CampaignFields<'a>,
    #[serde(borrow)]
    reviewer: ReviewerFields<'a>,
    #[serde(borrow)]
    opened_at: Text<'a>,
    #[serde(borrow)]
    sealed_at: Text<'a>,
    #[serde(borrow)]
    tool: ToolFields<'a>,
    accounts: u64,
    counts: ProgressFields,
    #[serde(borrow, rename = "completeness")]
    _completeness: Text<'a>,
    #[serde(borrow)]
    scope: Option<Text<'a>>,
    out_of_scope: u64,
    #[serde(borrow)]
    snapshot: ProvenanceFields<'a>,
    #[serde(borrow)]
    policy: PolicyFields<'a>,
    #[serde(borrow)]
    effort: EffortFields<'a>,
    #[serde(borrow)]
    flags: Vec<FlagFields<'a>>,
    #[serde(borrow)]
    signals: Vec<SignalFields<'a>>,
    #[serde(borrow)]
    self_review: Option<Text<'a>>,
    #[serde(borrow)]
    attestation: Text<'a>,
    journal_entries: u64,
    #[serde(borrow)]
    journal_head: Text<'a>,
    #[serde(borrow)]
    merkle_root: Text<'a>,
    #[serde(borrow)]
    salt: Text<'a>,
    #[serde(borrow)]
    bytes: BTreeMap<Text<'a>, u64>,
    #[serde(borrow)]
    previous: Option<PreviousRecordFields<'a>>,
    #[serde(borrow)]
    previous_journal: Option<PreviousFields<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignFields<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow, rename = "as_of")]
    _as_of: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewerFields<'a> {
    #[serde(borrow)]
    principal: Text<'a>,
    #[serde(borrow)]
    account: Option<Text<'a>>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    key_fingerprint: Text<'a>,
    #[serde(borrow)]
    key_type: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFields<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalFields<'a> {
    #[serde(borrow)]
    rule: Text<'a>,
    version: u32,
    yes: u64,
    unknown: u64,
}

impl SignalFields<'_> {
    fn signal(&self) -> Result<(signal::Rule, Count), Problem> {
        let rule = signal::Rule::named(&self.rule).filter(|rule| rule.version() == self.version);
        let rule = rule.ok_or_else(|| {
            let (rule, version) = (&self.rule.0, self.version);
            Problem::newer(format!(
                "nothing is known of rule {rule} in version {version}"
            ))
        })?;
        let (yes, unknown) = (self.yes, self.unknown);
        Ok((rule, Count { yes, unknown }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFields<'a> {
    #[serde(borrow)]
    schema: Text<'a>,
    #[serde(borrow)]
    sha256: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EffortFields<'a> {
    #[serde(borrow)]
    first: Option<Text<'a>>,
    #[serde(borrow)]
    last: Option<Text<'a>>,
    changes: u64,
    in_bulk: u64,
    as_before: Option<u64>,
    active_ms: i64,
    median_ms: Option<i64>,
    own_undecided: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagFields<'a> {
    #[serde(borrow)]
    flag: Text<'a>,
    version: u32,
    #[serde(borrow)]
    severity: Text<'a>,
    count: u64,
    #[serde(borrow)]
    items: Text<'a>,
    #[serde(borrow)]
    unknown: Text<'a>,
    #[serde(borrow, rename = "clauses")]
    _clauses: Vec<Text<'a>>,
    #[serde(borrow)]
    waiver: Option<WaiverFields<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverFields<'a> {
    #[serde(borrow)]
    reason: Text<'a>,
    entry: u32,
    count: u64,
    covers: bool,
}

impl FlagFields<'_> {
    fn flagged(&self) -> Result<Flagged, Problem> {
        let (name, version) = (&self.flag, self.version);
        let newer = || {
            Problem::newer(format!(
                "nothing is known of version {version} of a flag `{}`",
                name.0
            ))
        };
        let rule = Rule::find(name).filter(|rule| rule.version() == version);
        let severity = [Severity::Stops, Severity::Look].into_iter();
        let mut severity = severity.filter(|severity| severity.word() == &*self.severity);
        let items = |text: &Text<'_>| text.parse().map_err(Problem::malformed);
        Ok(Flagged {
            rule: rule.ok_or_else(newer)?,
            version,
            severity: severity.next().ok_or_else(newer)?,
            count: self.count,
            items: items(&self.items)?,
            unknown: items(&self.unknown)?,
            waiver: self.waiver.as_ref().map(|waiver| Waiver {
                reason: Raw::from(&*waiver.reason),
                entry: waiver.entry,
                count: waiver.count,
                covers: waiver.covers,
            }),
        })
    }
}

fn parse(bytes: &[u8]) -> Result<Review, Problem> {
    let fields: Fields<'_> = match serde_json::from_slice(bytes) {
        Ok(fields) => fields,
        Err(error) => {
            return Err(
                canonical::other_schema(bytes, SCHEMA).unwrap_or_else(|| Problem::malformed(error))
            );
        }
    };
    if *fields.schema != *SCHEMA {
        return Err(Problem::newer(format!("it has schema {}", fields.schema.0)));
    }
    if *fields.policy.schema != *policy::SCHEMA {
        let schema = &fields.policy.schema.0;
        return Err(Problem::newer(format!("its policy has schema {schema}")));
    }
    let raw = |text: &Text<'_>| Raw::from(&**text);
    let instant = |text: &Option<Text<'_>>| text.as_deref().map(canonical::instant).transpose();
    let sizes = fields.bytes.iter().map(|(name, size)| {
        let mut known = LISTED.iter().chain(&OPTIONAL);
        let known = known.find(|known| ***known == **name);
        let known = known
            .ok_or_else(|| Problem::newer(format!("nothing is known of a file `{}`", name.0)))?;
        Ok((*known, *size))
    });
    let review = Review {
        record_id: fields.record_id.to_string(),
        organization: Organization {
            id: fields.organization.id.into(),
            name: raw(&fields.organization.name),
            url: fields.organization.url.into(),
        },
        title: fields.campaign.title.to_string(),
        reviewer: Reviewer {
            principal: raw(&fields.reviewer.principal),
            account: fields.reviewer.account.as_ref().map(|id| id.to_string()),
            name: raw(&fields.reviewer.name),
            key_fingerprint: fields.reviewer.key_fingerprint.to_string(),
            key_type: fields.reviewer.key_type.to_string(),
        },
        opened_at: canonical::instant(&fields.opened_at)?,
        sealed_at: canonical::instant(&fields.sealed_at)?,
        tool: Tool {
            name: fields.tool.name.to_string(),
            version: fields.tool.version.to_string(),
        },
        accounts: fields.accounts,
        scope: fields.scope.as_ref().map(raw),
        out_of_scope: fields.out_of_scope,
        progress: fields.counts.into(),
        flags: fields
            .flags
            .iter()
            .map(FlagFields::flagged)
            .collect::<Result<_, _>>()?,
        provenance: fields.snapshot.provenance()?,
        effort: Effort {
            first: instant(&fields.effort.first)?,
            last: instant(&fields.effort.last)?,
            changes: fields.effort.changes,
            in_bulk: fields.effort.in_bulk,
            as_before: fields.effort.as_before.unwrap_or(0),
            active_ms: fields.effort.active_ms,
            median_ms: fields.effort.median_ms,
            own_undecided: fields.effort.own_undecided,
        },
        signals: fields
            .signals
            .iter()
            .map(SignalFields::signal)
            .collect::<Result<_, _>>()?,
        self_review: fields.self_review.as_ref().map(raw),
        attestation: fields.attestation.to_string(),
        salts: Salts(fields.salt.parse().map_err(Problem::malformed)?),
        previous: fields
            .previous
            .as_ref()
            .map(PreviousRecordFields::record)
            .transpose()?,
        previous_journal: fields
            .previous_journal
            .as_ref()
            .map(PreviousFields::previous)
            .transpose()?,
        contents: Contents {
            journal_entries: fields.journal_entries,
            journal_head: fields.journal_head.parse().map_err(Problem::malformed)?,
            merkle_root: fields.merkle_root.parse().map_err(Problem::malformed)?,
            policy: fields.policy.sha256.parse().map_err(Problem::malformed)?,
            bytes: sizes.collect::<Result<_, Problem>>()?,
        },
    };
    // What is not kept above, such as the order of members, is compared here.
    if review.print().as_bytes() == bytes {
        Ok(review)
    } else {
        Err(Problem::OtherText)
    }
}
