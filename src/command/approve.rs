//! `muster approve`: a second person with another key signs a record that they looked at.

mod reread;

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    Answer, Context, Hint as _, count, failure, live, now,
    seal::{self, Key},
    snapshot::eprint_line,
    verify, version,
};
use crate::{
    domain::{
        Digest,
        campaign::Campaign,
        items::Item,
        text::{Raw, SafeText},
    },
    export::items::revoked,
    format::{
        approval::{self, Approval, Approver, Reread},
        record::{self, Tool},
    },
    signing::{self, PublicKeyInfo, Signer},
    store::{self, ApprovalFiles},
    tui::phrase,
    verify::{
        self as verifying, Verdict, VerifiedRecord,
        allowed_signers::{self, AllowedSigners},
        approval::same_principal,
    },
};

/// How to approve from the command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) record: PathBuf,
    pub(crate) principal: String,
    pub(crate) key: Key,
    pub(crate) passphrase_stdin: bool,
    pub(crate) allowed_signers: Option<PathBuf>,
    /// What is approved, in the approver's own words.
    pub(crate) statement: Option<String>,
    /// The digest of `SHA256SUMS`, which confirms without a question.
    pub(crate) sums: Option<String>,
    /// Approve although nobody says whose key the reviewer's is.
    pub(crate) unknown_signer: bool,
    /// Read the organization again.
    pub(crate) again: Option<live::Options>,
    pub(crate) json: bool,
}

/// How many revokes and differences are listed for people.
const LISTED: usize = 40;

/// Approves as the command line says.
pub(crate) fn approve(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    seal::check_principal(&options.principal)?;
    let confirmed = options.sums.is_some();
    let passphrase = seal::passphrase(options.passphrase_stdin, confirmed, "--sums DIGEST")?;
    if !confirmed
        && options
            .again
            .as_ref()
            .is_some_and(|again| again.source.stdin)
    {
        return Err(failure(
            "standard input cannot give the token and confirm what is signed",
            "add --sums DIGEST, or give the token another way: --token-command, SPACE_TOKEN, muster connect",
        ));
    }
    let signers = options.allowed_signers.as_deref();
    let signers = signers.map(verify::signers).transpose()?;
    let (good, known) = good(options, signers.as_ref())?;
    somebody_else(options, &good)?;
    let found = seal::choose(context, &options.key)?;
    another_key(&found.fingerprint, &good)?;

    tell_before(&good);
    let reread = match &options.again {
        Some(again) => Some(reread::read(context, again, &good)?),
        None => None,
    };
    if let Some(reread) = &reread {
        tell_reread(reread);
    }
    let statement = match &options.statement {
        Some(own) => own.clone(),
        None => approval::statement(&options.principal, good.review(), reread.as_ref()),
    };
    eprint_line(&format!("approval: {statement}"));
    if !known {
        accept_unknown(options, &good)?;
    }
    confirm(options, &good)?;

    let signer = seal::ready_key(context, &found, passphrase)?;
    let public = signer.public().clone();
    another_key(&public.fingerprint, &good)?;
    let approval = Approval {
        record_id: good.review().record_id.clone(),
        sums: good.sums(),
        approver: Approver {
            principal: Raw::from(&*options.principal),
            key_fingerprint: public.fingerprint.clone(),
            key_type: public.key_type.clone(),
        },
        approved_at: now(),
        tool: Tool {
            name: "muster".to_owned(),
            version: version(),
        },
        reviewer_known: known,
        statement: Raw::from(statement),
        reread,
    };
    write(options, &good, &approval, &*signer, signers.as_ref())?;
    Ok(told(context, options, &approval, &public))
}

/// The record when it is good, and whether the list knows its signer.
fn good(
    options: &Options,
    signers: Option<&AllowedSigners>,
) -> anyhow::Result<(Box<VerifiedRecord>, bool)> {
    let path = &options.record;
    let shown = SafeText::of(&path.display().to_string());
    if store::has_approval(path) {
        return Err(failure(
            format!("{shown} has an approval already, and it is never replaced"),
            format!("muster verify {shown} tells by whom and whether it is good"),
        ));
    }
    match verify::judge_unapproved(path, signers)? {
        Verdict::Good { record, signer } => {
            Ok((record, matches!(signer, verifying::Signer::Known { .. })))
        }
        verdict => Err(failure(
            format!("{shown} is not approved: {verdict}"),
            format!("only a good record can be approved; see muster verify {shown}"),
        )),
    }
}

