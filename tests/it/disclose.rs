//! A few items of a record are shown to somebody, with proof and without anything else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use muster::{
    domain::time::Timestamp,
    format::{disclosure, record},
    verify::{
        Signer, Stage,
        disclosure::{Verdict, verify},
    },
};
use serde_json::Value;

use crate::{
    by_hand::{TOOLS, commands},
    program::{Ended, Home, have},
    review::sealed,
    ssh_tools::PRINCIPAL,
    verify::{Files, allowed_signers, signers},
};

fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(name)).expect(name);
    let parse = |line: &str| serde_json::from_str(line).expect("JSON");
    text.lines().map(parse).collect()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn good() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/good")
}

/// Discloses `items` of the stored good record; the answer is the folder.
fn disclosed(home: &Home, items: &[&str], more: &[&str]) -> PathBuf {
    let record = good().display().to_string();
    let fixed = [&["disclose", &record, "--out", "shown"], items].concat();
    home.run(&[&fixed, more].concat()).good();
    home.path().join("shown")
}

fn judge(files: &Files) -> Verdict {
    let at: Timestamp = "2026-10-02T00:00:00.000Z".parse().expect("a time");
    verify(files, Some(&signers()), at)
}

/// Follows the instructions for a disclosure as the README in it prints them.
fn by_hand(home: &Home, folder: &Path, signers: &Path) -> Ended {
    let readme = fs::read_to_string(folder.join("README.txt")).expect("instructions");
    let from = readme.find("\n11. A disclosure").expect("a step");
    let upto = readme
        .find("\nWhat these steps cannot see")
        .expect("an end");
    let script = commands(&readme[from..upto]);
    let script = script.replace("/path/to/allowed_signers", &signers.display().to_string());
    let output = home
        .command("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .current_dir(folder)
        .output();
    Ended::of(output.expect("bash starts"))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one disclosure from start to end")]
fn a_disclosure_proves_its_items_and_tells_of_no_other() {
    if !have(&TOOLS) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let name = record.display().to_string();
    let (grants, decisions) = (
        lines(&record, "grants.jsonl"),
        lines(&record, "decisions.jsonl"),
    );
    // A revoked project role of a person, and a place in a team that was kept.
    let revoked = (0..grants.len())
        .find(|at| {
            let decision = &decisions[*at];
            text(decision, "decision") == "revoke"
                && text(&grants[*at], "kind") == "project-role"
                && !text(&grants[*at], "account").is_empty()
                && decision["standing"].as_array().is_none_or(Vec::is_empty)
        })
        .expect("a revoked role");
    let kept = (0..grants.len())
        .find(|at| {
            text(&grants[*at], "kind") == "membership"
                && text(&decisions[*at], "decision") == "keep"
        })
        .expect("a membership");
    let numbers = [revoked + 1, kept + 1].map(|number| number.to_string());
    // One by its number, one by its id.
    let id = text(&grants[kept], "id");
    let answer = home
        .run(&[
            "disclose",
            &name,
            &numbers[0],
            &id,
            "--out",
            "shown",
            "--json",
        ])
        .good();
    assert_eq!(answer.json()["items"].as_array().map(Vec::len), Some(2));
    let shown = home.path().join("shown");

    let list = home.path().join("allowed_signers").display().to_string();
    let told = home
        .run(&["verify", "shown", "--allowed-signers", &list])
        .good()
        .out;
    assert!(
        told.starts_with(
            "good: these 2 items belong to the record signed by rosa@example.com; the signer is known"
        ),
        "{told}"
    );
    assert!(told.contains("revoke: left the company"), "{told}");
    let unknown = home.run(&["verify", "shown"]).good().out;
    assert!(unknown.contains("signer unknown"), "{unknown}");
    let json = home.run(&["verify", "shown", "--json"]).good().json();
    assert_eq!(json["kind"], "disclosure");
    assert_eq!(json["items"].as_array().map(Vec::len), Some(2));
    let stranger = home.path().join("stranger");
    fs::write(&stranger, allowed_signers()).expect("a list");
    let stranger_list = stranger.display().to_string();
    let bad = home.run(&["verify", "shown", "--allowed-signers", &stranger_list]);
    assert_eq!(bad.code, Some(1), "{}", bad.out);

    // Stock tools come to the same, by the instructions in the folder.
    let own = by_hand(&home, &shown, Path::new(&list)).good();
    for number in &numbers {
        assert!(own.out.contains(&format!("items {number} ")), "{}", own.out);
    }
    assert_ne!(by_hand(&home, &shown, &stranger).code, Some(0));
    let path = shown.join("disclosed.jsonl");
    let good = fs::read_to_string(&path).expect("lines");
    fs::write(&path, good.replacen("revoke", "keep", 1)).expect("a change");
    assert_ne!(by_hand(&home, &shown, Path::new(&list)).code, Some(0));
    assert_eq!(home.run(&["verify", "shown"]).code, Some(1));
    fs::write(&path, &good).expect("as it was");

    // No other id and no other name of the population is in any byte.
    let bytes: Vec<(String, String)> = fs::read_dir(&shown)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("a file");
            let bytes = fs::read(entry.path()).expect("a file");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, String::from_utf8(bytes).expect("text"))
        })
        .collect();
    let mut others: Vec<String> = Vec::new();
    others.extend(grants.iter().map(|grant| text(grant, "id")));
    for account in lines(&record, "accounts.jsonl") {
        let full = format!(
            "{} {}",
            text(&account, "first_name"),
            text(&account, "last_name")
        );
        others.extend([
            text(&account, "id"),
            text(&account, "username"),
            text(&account, "email"),
            full,
        ]);
    }
    for resource in lines(&record, "resources.jsonl").iter().skip(1) {
        others.extend(["id", "name", "key"].map(|name| text(resource, name)));
    }
    let organization = text(&lines(&record, "resources.jsonl")[0], "name");
    let mut looked = 0;
    for other in others.iter().filter(|other| other.trim().len() > 3) {
        // What the disclosed lines say themselves is disclosed, and what the organization is called.
        if good.contains(other.as_str()) || organization.contains(other.as_str()) {
            continue;
        }
        looked += 1;
        for (file, text) in &bytes {
            // The instructions are the same for every record; roles are called like words in them.
            if file != "README.txt" {
                assert!(!text.contains(other.as_str()), "{other} in {file}");
            }
        }
    }
    assert!(looked > 300, "{looked}");
}

