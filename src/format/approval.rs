//! [`Approval`]: what a second person says about a record, in `approval.json` beside it.
//!
//! The approver signs `SHA256SUMS`, and with it the record; and this file, which names the record by the digest of that
//! list. Neither is in the list, so nothing that the reviewer signed changes.

use serde::Deserialize;

use super::{
    Error, Problem,
    canonical::{self, Object, Text},
    journal::{self, ApplicationFields, GapFields},
    record::{APPROVAL, Review, Tool},
};
use crate::domain::{
    Digest,
    account::AccountId,
    provenance::{Gap, Reader},
    text::Raw,
    time::Timestamp,
    words::count,
};

const SCHEMA: &str = "muster-approval/1";

/// What a second person says about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The record's own id.
    pub record_id: String,
    /// The digest of its `SHA256SUMS`, which stands for the whole record.
    pub sums: Digest,
    /// Who approves.
    pub approver: Approver,
    /// When, by their clock.
    pub approved_at: Timestamp,
    /// The program that wrote it.
    pub tool: Tool,
    /// Whether a list of signers named the reviewer when it was approved.
    pub reviewer_known: bool,
    /// What is approved, in words.
    pub statement: Raw,
    /// What the organization was like when the approver read it again, when they did.
    pub reread: Option<Reread>,
}

/// Who approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// Who signs, as the auditor's list of signers names them.
    pub principal: Raw,
    /// The fingerprint of the key that signs, `SHA256:…`.
    pub key_fingerprint: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub key_type: String,
}

/// What the organization was like when it was read again with the approver's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reread {
    /// What time the record's snapshot is of.
    pub since: Timestamp,
    /// When reading began.
    pub began: Timestamp,
    /// When it ended; what was found is as of this time.
    pub ended: Timestamp,
    /// Whose token it was.
    pub reader: Reader,
    /// How many requests were sent.
    pub requests: u64,
    /// What could not be read. What it hides is neither there nor gone.
    pub gaps: Vec<Gap>,
    /// How many grants the record has, how many were found, and how many are the same.
    pub grants: Grants,
    /// What differs, and what became of each revoke.
    pub differences: Vec<Difference>,
}

/// How many grants there were, and are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants {
    /// In the record.
    pub before: u64,
    /// When read again.
    pub now: u64,
    /// The same in both.
    pub unchanged: u64,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `account`, `team`, `project`, `role`, `grant` or `revoke`.
    pub kind: String,
    /// `added`, `removed`, `changed`, `unknown` where one side could not be read, or what became of a revoke.
    pub change: String,
    /// Its id; of a role its key.
    pub id: String,
    /// What it is, in words.
    pub what: String,
    /// What of it differs, or how it is still reached.
    pub detail: String,
}

impl Difference {
    /// Whether it is a revoke that has its effect.
    pub fn is_carried_out(&self) -> bool {
        self.is_revoke() && matches!(&*self.change, "gone" | "holder-gone")
    }

    /// Whether it tells what became of a revoke, not what changed.
    pub fn is_revoke(&self) -> bool {
        self.kind == "revoke"
    }
}

impl Reread {
    /// How many things of that kind changed in that way.
    pub fn count(&self, kind: &str, change: &str) -> u64 {
        let same = |one: &&Difference| one.kind == kind && one.change == change;
        self.differences.iter().filter(same).count() as u64
    }

    /// How many revokes there are, and how many are carried out.
    pub fn revokes(&self) -> (u64, u64) {
        let revokes = self.differences.iter().filter(|one| one.is_revoke());
        let done = revokes.clone().filter(|one| one.is_carried_out());
        (revokes.count() as u64, done.count() as u64)
    }

    /// Whether all of it was read.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// What was found, in one line for people.
    pub fn words(&self) -> String {
        let (revokes, done) = self.revokes();
        let of = |kind| {
            let [added, removed, changed] =
                ["added", "removed", "changed"].map(|change| self.count(kind, change));
            let unknown = match self.count(kind, "unknown") {
                0 => String::new(),
                n => format!(", {n} unknown"),
            };
            format!("{added} added, {removed} removed, {changed} changed{unknown}")
        };
        let gaps = match self.gaps.len() as u64 {
            0 => "everything that was asked for was read".to_owned(),
            gaps => format!(
                "PARTIAL: {} not be read",
                count(gaps, "thing could", "things could")
            ),
        };
        format!(
            "as of {} UTC; {gaps}; accounts: {}; grants: {}, {} unchanged; {done} of {} carried out",
            self.ended.minute(),
            of("account"),
            of("grant"),
            self.grants.unchanged,
            count(revokes, "revoke is", "revokes are"),
        )
    }
}

