//! A disclosure: a few lines of a record, and the proof that they belong to it.
//!
//! `disclosed.jsonl` has the lines as the record has them; `proofs.jsonl` tells for each where in which tree of
//! [`Roots`](super::record::Roots) it stands, its salt, and the hashes that lead from it to the root.

use serde::Deserialize;

use super::{
    Error, Problem,
    canonical::{self, Object, Text},
    merkle::Of,
    record,
};
use crate::domain::Digest;

/// The disclosed lines, as the record has them.
pub const DISCLOSED: &str = "disclosed.jsonl";
/// Where they stand in the trees.
pub const PROOFS: &str = "proofs.jsonl";

/// The files of a disclosure, sorted by name. All but the first and the last two are those of the record.
pub const FILES: [&str; 6] = [
    record::README,
    record::SUMS,
    record::SIGNATURE,
    DISCLOSED,
    PROOFS,
    record::ROOTS,
];

/// The largest size of a file of a disclosure that is read; `None` for a name that it does not have.
pub fn limit(name: &str) -> Option<u64> {
    match name {
        DISCLOSED | PROOFS => Some(64 << 20),
        name if FILES.contains(&name) => record::limit(name),
        _ => None,
    }
}

/// That some lines stand at a place of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The tree.
    pub tree: Of,
    /// The number of the line, from 1; for an item its number.
    pub number: u64,
    /// The salt of the leaf.
    pub salt: Digest,
    /// The hashes beside the way to the root, from the leaf on.
    pub path: Vec<Digest>,
}

impl Proof {
    /// The line of `proofs.jsonl`.
    pub fn print(&self) -> String {
        let mut out = String::new();
        Object::begin(&mut out)
            .plain("tree", self.tree.word())
            .number("number", self.number)
            .plain("salt", self.salt)
            .array("path", &self.path, |out, step| {
                canonical::text(out, &step.to_string());
            })
            .end_line();
        out
    }

    /// Reads a line of `proofs.jsonl`.
    fn parse(line: &[u8]) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields<'a> {
            #[serde(borrow)]
            tree: Text<'a>,
            number: u64,
            #[serde(borrow)]
            salt: Text<'a>,
            #[serde(borrow)]
            path: Vec<Text<'a>>,
        }
        let fields: Fields<'_> = canonical::object(line)?;
        let tree = Of::ALL
            .into_iter()
            .find(|tree| tree.word() == &*fields.tree);
        let tree = tree.ok_or_else(|| {
            Problem::newer(format!("nothing is known of a tree `{}`", fields.tree.0))
        })?;
        let digest = |text: &Text<'_>| text.parse().map_err(Problem::malformed);
        let proof = Self {
            tree,
            number: fields.number,
            salt: digest(&fields.salt)?,
            path: fields.path.iter().map(digest).collect::<Result<_, _>>()?,
        };
        if proof.print().as_bytes() == line {
            Ok(proof)
        } else {
            Err(Problem::OtherText)
        }
    }
}

/// Reads `proofs.jsonl`: items first, then accounts, then resources, each by number, each once.
///
/// # Errors
/// When it is anything else, or proves no item.
pub fn parse_proofs(bytes: &[u8]) -> Result<Vec<Proof>, Error> {
    let mut proofs: Vec<Proof> = Vec::new();
    for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let proof = Proof::parse(line).map_err(|problem| problem.at(PROOFS, number))?;
        if proofs
            .last()
            .is_some_and(|last| (last.tree, last.number) >= (proof.tree, proof.number))
        {
            let problem = Problem::malformed("the proofs are not in order, each once");
            return Err(problem.at(PROOFS, number));
        }
        proofs.push(proof);
    }
    if proofs.first().is_some_and(|first| first.tree == Of::Items) {
        Ok(proofs)
    } else {
        Err(Problem::malformed("no item is disclosed").at(PROOFS, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(tree: Of, number: u64) -> Proof {
        Proof {
            tree,
            number,
            salt: Digest::of(b"salt"),
            path: vec![Digest::of(b"1"), Digest::of(b"2")],
        }
    }

    #[test]
    fn proofs_have_one_text_and_one_order() {
        let [one, two, account] = [
            proof(Of::Items, 1),
            proof(Of::Items, 12),
            proof(Of::Accounts, 1),
        ];
        let text = |proofs: &[&Proof]| -> String { proofs.iter().map(|it| it.print()).collect() };
        let good = text(&[&one, &two, &account]);
        let read = parse_proofs(good.as_bytes()).expect("own text");
        assert_eq!(read, [one.clone(), two.clone(), account.clone()]);
        for (wrong, why) in [
            (text(&[&two, &one]), "line 2: the proofs are not in order"),
            (text(&[&one, &one]), "line 2: the proofs are not in order"),
            (
                text(&[&account, &one]),
                "line 2: the proofs are not in order",
            ),
            (text(&[&account]), "no item is disclosed"),
            (String::new(), "no item is disclosed"),
            (good.trim_end().to_owned(), "line 3: it is cut short"),
            (good.replace(":12,", ": 12,"), "line 2: it is not written"),
            (good.replace("accounts", "others"), "a tree `others`"),
        ] {
            let error = parse_proofs(wrong.as_bytes()).expect_err(why).to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
