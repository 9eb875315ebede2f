//! `muster disclose`: a small folder that proves that a few items belong to a record, and tells nothing of any other. And
//! what `muster verify` says of such a folder.
#![allow(
    clippy::disallowed_methods,
    reason = "lines of a record are read here, and a folder of them is written"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    Answer, Hint as _, count, failure, now,
    record::{self as records, GoodRecord},
    snapshot::eprint_line,
    verify::DiskFolder,
};
use crate::{
    domain::{
        grant::{Entitlement, Holder},
        items::Item,
        snapshot::{Snapshot, TeamIx},
        text::{Raw, SafeText},
    },
    format::{
        disclosure::{DISCLOSED, PROOFS, Proof, limit},
        merkle::{self, Of, Salts, Trunk},
        record::{self, Roots},
    },
    tui::phrase,
    verify::{
        Inquiry, Signer,
        disclosure::{self, Disclosure, Part, Verdict},
    },
};

/// What is to be disclosed.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) record: PathBuf,
    pub(crate) items: Vec<String>,
    pub(crate) out: PathBuf,
    /// Leave out what accounts, teams and projects are called.
    pub(crate) without_names: bool,
    pub(crate) allowed_signers: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Lines of a record by their number, from 1.
type Wanted = BTreeMap<Of, BTreeSet<u64>>;

/// Writes the folder.
pub(crate) fn disclose(options: &Options) -> anyhow::Result<Answer> {
    let shown = SafeText::of(&options.out.display().to_string());
    if options.out.symlink_metadata().is_ok() {
        return Err(failure(
            format!("{shown} is already there"),
            "nothing is overwritten; give another name to --out",
        ));
    }
    let good = records::open(&options.record, options.allowed_signers.as_deref())?;
    let campaign = good.record.campaign();
    let items = options
        .items
        .iter()
        .map(|text| records::find_item(campaign, text))
        .collect::<anyhow::Result<BTreeSet<Item>>>()?;
    let wanted = wanted(campaign.snapshot(), &items, !options.without_names);
    eprint_line(&good.verdict);
    for item in &items {
        eprint_line(&format!(
            "disclosing item {}: {}",
            item.number(),
            phrase::item_of(campaign.snapshot(), *item)
        ));
    }
    let (proofs, disclosed) = prove(options, &good, &wanted)?;
    for (name, bytes) in [(PROOFS, proofs.len()), (DISCLOSED, disclosed.len())] {
        if limit(name).is_some_and(|limit| bytes as u64 > limit) {
            return Err(failure(
                format!("{name} would be larger than that of a disclosure can be"),
                "disclose fewer items at once",
            ));
        }
    }
    write(options, &good, &proofs, &disclosed)?;
    eprint_line("what can be read in it now, whoever has it:");
    for line in disclosed.lines() {
        eprint_line(&format!("  {line}"));
    }
    let other = wanted.values().map(BTreeSet::len).sum::<usize>() - items.len();
    if options.json {
        return Ok(Answer::done(super::json_line(&json!({
            "disclosure": options.out.display().to_string(),
            "record_id": good.record.review().record_id,
            "sums": good.record.sums().to_string(),
            "items": items.iter().map(|item| item.number()).collect::<Vec<_>>(),
            "names": other,
        }))));
    }
    Ok(Answer::done(format!(
        "{shown}\n\n{} of record {} and {} for names\nNext: muster verify {shown} --allowed-signers FILE\n",
        count(items.len() as u64, "item", "items"),
        SafeText::of(&good.record.review().record_id),
        count(other as u64, "line", "lines"),
    )))
}

/// The lines of the items, and of the accounts, teams and projects that they name.
fn wanted(snapshot: &Snapshot, items: &BTreeSet<Item>, names: bool) -> Wanted {
    let mut wanted = Wanted::new();
    let mut want = |of: Of, number: u64| {
        wanted.entry(of).or_default().insert(number);
    };
    // The organization is the first line of its file; then come teams and projects.
    let team = |team: TeamIx| team.index() as u64 + 2;
    for item in items {
        want(Of::Items, item.number());
        if !names {
            continue;
        }
        let grant = snapshot.grant(*item);
        match grant.holder {
            Holder::Account(account) => want(Of::Accounts, account.index() as u64 + 1),
            Holder::Team(holder) => want(Of::Resources, team(holder)),
            Holder::Everyone(_) => {}
        }
        match grant.entitlement {
            Entitlement::Membership(membership) => {
                want(Of::Resources, team(snapshot.membership(membership).team));
            }
            Entitlement::ProjectRole(project, _) => {
                let before = snapshot.teams().len() as u64;
                want(Of::Resources, before + project.index() as u64 + 2);
            }
            Entitlement::SignIn | Entitlement::OrganizationRole(_) => {}
        }
    }
    wanted
}