/// The statement that is approved when the approver has no other words.
pub fn statement(principal: &str, review: &Review, reread: Option<&Reread>) -> String {
    let progress = review.progress;
    let waived = review.flags.iter().filter(|flag| flag.waiver.is_some());
    let again = match reread {
        Some(reread) => format!(
            " I read the organization again with my own token: {}.",
            reread.words()
        ),
        None => " I did not read the organization again.".to_owned(),
    };
    format!(
        "I, {principal}, approve the access review {} of {} as {} signed it: {}, {} kept, {} revoked, {} acknowledged, \
         {} undecided; {}, {} of them waived.{again}",
        review.title,
        review.organization.name.raw(),
        review.reviewer.principal.raw(),
        count(progress.items, "item", "items"),
        progress.kept,
        progress.revoked,
        progress.acknowledged,
        progress.undecided,
        count(review.flags.len() as u64, "red flag", "red flags"),
        waived.count(),
    )
}

impl Approval {
    /// The bytes of `approval.json`: one member a line.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let approver = &self.approver;
        Object::begin_file(&mut out)
            .plain("schema", SCHEMA)
            .text("record_id", &self.record_id)
            .plain("sums", self.sums)
            .object("approver", |object| {
                object
                    .text("principal", approver.principal.raw())
                    .text("key_fingerprint", &approver.key_fingerprint)
                    .text("key_type", &approver.key_type)
            })
            .plain("approved_at", self.approved_at)
            .object("tool", |object| {
                object
                    .text("name", &self.tool.name)
                    .text("version", &self.tool.version)
            })
            .truth("reviewer_known", self.reviewer_known)
            .text("statement", self.statement.raw())
            .maybe_object("reread", self.reread.as_ref(), reread)
            .end();
        out
    }

    /// Reads `approval.json`.
    ///
    /// # Errors
    /// When the bytes are not exactly what [`Approval::print`] makes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse(bytes).map_err(|problem| problem.at(APPROVAL, 1))
    }
}

fn reread<'a>(object: Object<'a>, reread: &Reread) -> Object<'a> {
    let level = if reread.is_whole() { "full" } else { "partial" };
    let object = object
        .plain("since", reread.since)
        .plain("began", reread.began)
        .plain("ended", reread.ended)
        .maybe_text("reader", reread.reader.account().map(|id| &*id.0));
    let object = match &reread.reader {
        Reader::Application { id, name } => object.object("application", |object| {
            object.text("id", id).text("name", name.raw())
        }),
        Reader::Account(_) | Reader::Unknown => object,
    };
    object
        .number("requests", reread.requests)
        .plain("completeness", level)
        .array("gaps", &reread.gaps, journal::gap)
        .object("grants", |object| {
            object
                .number("before", reread.grants.before)
                .number("now", reread.grants.now)
                .number("unchanged", reread.grants.unchanged)
        })
        .array("differences", &reread.differences, |out, one| {
            Object::begin(out)
                .text("kind", &one.kind)
                .text("change", &one.change)
                .text("id", &one.id)
                .text("what", &one.what)
                .some_text("detail", Some(&*one.detail).filter(|text| !text.is_empty()))
                .end();
        })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    schema: Text<'a>,
    #[serde(borrow)]
    record_id: Text<'a>,
    #[serde(borrow)]
    sums: Text<'a>,
    #[serde(borrow)]
    approver: ApproverFields<'a>,
    #[serde(borrow)]
    approved_at: Text<'a>,
    #[serde(borrow)]
    tool: ToolFields<'a>,
    reviewer_known: bool,
    #[serde(borrow)]
    statement: Text<'a>,
    #[serde(borrow)]
    reread: Option<RereadFields<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproverFields<'a> {
    #[serde(borrow)]
    principal: Text<'a>,
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
struct RereadFields<'a> {
    #[serde(borrow)]
    since: Text<'a>,
    #[serde(borrow)]
    began: Text<'a>,
    #[serde(borrow)]
    ended: Text<'a>,
    #[serde(borrow)]
    reader: Option<Text<'a>>,
    #[serde(borrow)]
    application: Option<ApplicationFields<'a>>,
    requests: u64,
    #[serde(borrow, rename = "completeness")]
    _completeness: Text<'a>,
    #[serde(borrow)]
    gaps: Vec<GapFields<'a>>,
    grants: GrantsFields,
    #[serde(borrow)]
    differences: Vec<DifferenceFields<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantsFields {
    before: u64,
    now: u64,
    unchanged: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceFields<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    change: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    what: Text<'a>,
    #[serde(borrow)]
    detail: Option<Text<'a>>,
}

impl RereadFields<'_> {
    fn reread(&self) -> Result<Reread, Problem> {
        let difference = |fields: &DifferenceFields<'_>| Difference {
            kind: fields.kind.to_string(),
            change: fields.change.to_string(),
            id: fields.id.to_string(),
            what: fields.what.to_string(),
            detail: fields.detail.as_deref().unwrap_or_default().to_owned(),
        };
        Ok(Reread {
            since: canonical::instant(&self.since)?,
            began: canonical::instant(&self.began)?,
            ended: canonical::instant(&self.ended)?,
            reader: match (&self.reader, &self.application) {
                (Some(id), _) => Reader::Account(AccountId((&**id).into())),
                (None, Some(application)) => application.reader(),
                (None, None) => Reader::Unknown,
            },
            requests: self.requests,
            gaps: self.gaps.iter().map(GapFields::gap).collect(),
            grants: Grants {
                before: self.grants.before,
                now: self.grants.now,
                unchanged: self.grants.unchanged,
            },
            differences: self.differences.iter().map(difference).collect(),
        })
    }
}