/// The approver must not be the reviewer.
fn somebody_else(options: &Options, good: &VerifiedRecord) -> anyhow::Result<()> {
    let reviewer = &good.review().reviewer.principal;
    if same_principal(&options.principal, reviewer.raw()) {
        return Err(failure(
            format!(
                "{} reviewed and signed this record, and somebody else approves it",
                reviewer.safe()
            ),
            "let a second person approve it, with --principal of their own and their own key",
        ));
    }
    Ok(())
}

/// The approver's key must not be the reviewer's, not even inside a certificate.
fn another_key(fingerprint: &str, good: &VerifiedRecord) -> anyhow::Result<()> {
    if fingerprint == good.key().fingerprint {
        return Err(failure(
            format!("{fingerprint} is the key that signed the record as its reviewer's"),
            "approve with a key of your own: --key FILE, --agent FINGERPRINT or --new-key",
        ));
    }
    Ok(())
}

/// What is about to be approved. It is talk, so it goes to stderr.
fn tell_before(good: &VerifiedRecord) {
    for (label, text) in good.facts() {
        eprint_line(&format!("{label}: {text}"));
    }
    eprint_line(&format!(
        "attestation: {}",
        SafeText::of(&good.review().attestation)
    ));
    let campaign = good.campaign();
    let revokes = revoked(campaign, campaign.items());
    eprint_line(&count(revokes.len() as u64, "revoke", "revokes"));
    for item in revokes.iter().take(LISTED) {
        eprint_line(&format!("  {}", revoke(campaign, item)));
    }
    let more = revokes.len().saturating_sub(LISTED) as u64;
    if more > 0 {
        eprint_line(&format!(
            "  and {}; muster export RECORD --format csv --revokes lists all",
            count(more, "more", "more")
        ));
    }
}

/// `17  Ben Okafor / Payments / Project Admin: left the company`.
fn revoke(campaign: &Campaign, item: Item) -> String {
    let reason = campaign
        .deciding_entry(item)
        .and_then(|(_, decided)| decided.reason.as_ref());
    let reason = reason.map_or_else(String::new, |reason| format!(": {}", reason.safe()));
    format!(
        "{}  {}{reason}",
        item.number(),
        phrase::item_of(campaign.snapshot(), item)
    )
}

/// What changed since the snapshot, as the approver's own reading shows it.
fn tell_reread(reread: &Reread) {
    eprint_line(&format!("read again: {}", reread.words()));
    for gap in &reread.gaps {
        eprint_line(&format!("gap now: {}", gap.words()));
    }
    // What was carried out is as it should be and counted above.
    let open = reread
        .differences
        .iter()
        .filter(|one| !one.is_carried_out());
    for one in open.clone().take(LISTED) {
        let detail = if one.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", one.detail)
        };
        eprint_line(&format!(
            "  {} {}: {}{detail}",
            one.kind, one.change, one.what
        ));
    }
    let more = open.count().saturating_sub(LISTED) as u64;
    if more > 0 {
        eprint_line(&format!(
            "  and {}; all of them are in what you sign",
            count(more, "more", "more")
        ));
    }
}

/// Whoever approves a record of an unknown signer says so.
fn accept_unknown(options: &Options, good: &VerifiedRecord) -> anyhow::Result<()> {
    let reviewer = &good.review().reviewer;
    eprint_line(&format!(
        "The signer is UNKNOWN: nobody says that {} belongs to {}.",
        good.key().fingerprint,
        reviewer.principal.safe()
    ));
    let accepted = options.unknown_signer
        || (options.sums.is_none() && seal::typed("Approve all the same? Type it", "unknown")?);
    if accepted {
        return Ok(());
    }
    Err(failure(
        "the signer of the record is unknown; nothing was approved",
        "give --allowed-signers FILE, the list of who may sign; or --unknown-signer to approve it all the same",
    ))
}