/// The texts of `proofs.jsonl` and `disclosed.jsonl`.
fn prove(
    options: &Options,
    good: &GoodRecord,
    wanted: &Wanted,
) -> anyhow::Result<(String, String)> {
    let salts = good.record.review().salts;
    let roots = fs::read(options.record.join(record::ROOTS)).hint(READ)?;
    let roots = Roots::parse(&roots)?;
    let (mut proofs, mut disclosed) = (String::new(), String::new());
    for (of, numbers) in wanted {
        let (leaves, texts) = leaves(&options.record, *of, salts, numbers)?;
        let mut tree = merkle::Tree::default();
        for leaf in &leaves {
            tree.push(*leaf);
        }
        same(tree.trunk(), roots.trunk(*of))?;
        let places: Vec<u64> = numbers.iter().map(|number| number - 1).collect();
        let paths = merkle::paths(leaves, &places);
        for ((number, path), text) in numbers.iter().zip(paths).zip(texts) {
            let proof = Proof {
                tree: *of,
                number: *number,
                salt: salts.of(*of, *number),
                path,
            };
            proofs.push_str(&proof.print());
            disclosed.push_str(&text);
        }
    }
    Ok((proofs, disclosed))
}

const READ: &str = "the record must be readable, and stay as it is meanwhile";

fn same(found: Trunk, signed: Trunk) -> anyhow::Result<()> {
    if found == signed {
        Ok(())
    } else {
        Err(failure(
            "the record changed while it was read",
            "run it again",
        ))
    }
}

/// All leaves of a tree, and the lines of those with these numbers.
fn leaves(
    folder: &Path,
    of: Of,
    salts: Salts,
    numbers: &BTreeSet<u64>,
) -> anyhow::Result<(Vec<crate::domain::Digest>, Vec<String>)> {
    let names: &[&str] = match of {
        Of::Items => &[record::GRANTS, record::DECISIONS],
        Of::Accounts => &[record::ACCOUNTS],
        Of::Resources => &[record::RESOURCES],
    };
    let mut inputs = Vec::new();
    for name in names {
        let file = fs::File::open(folder.join(name)).hint(READ)?;
        inputs.push(BufReader::with_capacity(1 << 18, file));
    }
    let (mut leaves, mut texts) = (Vec::new(), Vec::new());
    let mut lines = vec![Vec::new(); names.len()];
    loop {
        let mut read = 0;
        for (input, line) in inputs.iter_mut().zip(&mut lines) {
            line.clear();
            read += input.read_until(b'\n', line).hint(READ)?;
        }
        if read == 0 {
            return Ok((leaves, texts));
        }
        let number = leaves.len() as u64 + 1;
        let parts: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        leaves.push(merkle::leaf(salts.of(of, number), &parts));
        if numbers.contains(&number) {
            texts.push(String::from_utf8(lines.concat())?);
        }
    }
}

