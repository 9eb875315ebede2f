//! A colleague who has the instructions and stock tools, and not the program: the commands run here are the ones
//! that the instructions print.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::{
    program::{Home, have},
    review::sealed,
    verify::allowed_signers,
};

/// Our own copy of the instructions, which a forger of records did not write.
const INSTRUCTIONS: &str = include_str!("../../src/format/record/README.txt");

/// What the last of the steps prints.
pub(crate) const HOLD: &str = "steps 0 to 6 hold";

pub(crate) const TOOLS: [&str; 5] = ["bash", "ssh-keygen", "sha256sum", "jq", "python3"];

/// Stored records that are bad and that stock tools cannot tell from good ones, each with the words in the
/// instructions that say so.
const NOT_SEEN: [(&str, &str); 11] = [
    (
        "bad-attestation-false-resigned",
        "the words that were attested",
    ),
    ("bad-exception-kept-in-bulk-resigned", "out of a bulk"),
    ("bad-flag-hidden-resigned", "flags"),
    ("bad-left-out-by-another-rule-resigned", "out of a bulk"),
    (
        "bad-policy-that-wants-reasons-resigned",
        "a reason where the policy wants one",
    ),
    (
        "bad-policy-with-an-unknown-key-resigned",
        "the policy is one",
    ),
    ("bad-refresh-claimed-resigned", "refresh"),
    ("bad-remains-false-resigned", "what revokes leave standing"),
    ("bad-scope-of-nothing-resigned", "scope"),
    ("bad-scope-widened-resigned", "scope"),
    (
        "bad-waiver-of-more-resigned",
        "a waiver no wider than its flag",
    ),
];

/// The commands of the steps that must succeed: what is indented by two, and what stands in a script's own lines.
pub(crate) fn steps(text: &str) -> String {
    let from = text.find("\n0. ").expect("step 0");
    let upto = text
        .find("\nThe next steps are for reading.")
        .expect("the end");
    commands(&text[from..upto])
}

/// The commands of a part of the instructions.
pub(crate) fn commands(text: &str) -> String {
    let (mut script, mut inside) = (String::new(), false);
    for line in text.lines() {
        let command = if inside || line.starts_with("python3") {
            Some(line)
        } else {
            // Text that goes on after a step's number is indented by three.
            line.strip_prefix("  ")
                .filter(|line| !line.starts_with(' ') || line.starts_with("  "))
        };
        let Some(command) = command else { continue };
        script.push_str(command);
        script.push('\n');
        inside = if inside {
            line != "END"
        } else {
            command.contains("<<'END'")
        };
    }
    assert!(!inside, "a script does not end");
    script
}

/// Runs the steps in `record`.
pub(crate) fn follow(home: &Home, steps: &str, record: &Path, signers: &Path) -> Output {
    let placeholder = "/path/to/allowed_signers";
    assert_eq!(steps.matches(placeholder).count(), 1, "{steps}");
    let script = home.path().join("steps.sh");
    let steps = steps.replace(placeholder, &signers.display().to_string());
    fs::write(&script, steps).expect("a file of ours");
    home.command("bash")
        .arg("-eu")
        .arg(script)
        .env("TMPDIR", home.path())
        .current_dir(record)
        .output()
        .expect("bash starts")
}

#[test]
fn the_instructions_in_a_fresh_record_hold_for_it_as_they_are_printed() {
    if !have(&TOOLS) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let printed = fs::read_to_string(record.join("README.txt")).expect("instructions");
    assert_eq!(printed, INSTRUCTIONS);
    let signers = home.path().join("allowed_signers");
    let output = follow(&home, &steps(&printed), &record, &signers);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    assert!(out.ends_with(&format!("{HOLD}\n")), "{out}");

    // It is the verdict that the program comes to.
    let signers = signers.display().to_string();
    let record = record.display().to_string();
    home.run(&["verify", &record, "--allowed-signers", &signers])
        .good();
}

#[test]
fn stock_tools_come_to_the_verdict_of_every_stored_record_or_the_instructions_say_why_not() {
    if !have(&TOOLS) {
        return;
    }
    let home = Home::new();
    let signers = home.path().join("allowed_signers");
    fs::write(&signers, allowed_signers()).expect("a file of ours");
    let steps = steps(INSTRUCTIONS);
    let cannot = INSTRUCTIONS
        .find("What these steps cannot see")
        .expect("it says what they cannot see");
    let cannot = INSTRUCTIONS[cannot..].replace('\n', " ");

    let mut unseen: Vec<&str> = Vec::new();
    for record in stored() {
        let name = record
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let output = follow(&home, &steps, &record, &signers);
        let held = output.status.success();
        let out = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            held,
            out.ends_with(&format!("{HOLD}\n")),
            "{name}: {output:?}"
        );
        if name.starts_with("good") {
            assert!(held, "{name}: {output:?}");
        } else if held {
            let known = NOT_SEEN.iter().find(|(known, _)| *known == name);
            let (name, words) = known.unwrap_or_else(|| panic!("{name} is not caught"));
            assert!(cannot.contains(words), "{name}: {words}");
            unseen.push(name);
        }
    }
    let all: Vec<&str> = NOT_SEEN.iter().map(|(name, _)| *name).collect();
    assert_eq!(unseen, all, "in the order of their names");
}

/// The stored records, in the order of their names.
fn stored() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut records: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the stored records")
        .map(|entry| entry.expect("a stored record").path())
        .filter(|path| path.is_dir())
        .collect();
    records.sort();
    records
}

#[test]
fn the_commands_in_the_readme_hold_for_a_fresh_record() {
    if !have(&TOOLS) {
        return;
    }
    let readme = include_str!("../../README.md");
    let from = readme
        .find("\n## Verify a record by hand")
        .expect("a section");
    let section = &readme[from..];
    let from = section.find("```sh\ncd RECORD\n").expect("its commands") + "```sh\n".len();
    let upto = from + section[from..].find("```").expect("their end");

    let home = Home::new();
    let record = sealed(&home);
    fs::copy(
        home.path().join("allowed_signers"),
        record.with_file_name("allowed_signers"),
    )
    .expect("a copy");
    let commands = section[from..upto]
        .replace("RECORD", &record.display().to_string())
        .replace("anna@example.com", "rosa@example.com");
    let output = home
        .command("bash")
        .args(["-eu", "-o", "pipefail", "-c", &commands])
        .output()
        .expect("bash starts");
    assert!(output.status.success(), "{commands}\n{output:?}");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("Good \"muster-review\" signature"), "{out}");
}