fn confirm(options: &Options, good: &VerifiedRecord) -> anyhow::Result<()> {
    let sums = good.sums().to_string();
    match &options.sums {
        Some(given) if *given == sums => Ok(()),
        Some(given) => Err(failure(
            format!(
                "--sums {} is not the digest of this record's SHA256SUMS; nothing was approved",
                SafeText::of(given)
            ),
            "take the digest from where the record was announced, or compute it: sha256sum SHA256SUMS",
        )),
        None if seal::typed(
            "Type the review's name to approve and sign",
            &good.review().title,
        )? =>
        {
            Ok(())
        }
        None if io::stdin().is_terminal() => Err(failure(
            "it was not confirmed; nothing was approved",
            "run it again when you are sure",
        )),
        None => Err(failure(
            "nobody confirmed it; nothing was approved",
            "in a script, confirm with --sums and the digest that `sha256sum SHA256SUMS` prints in the record",
        )),
    }
}

/// Signs, puts the signatures beside the record, and judges it as an auditor would.
fn write(
    options: &Options,
    good: &VerifiedRecord,
    approval: &Approval,
    signer: &dyn Signer,
    signers: Option<&AllowedSigners>,
) -> anyhow::Result<()> {
    let text = approval.print();
    if record::limit(record::APPROVAL).is_some_and(|limit| text.len() as u64 > limit) {
        return Err(failure(
            "so much changed that the comparison is larger than an approval can be",
            "approve without --refetch, or let the organization be reviewed anew",
        ));
    }
    let sums = read_sums(&options.record)?;
    if Digest::of(&sums) != good.sums() {
        return Err(failure(
            "the record changed while it was read; nothing was approved",
            "run it again",
        ));
    }
    eprint_line("waiting for two signatures: if your key wants a touch, touch it for each");
    let namespace = signing::NAMESPACE_APPROVE;
    let signature = seal::sign(signer, namespace, &sums)?;
    if let Some(list) = signers {
        may_approve(options, list, &signature, &sums, signer.public())?;
    }
    let approval_signature = seal::sign(signer, namespace, text.as_bytes())?;
    let files = ApprovalFiles {
        approval: &text,
        approval_signature: &approval_signature,
        signature: &signature,
    };
    store::write_approval(&options.record, &files).map_err(super::review::explain)?;
    let verdict = verify::judge_aloud(&options.record, signers)?;
    match &verdict {
        Verdict::Good { record, .. } if record.approved().is_some() => Ok(()),
        verdict => Err(failure(
            format!(
                "the approval of {} does not verify: {verdict}",
                SafeText::of(&options.record.display().to_string())
            ),
            "what the reviewer signed is as it was; please report this",
        )),
    }
}

/// Whether the list that was given allows the approver: with it, the approval would else be bad.
fn may_approve(
    options: &Options,
    list: &AllowedSigners,
    signature: &str,
    sums: &[u8],
    public: &PublicKeyInfo,
) -> anyhow::Result<()> {
    let namespace = signing::NAMESPACE_APPROVE;
    let key = verify::signing_key(signature, namespace, sums)?;
    match list.may_sign(&options.principal, namespace, &key, now()) {
        allowed_signers::Answer::Yes { .. } => Ok(()),
        allowed_signers::Answer::No(why) | allowed_signers::Answer::CouldNotTell(why) => {
            let line = seal::signer_line(&options.principal, namespace, &public.openssh);
            Err(failure(
                format!(
                    "the list of signers does not let you approve: {why}; nothing was approved"
                ),
                format!("whoever keeps the list can add the line: {line}"),
            ))
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file that is signed, as it was verified"
)]
fn read_sums(folder: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(folder.join(record::SUMS)).hint("the record must be readable")
}

fn told(
    context: &Context,
    options: &Options,
    approval: &Approval,
    public: &PublicKeyInfo,
) -> Answer {
    let folder = options.record.display().to_string();
    let principal = &options.principal;
    if options.json {
        return Answer::done(super::json_line(&json!({
            "record": folder,
            "sums": approval.sums.to_string(),
            "principal": principal,
            "key_fingerprint": public.fingerprint,
            "key": public.openssh,
            "approved_at": approval.approved_at.to_string(),
            "statement": approval.statement.raw(),
            "reread": approval.reread.as_ref().map_or(Value::Null, verify::reread),
        })));
    }
    let folder = SafeText::of(&folder);
    let line = seal::signer_line(principal, signing::NAMESPACE_APPROVE, &public.openssh);
    Answer::done(format!(
        "{folder}\n\napproved by {principal} with {}\nThe line for the auditor's list of signers:\n  {line}\nNext: {}\n",
        public.fingerprint,
        context.again(&format!("verify {folder}"))
    ))
}