/// Writes the folder beside its place, judges it, and gives it its name.
fn write(
    options: &Options,
    good: &GoodRecord,
    proofs: &str,
    disclosed: &str,
) -> anyhow::Result<()> {
    let parent = options
        .out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let cannot = |error: io::Error| {
        failure(
            format!("cannot write {}: {error}", options.out.display()),
            "nothing was left behind; name another folder with --out",
        )
    };
    let aside = tempfile::Builder::new()
        .prefix(".muster-disclosure-")
        .tempdir_in(parent)
        .map_err(cannot)?;
    let put = |name: &str, bytes: &[u8]| {
        let mut new = fs::OpenOptions::new();
        new.write(true).create_new(true);
        let mut file = new.open(aside.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    for name in [
        record::README,
        record::SUMS,
        record::SIGNATURE,
        record::ROOTS,
    ] {
        let bytes = fs::read(options.record.join(name)).hint(READ)?;
        put(name, &bytes).map_err(cannot)?;
    }
    put(PROOFS, proofs.as_bytes()).map_err(cannot)?;
    put(DISCLOSED, disclosed.as_bytes()).map_err(cannot)?;
    let quiet = |_| ();
    let folder = DiskFolder::open(aside.path(), &quiet)?;
    match disclosure::verify(&folder, None, now()) {
        Verdict::Belongs { disclosure, .. } if disclosure.sums() == good.record.sums() => {}
        Verdict::Belongs { .. } => {
            return Err(failure(
                "the record changed while it was read",
                "run it again",
            ));
        }
        Verdict::Bad(bad) => {
            return Err(failure(
                format!("the disclosure does not verify: {bad}"),
                "the record changed meanwhile, or please report this",
            ));
        }
        Verdict::CouldNotTell { reason } => {
            return Err(failure(format!("could not tell: {reason}"), "run it again"));
        }
    }
    readable(aside.path()).map_err(cannot)?;
    fs::rename(aside.path(), &options.out).map_err(cannot)?;
    // It is no longer there under that name.
    let _ = aside.keep();
    Ok(())
}

/// A disclosure is there to be given away: whoever may look into the folder above may read it.
fn readable(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    let _ = folder;
    Ok(())
}

/// What `verify` says of the folder in `path`, when it is a disclosure.
pub(crate) fn judged(
    path: &Path,
    inquiry: &Inquiry<'_>,
    options: &super::verify::Options,
) -> Option<anyhow::Result<Answer>> {
    let quiet = |_| ();
    let folder = DiskFolder::open(path, &quiet).ok()?;
    if !disclosure::is_one(&folder) {
        return None;
    }
    if options.level != super::verify::Level::Usual || options.html.is_some() {
        return Some(Err(failure(
            "a disclosure is judged in one way, and has no page",
            "leave --quick, --deep and --html out",
        )));
    }
    let verdict = disclosure::verify_as(&folder, inquiry);
    let text = if options.json {
        super::json_line(&json_of(&verdict))
    } else {
        text_of(&verdict)
    };
    Some(Ok(Answer {
        text,
        code: verdict.exit_code(),
    }))
}

/// The verdict in one line.
fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Belongs { disclosure, signer } => {
            let of = |tree| {
                let parts = disclosure.parts().iter();
                parts.filter(|part| part.tree == tree).count() as u64
            };
            let signed = disclosure.roots().principal.safe();
            let known = match signer {
                Signer::Known { .. } => "the signer is known, time is claimed by the signer only",
                Signer::Unknown => "signer unknown: no list of allowed signers was given",
            };
            let belong = if of(Of::Items) == 1 { "this" } else { "these" };
            let verb = if of(Of::Items) == 1 {
                "belongs"
            } else {
                "belong"
            };
            format!(
                "good: {belong} {} {verb} to the record signed by {signed}; {known}",
                count(of(Of::Items), "item", "items")
            )
        }
        Verdict::Bad(bad) => format!("bad: {bad}"),
        Verdict::CouldNotTell { reason } => format!("could not tell: {reason}"),
    }
}

fn text_of(verdict: &Verdict) -> String {
    let mut text = format!("{}\n", words(verdict));
    let Verdict::Belongs { disclosure, .. } = verdict else {
        return text;
    };
    let roots = disclosure.roots();
    let utc = |at: crate::domain::time::Timestamp| format!("{} UTC", at.minute());
    let organization = &roots.organization;
    let mut facts = vec![
        ("record", roots.record_id.clone()),
        (
            "organization",
            format!("{} ({})", organization.name.raw(), organization.url),
        ),
        ("review", roots.title.clone()),
        ("key", disclosure.key().fingerprint.clone()),
        ("key type", disclosure.key().key_type.clone()),
        (
            "items in the record",
            roots.trunk(Of::Items).leaves.to_string(),
        ),
        ("access as of", utc(roots.as_of)),
        (
            "sealed",
            format!(
                "{}; time is claimed by the signer only",
                utc(roots.sealed_at)
            ),
        ),
        ("digest of SHA256SUMS", disclosure.sums().to_string()),
    ];
    for part in items(disclosure) {
        facts.push(("item", item_words(disclosure, part)));
    }
    facts.push((
        "not judged",
        "everything else in the record; only the whole record tells whether it is in order"
            .to_owned(),
    ));
    for (label, fact) in facts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {label:<20} {}", SafeText::of(&fact));
    }
    text
}

