//! A record's files in memory, with what a forger would do to them, and a folder on disk.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use muster::{
    domain::{Digest, journal::Entry},
    format::{
        journal,
        merkle::{self, Trunk},
        record::{self, Review, Roots},
        sums::Sums,
    },
    signing::key_file,
    verify::{Folder, FolderEntry},
};

use crate::ssh_tools::Keys;

/// A folder that exists only here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Folder for Files {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let entry = |(name, bytes): (&String, &Vec<u8>)| FolderEntry {
            name: name.clone(),
            regular: true,
            size: bytes.len() as u64,
        };
        Ok(self.0.iter().map(entry).collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.0.get(name) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Files {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = Self::default();
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("a file");
            let name = entry.file_name().into_string().expect("a plain name");
            files.set(&name, fs::read(entry.path()).expect("a file"));
        }
        files
    }

    pub(crate) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        for (name, bytes) in &self.0 {
            fs::write(folder.join(name), bytes).expect("a file");
        }
    }

    pub(crate) fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).expect(name)
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        std::str::from_utf8(self.get(name)).expect(name)
    }

    pub(crate) fn set(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(name.to_owned(), bytes.into());
    }

    /// Puts `new` in place of `old`, which is there exactly once.
    pub(crate) fn replace(&mut self, name: &str, old: &str, new: &str) {
        let text = self.text(name);
        assert_eq!(text.matches(old).count(), 1, "{old} in {name}:\n{text}");
        self.set(name, text.replacen(old, new, 1));
    }

    /// Takes line `number` out, from 1.
    pub(crate) fn drop_line(&mut self, name: &str, number: usize) {
        let lines = self.text(name).split_inclusive('\n').enumerate();
        let kept: String = lines
            .filter(|(at, _)| at + 1 != number)
            .map(|(_, line)| line)
            .collect();
        self.set(name, kept);
    }

    /// Changes what `review.json` says.
    pub(crate) fn change_review(&mut self, change: impl FnOnce(&mut Review)) {
        let mut review = Review::parse(self.get(record::REVIEW)).expect("a review");
        change(&mut review);
        self.set(record::REVIEW, review.print());
    }

    /// Makes `opened.sums` fit the population.
    pub(crate) fn recompute_opened_sums(&mut self) {
        let sums = record::POPULATION.map(|name| (name, Digest::of(self.get(name))));
        self.set(record::OPENED_SUMS, Sums::new(sums).print());
    }

    /// Chains the journal anew, as a forger would, and lets `change` edit each entry.
    pub(crate) fn rechain(&mut self, mut change: impl FnMut(&mut Entry)) {
        let mut entries = journal::Reader::new(self.get(record::JOURNAL));
        let (mut text, mut head, mut count) = (String::new(), journal::START, 0);
        while let Some(mut entry) = entries.next().expect("a whole journal") {
            change(&mut entry);
            let (line, digest) = journal::line(&entry, head);
            text.push_str(&line);
            head = digest;
            count += 1;
        }
        self.set(record::JOURNAL, text);
        self.change_review(|review| {
            review.contents.journal_entries = count;
            review.contents.journal_head = head;
        });
    }

    /// What the trees over the lines come to.
    fn trunks(&self) -> [Trunk; 3] {
        let review = Review::parse(self.get(record::REVIEW)).expect("a review");
        let mut tree = merkle::Tree::default();
        let lines = |name| self.get(name).split_inclusive(|byte| *byte == b'\n');
        for (number, (grant, decision)) in
            (1..).zip(lines(record::GRANTS).zip(lines(record::DECISIONS)))
        {
            let salt = review.salts.of(merkle::Of::Items, number);
            tree.push(merkle::leaf(salt, &[grant, decision]));
        }
        let of_lines = |name, of| {
            let tree = merkle::of_lines(&mut self.get(name), review.salts, of);
            tree.expect("memory").trunk()
        };
        [
            tree.trunk(),
            of_lines(record::ACCOUNTS, merkle::Of::Accounts),
            of_lines(record::RESOURCES, merkle::Of::Resources),
        ]
    }

    /// Makes sizes and Merkle roots fit the files.
    pub(crate) fn recompute_review(&mut self) {
        let trunks = self.trunks();
        let mut roots = Roots::parse(self.get(record::ROOTS)).expect("the roots");
        let review = Review::parse(self.get(record::REVIEW)).expect("a review");
        roots.trunks = trunks;
        roots.record_id = review.record_id;
        roots.sealed_at = review.sealed_at;
        self.set(record::ROOTS, roots.print());
        let sizes: BTreeMap<_, _> = record::LISTED
            .into_iter()
            .map(|name| (name, self.get(name).len() as u64))
            .collect();
        let policy = Digest::of(self.get(record::POLICY));
        self.change_review(|review| {
            review.contents.merkle_root = trunks[0].root;
            review.contents.policy = policy;
            for (name, size) in &mut review.contents.bytes {
                *size = sizes[name];
            }
        });
    }

    /// Makes the Merkle root in `review.json` fit lines that may be broken beyond text.
    pub(crate) fn recompute_review_bytes(&mut self) {
        let [items, ..] = self.trunks();
        self.change_review(|review| review.contents.merkle_root = items.root);
    }

    pub(crate) fn recompute_sums(&mut self) {
        let sums = record::LISTED.map(|name| (name, Digest::of(self.get(name))));
        self.set(record::SUMS, Sums::new(sums).print());
    }

    /// Signs `SHA256SUMS` as it is.
    pub(crate) fn sign(&mut self, key: &str, namespace: &str) {
        let keys = Keys::new();
        let signer = key_file::load(&keys.path(key), None).expect("a test key");
        let signature = signer.sign(namespace, self.get(record::SUMS));
        self.set(record::SIGNATURE, signature.expect("a signature"));
    }

    /// Sums up and signs again.
    pub(crate) fn resign(&mut self) {
        self.recompute_sums();
        self.sign("ed25519", record::NAMESPACE);
    }
}

/// A folder on disk.
pub(crate) struct Disk(pub(crate) PathBuf);

impl Folder for Disk {
    fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        fs::read_dir(&self.0)?
            .map(|entry| {
                let entry = entry?;
                let metadata = entry.metadata()?;
                Ok(FolderEntry {
                    name: entry.file_name().to_string_lossy().into_owned(),
                    regular: metadata.is_file(),
                    size: metadata.len(),
                })
            })
            .collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(File::open(self.0.join(name))?))
    }
}
