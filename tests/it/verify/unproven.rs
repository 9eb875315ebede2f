//! What is shown of a record that is not good: what its journal holds, when that holds together, and nothing else.

use muster::{
    format::{crew::Alone, record},
    verify::{Stage, Verdict, fold_unproven, verify},
};

use super::vectors::{folder, stored};

#[test]
fn a_record_is_folded_without_its_signature_or_refused_with_the_place() {
    let names = std::fs::read_dir(folder()).expect("the stored records");
    let (mut shown, mut refused) = (Vec::new(), Vec::new());
    for entry in names {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a plain name").to_owned();
        if !folder().join(&name).is_dir() {
            continue;
        }
        let files = stored(&name);
        match fold_unproven(&Alone, &files) {
            Ok(campaign) => {
                // A good record is folded to what it was verified to be.
                if let Verdict::Good { record, .. } =
                    verify(&files, None, super::record::time("2027-01-01T00:00:00Z"))
                {
                    assert_eq!(record.campaign().entries(), campaign.entries(), "{name}");
                    assert_eq!(record.campaign().slots(), campaign.slots(), "{name}");
                }
                shown.push(name);
            }
            Err(bad) => {
                assert!(bad.file.is_some(), "{name}: {bad}");
                refused.push((name, bad));
            }
        }
    }
    let is_shown = |name: &str| shown.iter().any(|shown| shown == name);
    for name in [
        "good",
        "bad-empty-signature",
        "bad-signer-not-in-list",
        "bad-swapped-key",
        "bad-other-namespace",
        "bad-extra-file",
        "bad-decision-flipped",
        "bad-totals-resigned",
        "bad-journal-cut-resigned",
    ] {
        assert!(is_shown(name), "{name}: {refused:?}");
    }
    for name in [
        "bad-entry-edited-resigned",
        "bad-journal-entry-dropped-resigned",
    ] {
        let found = refused.iter().find(|(refused, _)| refused == name);
        let (_, bad) = found.unwrap_or_else(|| panic!("{name} is shown"));
        assert_eq!(bad.stage, Stage::Journal, "{name}: {bad}");
        assert_eq!(bad.file.as_deref(), Some(record::JOURNAL), "{name}");
        assert!(bad.line.is_some(), "{name}: {bad}");
    }
}