fn items(disclosure: &Disclosure) -> impl Iterator<Item = &Part> {
    let parts = disclosure.parts().iter();
    parts.filter(|part| part.tree == Of::Items)
}

/// A line of the record as JSON; it was authenticated before.
fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or(Value::Null)
}

/// `17, Ben Okafor (ben): Project Admin on Payments; revoke: left the company`. Not safe to show.
fn item_words(disclosure: &Disclosure, part: &Part) -> String {
    let [grant, decision] =
        [0, 1].map(|at| part.lines.get(at).map_or(Value::Null, |it| parsed(it)));
    let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    // What something is called, when its line is disclosed too.
    let called = |tree: Of, id: &str, name: &dyn Fn(&Value) -> Option<String>| {
        let parts = disclosure.parts().iter().filter(|part| part.tree == tree);
        let mut lines = parts
            .filter_map(|part| part.lines.first())
            .map(|it| parsed(it));
        let line = lines.find(|line| line["id"] == id);
        line.as_ref()
            .and_then(name)
            .unwrap_or_else(|| id.to_owned())
    };
    let person = |line: &Value| {
        let names = ["first_name", "last_name"].map(|name| text(line, name).unwrap_or_default());
        let name = names.join(" ");
        Some(format!("{} ({})", name.trim(), text(line, "username")?))
    };
    let name = |line: &Value| text(line, "name");
    let membership = text(&grant, "membership").is_some();
    let holder = match (text(&grant, "account"), text(&grant, "team")) {
        (Some(id), _) => called(Of::Accounts, &id, &person),
        (None, Some(id)) => format!("team {}", called(Of::Resources, &id, &name)),
        (None, None) => text(&grant, "everyone").unwrap_or_default(),
    };
    let what = match (text(&grant, "project"), text(&grant, "team")) {
        (Some(id), _) => format!(" on {}", called(Of::Resources, &id, &name)),
        (None, Some(id)) if membership => format!(" in {}", called(Of::Resources, &id, &name)),
        _ => String::new(),
    };
    let role = text(&grant, "role_name").or_else(|| text(&grant, "kind"));
    let why = text(&decision, "reason").map_or_else(String::new, |why| format!(": {why}"));
    format!(
        "{}, {holder}: {}{what}; {}{why}",
        part.number,
        role.unwrap_or_default(),
        text(&decision, "decision").unwrap_or_default()
    )
}

fn json_of(verdict: &Verdict) -> Value {
    let mut answer =
        json!({"text": words(verdict), "exit_code": verdict.exit_code(), "kind": "disclosure"});
    let more = match verdict {
        Verdict::Belongs { disclosure, signer } => {
            let roots = disclosure.roots();
            let line = match signer {
                Signer::Known { line } => Some(line),
                Signer::Unknown => None,
            };
            let lines = |tree: Of| -> Vec<Value> {
                let parts = disclosure.parts().iter();
                parts
                    .filter(|part| part.tree == tree)
                    .map(|part| json!({"number": part.number, "lines": part.lines}))
                    .collect()
            };
            json!({
                "verdict": "good",
                "signer": if line.is_some() { "known" } else { "unknown" },
                "signer_line": line,
                "time": "claimed by the signer only",
                "record_id": roots.record_id,
                "organization": {"id": &*roots.organization.id, "name": roots.organization.name.raw(), "url": &*roots.organization.url},
                "review": roots.title,
                "reviewer": Raw::raw(&roots.principal),
                "key": {"fingerprint": disclosure.key().fingerprint, "type": disclosure.key().key_type},
                "as_of": roots.as_of.to_string(),
                "sealed_at": roots.sealed_at.to_string(),
                "sums": disclosure.sums().to_string(),
                "items": lines(Of::Items),
                "accounts": lines(Of::Accounts),
                "resources": lines(Of::Resources),
            })
        }
        Verdict::Bad(bad) => json!({
            "verdict": "bad",
            "stage": format!("{:?}", bad.stage).to_lowercase(),
            "file": bad.file,
            "line": bad.line,
            "reason": bad.reason,
        }),
        Verdict::CouldNotTell { reason } => json!({"verdict": "could not tell", "reason": reason}),
    };
    if let (Value::Object(answer), Value::Object(more)) = (&mut answer, more) {
        answer.extend(more);
    }
    answer
}