#[test]
fn without_names_only_ids_are_shown_and_what_cannot_be_is_refused() {
    let home = Home::new();
    let folder = disclosed(&home, &["9"], &["--without-names"]);
    assert_eq!(lines(&folder, "proofs.jsonl").len(), 1);
    assert_eq!(lines(&folder, "disclosed.jsonl").len(), 2);
    let record = good().display().to_string();
    for (arguments, why) in [
        (
            &["disclose", &record, "9", "--out", "shown"][..],
            "already there",
        ),
        (&["disclose", &record, "13", "--out", "other"], "no item 13"),
        (&["disclose", &record, "0", "--out", "other"], "no item 0"),
        (&["disclose", "shown", "9", "--out", "other"], "is not used"),
        (&["disclose", &record, "--out", "other"], "required"),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(2), "{why}");
        assert!(refused.err.contains(why), "{why}: {}", refused.err);
    }
    assert!(!home.path().join("other").exists());
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_disclosure_is_noticed() {
    let home = Home::new();
    let good = Files::read(&disclosed(&home, &["9", "12"], &[]));
    let Verdict::Belongs { disclosure, signer } = judge(&good) else {
        panic!("{:?}", judge(&good));
    };
    assert_eq!(signer, Signer::Known { line: 1 });
    assert_eq!(disclosure.roots().principal.raw(), PRINCIPAL);
    let (signers, at) = (
        signers(),
        "2026-10-02T00:00:00.000Z".parse().expect("a time"),
    );
    for name in disclosure::FILES {
        let mut files = good.clone();
        let mut bytes = good.get(name).to_vec();
        // The digest of the instructions is that of all of them: some places stand for the others.
        let step = if name == record::README { 97 } else { 1 };
        for byte in (0..bytes.len()).step_by(step) {
            bytes[byte] ^= 1 << (byte % 8);
            files.set(name, bytes.clone());
            let verdict = verify(&files, Some(&signers), at);
            assert_ne!(verdict.exit_code(), 0, "byte {byte} of {name}");
            bytes[byte] ^= 1 << (byte % 8);
        }
    }
}

#[test]
fn no_forged_disclosure_passes() {
    type Forgery = (Stage, &'static str, fn(&mut Files));
    let home = Home::new();
    let good = Files::read(&disclosed(&home, &["9", "12"], &[]));
    let forgeries: &[Forgery] = &[
        (Stage::Merkle, "it is not line 10", |files| {
            files.replace("proofs.jsonl", "\"number\":9,", "\"number\":10,");
        }),
        (Stage::Merkle, "it is not line 0", |files| {
            files.replace("proofs.jsonl", "\"number\":9,", "\"number\":0,");
        }),
        (Stage::Merkle, "it is not line 13", |files| {
            files.replace("proofs.jsonl", "\"number\":12,", "\"number\":13,");
        }),
        (Stage::Merkle, "it is not line 12", |files| {
            // The lines of one item under the number of the other.
            files.drop_line("disclosed.jsonl", 3);
            files.drop_line("disclosed.jsonl", 3);
            let text = files.text("disclosed.jsonl");
            let first: String = text.split_inclusive('\n').take(2).collect();
            files.set("disclosed.jsonl", [&first, text].concat());
        }),
        (Stage::Merkle, "nothing proves", |files| {
            let text = format!("{}{{}}\n", files.text("disclosed.jsonl"));
            files.set("disclosed.jsonl", text);
        }),
        (Stage::Merkle, "no item is disclosed", |files| {
            files.drop_line("proofs.jsonl", 1);
            files.drop_line("proofs.jsonl", 1);
        }),
        (Stage::Merkle, "not in order", |files| {
            let text = files.text("proofs.jsonl").to_owned();
            files.set("proofs.jsonl", [text.as_str(), &text].concat());
        }),
        (Stage::Hashes, "not the one that was signed", |files| {
            let text = files.text("roots.json").replace("2026", "2027");
            files.set("roots.json", text);
        }),
        (Stage::Review, "names another key", |files| {
            files.sign("ed25519-other", record::NAMESPACE);
        }),
        (Stage::Signature, "another purpose", |files| {
            files.sign("ed25519", record::NAMESPACE_APPROVE);
        }),
        (Stage::Files, "does not belong to a disclosure", |files| {
            files.set("grants.jsonl", "{}\n");
        }),
        (Stage::Files, "it is missing", |files| {
            files.0.remove("disclosed.jsonl");
        }),
        (Stage::Sizes, "larger than", |files| {
            files.set("roots.json", vec![b' '; 1 << 20]);
        }),
    ];
    for (stage, why, forge) in forgeries {
        let mut files = good.clone();
        forge(&mut files);
        match judge(&files) {
            Verdict::Bad(bad) => {
                assert_eq!(bad.stage, *stage, "{why}: {bad}");
                assert!(bad.reason.contains(why), "{why}: {bad}");
            }
            verdict => panic!("{why}: {verdict:?}"),
        }
    }
}
