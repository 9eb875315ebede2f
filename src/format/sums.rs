//! [`Sums`]: digests of files, in the format of `sha256sum`, sorted by name.

use std::fmt::Write as _;

use super::{Error, canonical};
use crate::{domain::Digest, format::Problem};

/// The digest of each file of a fixed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums(Vec<(&'static str, Digest)>);

impl Sums {
    /// Sorts `sums` by name.
    pub fn new(sums: impl IntoIterator<Item = (&'static str, Digest)>) -> Self {
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable();
        Self(sums)
    }

    /// The digest of a file.
    pub fn get(&self, name: &str) -> Option<Digest> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, digest)| *digest)
    }

    /// All files and their digests, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Digest)> + '_ {
        self.0.iter().copied()
    }

    /// The lines that `sha256sum --strict -c` takes.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for (name, digest) in &self.0 {
            canonical::hex(&mut out, &digest.0);
            writeln!(out, "  {name}").expect("a string takes any text");
        }
        out
    }

    /// Reads the digests of exactly the files `names`, and of those of `optional` that are there; `file` is what the list
    /// itself is called.
    ///
    /// # Errors
    /// When a line is not of the form `^[0-9a-f]{64}  NAME$`, or a name is unknown, repeated, missing or out of order.
    pub fn parse(
        file: &'static str,
        bytes: &[u8],
        names: &[&'static str],
        optional: &[&'static str],
    ) -> Result<Self, Error> {
        let mut sums = Vec::new();
        let mut number = 0u64;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            number = number.saturating_add(1);
            let sum = sum(line, names, optional).map_err(|problem| problem.at(file, number))?;
            if sums.last().is_some_and(|(before, _)| *before >= sum.0) {
                return Err(
                    Problem::malformed("the names are not sorted, each once").at(file, number)
                );
            }
            sums.push(sum);
        }
        match names
            .iter()
            .find(|name| sums.iter().all(|(known, _)| known != *name))
        {
            Some(name) => {
                Err(Problem::malformed(format!("{name} is missing"))
                    .at(file, number.saturating_add(1)))
            }
            None => Ok(Self(sums)),
        }
    }
}

fn sum(
    line: &[u8],
    names: &[&'static str],
    optional: &[&'static str],
) -> Result<(&'static str, Digest), Problem> {
    let line = line.strip_suffix(b"\n").ok_or(Problem::CutShort)?;
    let text = std::str::from_utf8(line).map_err(|_| Problem::malformed("not text"))?;
    let (digest, name) = text
        .split_once("  ")
        .ok_or_else(|| Problem::malformed("not a digest, two spaces and a name"))?;
    let digest = digest.parse().map_err(Problem::malformed)?;
    let mut known = names.iter().chain(optional);
    match known.find(|known| **known == name) {
        Some(known) => Ok((known, digest)),
        None => Err(Problem::newer(format!(
            "nothing is known of a file `{name}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["README.txt", "a.jsonl"];

    fn sums() -> Sums {
        Sums::new([
            ("a.jsonl", Digest::of(b"a")),
            ("README.txt", Digest::of(b"")),
        ])
    }

    #[test]
    fn a_list_has_one_text() {
        let text = sums().print();
        assert_eq!(
            text,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  README.txt\n\
             ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.jsonl\n"
        );
        assert_eq!(
            Sums::parse("SHA256SUMS", text.as_bytes(), &NAMES, &[]).expect("own text"),
            sums()
        );
        for (names, optional) in [(&NAMES[..1], &NAMES[1..]), (&NAMES, &["b.jsonl"])] {
            let read = Sums::parse("SHA256SUMS", text.as_bytes(), names, optional);
            assert_eq!(read.expect("one may be there, another is not"), sums());
        }
        let line: Vec<&str> = text.split_inclusive('\n').collect();
        for (wrong, why) in [
            (text.replace('\n', "\r\n"), "line 1"),
            (text.replace("  ", " *"), "line 1"),
            (text.replace("  ", "   "), "line 1"),
            (text.to_uppercase(), "line 1"),
            (
                text.replace("a.jsonl", "../a.jsonl"),
                "nothing is known of a file `../a.jsonl`",
            ),
            (text.trim_end().to_owned(), "line 2: it is cut short"),
            (format!("{text}\n"), "line 3"),
            (line[0].to_owned(), "a.jsonl is missing"),
            (
                [line[1], line[0]].concat(),
                "line 2: the names are not sorted",
            ),
            (
                [line[0], line[0], line[1]].concat(),
                "line 2: the names are not sorted",
            ),
            (String::new(), "README.txt is missing"),
        ] {
            let error = Sums::parse("SHA256SUMS", wrong.as_bytes(), &NAMES, &[]).expect_err(&wrong);
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn every_flipped_bit_gives_another_list_or_none() {
        let text = sums().print().into_bytes();
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = Sums::parse("SHA256SUMS", &flipped, &NAMES, &[]) {
                assert_ne!(read, sums());
            }
        }
    }
}