fn parse(bytes: &[u8]) -> Result<Approval, Problem> {
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
    let approval = Approval {
        record_id: fields.record_id.to_string(),
        sums: fields.sums.parse().map_err(Problem::malformed)?,
        approver: Approver {
            principal: Raw::from(&*fields.approver.principal),
            key_fingerprint: fields.approver.key_fingerprint.to_string(),
            key_type: fields.approver.key_type.to_string(),
        },
        approved_at: canonical::instant(&fields.approved_at)?,
        tool: Tool {
            name: fields.tool.name.to_string(),
            version: fields.tool.version.to_string(),
        },
        reviewer_known: fields.reviewer_known,
        statement: Raw::from(&*fields.statement),
        reread: fields
            .reread
            .as_ref()
            .map(RereadFields::reread)
            .transpose()?,
    };
    // What is not kept above, such as the order of members, is compared here.
    if approval.print().as_bytes() == bytes {
        Ok(approval)
    } else {
        Err(Problem::OtherText)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn approval(reread: Option<Reread>) -> Approval {
        Approval {
            record_id: "019a0000-0000-7000-8000-000000000001".to_owned(),
            sums: Digest::of(b"sums"),
            approver: Approver {
                principal: Raw::from("ben@example.org"),
                key_fingerprint: "SHA256:x".to_owned(),
                key_type: "ssh-ed25519".to_owned(),
            },
            approved_at: Timestamp::from_ms(1_700_000_000_000).expect("a time"),
            tool: Tool {
                name: "muster".to_owned(),
                version: "0.1.0".to_owned(),
            },
            reviewer_known: true,
            statement: Raw::from("I, \u{202e}ben, approve it"),
            reread,
        }
    }

    fn found(reader: Reader, gap: bool, names: &[String]) -> Reread {
        let at = |ms| Timestamp::from_ms(ms).expect("a time");
        let gap = gap.then(|| Gap {
            call: "GET projects".to_owned(),
            missing: Raw::from("restricted projects"),
            reason: Raw::from("403"),
        });
        Reread {
            since: at(1000),
            began: at(2000),
            ended: at(3000),
            reader,
            requests: 7,
            gaps: gap.into_iter().collect(),
            grants: Grants {
                before: 3,
                now: 2,
                unchanged: 1,
            },
            differences: names
                .iter()
                .map(|name| Difference {
                    kind: "revoke".to_owned(),
                    change: "gone".to_owned(),
                    id: name.clone(),
                    what: name.clone(),
                    detail: name.clone(),
                })
                .collect(),
        }
    }

    proptest! {
        #[test]
        fn an_approval_is_read_back_as_it_was_written(
            names in prop::collection::vec(any::<String>(), 0..4),
            who in 0..4,
            gap in any::<bool>(),
        ) {
            let reader = match who {
                0 => Reader::Account(AccountId("2bob".into())),
                1 => Reader::Application { id: "app".into(), name: Raw::from("App\u{200b}") },
                _ => Reader::Unknown,
            };
            let reread = (who < 3).then(|| found(reader, gap, &names));
            let approval = approval(reread);
            let text = approval.print();
            prop_assert_eq!(Approval::parse(text.as_bytes()).expect("own text"), approval);
        }
    }

    #[test]
    fn every_flipped_bit_gives_another_approval_or_none() {
        let approval = approval(Some(found(Reader::Unknown, true, &["a\u{7f}".to_owned()])));
        let text = approval.print().into_bytes();
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = Approval::parse(&flipped) {
                assert_ne!(read, approval);
            }
        }
    }

    #[test]
    fn an_approval_of_a_newer_version_is_told_apart() {
        let text = approval(None).print();
        for newer in [
            text.replace("muster-approval/1", "muster-approval/2"),
            text.replace(
                "muster-approval/1\",",
                "muster-approval/2\",\n\"more\":true,",
            ),
        ] {
            let error = Approval::parse(newer.as_bytes()).expect_err("it is newer");
            assert!(error.is_newer(), "{error}");
        }
        let error = Approval::parse(text.replace("\n\"tool", "\n \"tool").as_bytes());
        assert!(!error.expect_err("another text").is_newer());
    }

    #[test]
    fn what_was_found_is_told_in_a_line_that_never_hides_a_gap() {
        let words = found(Reader::Unknown, true, &["x".to_owned()]).words();
        assert_eq!(
            words,
            "as of 1970-01-01 00:00 UTC; PARTIAL: 1 thing could not be read; accounts: 0 added, 0 removed, 0 changed; \
             grants: 0 added, 0 removed, 0 changed, 1 unchanged; 1 of 1 revoke is carried out"
        );
    }
}
