//! A sealed record, written aside, synced and renamed into place.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
};

use super::{
    Error, PARTIAL, Review, Threads, check_name,
    files::{self, HashedFile},
};
use crate::{
    domain::{Digest, journal::Event},
    format::{
        blocks::{self, Blocks},
        journal,
        merkle::{self, Salts, Trunk},
        population,
        record::{self as names, Contents, Decisions, Seal},
        sums::Sums,
    },
};

/// A record that is whole and on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its folder.
    pub path: PathBuf,
    /// The digest of its `SHA256SUMS`.
    pub sums: Digest,
    /// What its `review.json` says.
    pub review: names::Review,
}

/// Why there is no signature.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A file of the record: its name, digest and size.
type Part = (&'static str, Digest, u64);

impl Review {
    /// Writes the record of this review, which was just attested, as the folder `name` in `out` or among the records.
    ///
    /// `sign` gets the bytes of `SHA256SUMS` and answers with the text of the signature file. The record is there
    /// whole, signed and on disk, or not at all.
    ///
    /// # Errors
    /// When it is not attested, when there is such a record, when a population file changed, when there is no signature,
    /// or when something cannot be written.
    pub fn write_record<E: Into<Cause>>(
        &self,
        name: &str,
        out: Option<&Path>,
        seal: Seal,
        sign: &mut dyn FnMut(&[u8]) -> Result<String, E>,
    ) -> Result<Written, Error> {
        self.write_record_telling(name, out, seal, &|_| (), sign)
    }

    /// As [`Review::write_record`]; `tell` is told now and then of how many items the decisions are written.
    ///
    /// # Errors
    /// As [`Review::write_record`].
    pub fn write_record_telling<E: Into<Cause>>(
        &self,
        name: &str,
        out: Option<&Path>,
        seal: Seal,
        tell: &(dyn Fn(u64) + Sync),
        sign: &mut dyn FnMut(&[u8]) -> Result<String, E>,
    ) -> Result<Written, Error> {
        check_name(name)?;
        let last = self.campaign().entries().last();
        if !last.is_some_and(|entry| matches!(entry.event, Event::Attested(_))) {
            return Err(Error::NotAttested);
        }
        let parent = out.map_or_else(|| self.store.records_folder(), Path::to_owned);
        files::create_folders(&parent)?;
        let (path, partial) = (parent.join(name), parent.join(format!("{name}{PARTIAL}")));
        if fs::symlink_metadata(&path).is_ok() {
            return Err(Error::RecordExists(path));
        }
        remove_partial(&partial)?;
        files::create_folder(&partial)?;
        let written = self
            .fill(&partial, seal, tell, &mut |sums| {
                sign(sums).map_err(Into::into)
            })
            .and_then(|(sums, review)| {
                fs::rename(&partial, &path).map_err(Error::io("create", &path))?;
                files::sync_folder(&parent)?;
                Ok(Written { path, sums, review })
            });
        if written.is_err() {
            // The next attempt removes what cannot be removed now.
            let _ = remove_partial(&partial);
        }
        written
    }

    /// Writes all files of the record into `folder` and syncs them.
    fn fill(
        &self,
        folder: &Path,
        seal: Seal,
        tell: &(dyn Fn(u64) + Sync),
        sign: &mut dyn FnMut(&[u8]) -> Result<String, Cause>,
    ) -> Result<(Digest, names::Review), Error> {
        let salts = seal.salts;
        let (mut parts, items) = thread::scope(|scope| {
            let others = scope.spawn(|| {
                let fixed = [
                    names::ACCOUNTS,
                    names::RESOURCES,
                    names::EVIDENCE,
                    names::POLICY,
                    names::GRANTS,
                ];
                let earlier = self.sums.get(names::EARLIER).map(|_| names::EARLIER);
                let mut parts = fixed
                    .into_iter()
                    .chain(earlier)
                    .map(|name| self.carry_over(folder, name))
                    .collect::<Result<Vec<Part>, Error>>()?;
                parts.push(self.write_journal(folder)?);
                Ok(parts)
            });
            let decided = self.decide(folder, salts, tell);
            let others: Result<Vec<Part>, Error> = match others.join() {
                Ok(others) => others,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            let (decisions, items) = decided?;
            let mut parts = others?;
            parts.push(decisions);
            Ok::<_, Error>((parts, items))
        })?;
        let trunks = [
            items,
            trunk(folder, names::ACCOUNTS, salts, merkle::Of::Accounts)?,
            trunk(folder, names::RESOURCES, salts, merkle::Of::Resources)?,
        ];
        let roots = names::Roots::of(self.campaign(), &seal, trunks).ok_or(Error::NotAttested)?;
        parts.push(small(folder, names::ROOTS, &roots.print())?);
        parts.push(small(folder, names::OPENED_SUMS, &self.sums.print())?);
        parts.push(small(folder, names::README, names::README_TEXT)?);
        parts.sort_unstable();
        let contents = Contents {
            journal_entries: self.campaign().entries().len() as u64,
            journal_head: self.head,
            merkle_root: items.root,
            policy: Digest::of(self.policy().bytes()),
            bytes: parts.iter().map(|(name, _, size)| (*name, *size)).collect(),
        };
        let review =
            names::Review::of(self.campaign(), seal, contents).ok_or(Error::NotAttested)?;
        parts.push(small(folder, names::REVIEW, &review.print())?);
        let sums = Sums::new(parts.iter().map(|(name, digest, _)| (*name, *digest))).print();
        small(folder, names::SUMS, &sums)?;
        let signature = sign(sums.as_bytes()).map_err(Error::Unsigned)?;
        small(folder, names::SIGNATURE, &signature)?;
        files::sync_folder(folder)?;
        Ok((Digest::of(sums.as_bytes()), review))
    }

    /// Copies a population file into the record; its bytes are what was fetched. Never a second name for the same
    /// bytes: a record stays what it is, whatever becomes of the review.
    fn carry_over(&self, folder: &Path, name: &'static str) -> Result<Part, Error> {
        let mut from = files::open(&self.folder, name)?;
        let mut read = Ok(());
        let (digest, size) = files::write(&folder.join(name), |out| {
            read = copy(&mut from, out);
            Ok(())
        })?;
        let from = self.folder.join(name);
        read.map_err(Error::io("copy", &from))?;
        if self.sums.get(name) != Some(digest) {
            return Err(Error::Changed(from));
        }
        Ok((name, digest, size))
    }

    /// Writes `decisions.jsonl`, and tells of the Merkle tree over its lines and those of `grants.jsonl`.
    fn decide(
        &self,
        folder: &Path,
        salts: Salts,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<(Part, Trunk), Error> {
        let path = folder.join(names::DECISIONS);
        let grants = files::open(&self.folder, names::GRANTS)?;
        let grants = Blocks::new(names::GRANTS, grants, population::LINE_LIMIT);
        let mut out = HashedFile::create(&path)?;
        let damaged = Error::damaged(&self.folder);
        let mut decisions = Decisions::with_salts(self.campaign(), salts);
        let hands = decisions.beside();
        let mut tree = merkle::Tree::default();
        blocks::in_order(
            &Threads,
            grants,
            &damaged,
            |block| hands.of_block(block).map_err(&damaged),
            |made| {
                decisions.take(made, &mut tree, &damaged, |lines| {
                    out.write_all(lines.as_bytes())
                        .map_err(Error::io("write", &path))
                })?;
                tell(tree.len());
                Ok(())
            },
        )?;
        if tree.len() != self.campaign().snapshot().len() as u64 {
            return Err(Error::Changed(self.folder.join(names::GRANTS)));
        }
        let (digest, size) = HashedFile::finish(out, &path)?;
        Ok(((names::DECISIONS, digest, size), tree.trunk()))
    }

    /// Writes the journal anew from its entries: an entry has exactly one text.
    fn write_journal(&self, folder: &Path) -> Result<Part, Error> {
        let mut head = journal::START;
        let (digest, size) = files::write(&folder.join(names::JOURNAL), |out| {
            for entry in self.campaign().entries() {
                let (line, digest) = journal::line(entry, head);
                out.write_all(line.as_bytes())?;
                head = digest;
            }
            Ok(())
        })?;
        debug_assert_eq!(head, self.head, "an entry has exactly one text");
        Ok((names::JOURNAL, digest, size))
    }
}

/// What is said of the Merkle tree over the lines of a file in `folder`.
fn trunk(folder: &Path, name: &'static str, salts: Salts, of: merkle::Of) -> Result<Trunk, Error> {
    let mut input = BufReader::with_capacity(files::PIECE, files::open(folder, name)?);
    let tree = merkle::of_lines(&mut input, salts, of);
    let tree = tree.map_err(Error::io("read", &folder.join(name)))?;
    Ok(tree.trunk())
}

/// Copies all of `from`, in pieces that go through the buffer of `out` untouched.
fn copy(from: &mut File, out: &mut dyn io::Write) -> io::Result<()> {
    let mut piece = vec![0; files::PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => out.write_all(&piece[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn small(folder: &Path, name: &'static str, text: &str) -> Result<Part, Error> {
    let (digest, size) = files::write(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    Ok((name, digest, size))
}

/// Removes what an interrupted sealing left, and nothing that is not of a record.
fn remove_partial(partial: &Path) -> Result<(), Error> {
    let list = match fs::read_dir(partial) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        list => list.map_err(Error::io("read", partial))?,
    };
    for entry in list {
        let entry = entry.map_err(Error::io("read", partial))?;
        let (name, file) = (entry.file_name(), entry.file_type());
        if !file.is_ok_and(|kind| kind.is_file()) || name.to_str().and_then(names::limit).is_none()
        {
            return Err(Error::InTheWay(partial.to_owned()));
        }
    }
    fs::remove_dir_all(partial).map_err(Error::io("remove", partial))
}
