//! The Merkle trees of RFC 9162 over the lines of a record, with SHA-256: one item can be shown to somebody together with
//! twenty hashes, and nothing else.
//!
//! There is one over the items, one over the accounts and one over the resources. Every leaf has a salt of its own:
//! without it, whoever is shown the hash beside an item could try what that item may be until the hash fits.

use std::io::{self, BufRead};

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;

/// What the leaves of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The lines of `grants.jsonl`, each with its line of `decisions.jsonl`.
    Items,
    /// The lines of `accounts.jsonl`.
    Accounts,
    /// The lines of `resources.jsonl`.
    Resources,
}

impl Of {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Items, Self::Accounts, Self::Resources];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Accounts => "accounts",
            Self::Resources => "resources",
        }
    }

    /// How many lines a leaf has.
    pub fn lines(self) -> usize {
        match self {
            Self::Items => 2,
            Self::Accounts | Self::Resources => 1,
        }
    }
}

/// The salts of the leaves of one record, which all follow from one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salts(pub Digest);

impl Salts {
    /// The salt of leaf `number`, from 1.
    pub fn of(self, tree: Of, number: u64) -> Digest {
        let mut hash = Sha256::new();
        hash.update(self.0.0);
        hash.update(tree.word());
        hash.update(number.to_be_bytes());
        Digest(hash.finalize().into())
    }
}

/// A leaf: its salt and its lines, line feeds included.
pub fn leaf(salt: Digest, lines: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(salt.0);
    for line in lines {
        hash.update(line);
    }
    Digest(hash.finalize().into())
}

/// The tree over the lines of a file that has one line a leaf.
///
/// # Errors
/// When it cannot be read.
pub fn of_lines(input: &mut impl BufRead, salts: Salts, of: Of) -> io::Result<Tree> {
    let (mut tree, mut line) = (Tree::default(), Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(tree);
        }
        let number = tree.len().saturating_add(1);
        tree.push(leaf(salts.of(of, number), &[&line]));
    }
}

/// For each of `wanted`, counted from 0, the hashes beside the way from that leaf to the root.
pub fn paths(mut level: Vec<Digest>, wanted: &[u64]) -> Vec<Vec<Digest>> {
    let mut ways: Vec<(usize, Vec<Digest>)> = wanted
        .iter()
        .map(|at| (usize::try_from(*at).unwrap_or(usize::MAX), Vec::new()))
        .collect();
    while level.len() > 1 {
        for (at, path) in &mut ways {
            // The last one of an odd number goes up as it is.
            path.extend(level.get(*at ^ 1));
            *at /= 2;
        }
        let pairs = level.chunks(2).map(|pair| match pair {
            [left, right] => node(*left, *right),
            rest => rest.first().copied().unwrap_or(Digest([0; 32])),
        });
        level = pairs.collect();
    }
    ways.into_iter().map(|(_, path)| path).collect()
}

/// What is said of a tree to those who do not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trunk {
    /// How many leaves it has.
    pub leaves: u64,
    /// Its root.
    pub root: Digest,
}

impl Trunk {
    /// Whether `leaf` is the one at `index`, counted from 0, as `path` proves (RFC 9162, section 2.1.3.2).
    pub fn holds(self, index: u64, leaf: Digest, path: &[Digest]) -> bool {
        let Some(mut last) = self.leaves.checked_sub(1).filter(|last| index <= *last) else {
            return false;
        };
        let (mut at, mut root) = (index, leaf);
        for step in path {
            if last == 0 {
                return false;
            }
            if at % 2 == 1 || at == last {
                root = node(*step, root);
                while at != 0 && at.is_multiple_of(2) {
                    at /= 2;
                    last /= 2;
                }
            } else {
                root = node(root, *step);
            }
            at /= 2;
            last /= 2;
        }
        last == 0 && root == self.root
    }
}

fn node(left: Digest, right: Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.0);
    hash.update(right.0);
    Digest(hash.finalize().into())
}

/// A tree that takes its leaves one by one and keeps only the roots of its finished parts.
///
/// It may begin at a later leaf; such a tree is made beside the one it is [joined](Tree::join) to in the end.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    first: u64,
    leaves: u64,
    /// The roots of the full trees that the leaves so far fill, in their order, with the height of each. A full tree of
    /// 2ⁿ leaves begins at a multiple of 2ⁿ, wherever this one begins.
    full: Vec<(u32, Digest)>,
}

impl Tree {
    /// A tree whose first leaf is number `first`, from 0, of the tree it will be joined to.
    pub fn at(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.add(0, leaf);
    }

    /// Adds the leaves of a tree that begins where this one ends; whether it does.
    #[must_use]
    pub fn join(&mut self, next: Self) -> bool {
        let follows = next.first == self.first.saturating_add(self.leaves);
        if follows {
            for (height, root) in next.full {
                self.add(height, root);
            }
        }
        follows
    }

    /// Adds the root of a full tree of that height.
    fn add(&mut self, height: u32, root: Digest) {
        let (mut height, mut root) = (height, root);
        self.leaves = self.leaves.saturating_add(1 << height);
        let end = self.first.saturating_add(self.leaves);
        // With the one before it, it completes a tree of twice the size when they end where such a tree does.
        while let Some((of_left, left)) = self.full.last()
            && *of_left == height
            && end.trailing_zeros() > height
        {
            root = node(*left, root);
            height = height.saturating_add(1);
            self.full.pop();
        }
        self.full.push((height, root));
    }

    /// What is said of it to those who do not have it.
    pub fn trunk(&self) -> Trunk {
        Trunk {
            leaves: self.leaves,
            root: self.root(),
        }
    }

    /// How many leaves it has.
    pub fn len(&self) -> u64 {
        self.leaves
    }

    /// Whether it has no leaf.
    pub fn is_empty(&self) -> bool {
        self.leaves == 0
    }

    /// The root over all leaves so far, of a tree that begins at the first.
    pub fn root(&self) -> Digest {
        self.full
            .iter()
            .rev()
            .map(|(_, root)| *root)
            .reduce(|right, left| node(left, right))
            .unwrap_or_else(|| Digest::of(b""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Leaves that differ.
    fn leaves(count: u8) -> Vec<Digest> {
        let salts = Salts(Digest::of(b"secret"));
        let leaf = |n: u8| leaf(salts.of(Of::Items, n.into()), &[&[n], b"x"]);
        (0..count).map(leaf).collect()
    }

    fn tree(leaves: &[Digest]) -> Tree {
        let mut tree = Tree::default();
        for leaf in leaves {
            tree.push(*leaf);
        }
        tree
    }

    /// RFC 9162, section 2.1.3.1, word for word.
    fn path_by_the_book(at: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let half = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(half);
        let (mut path, other) = if at < half {
            (path_by_the_book(at, left), right)
        } else {
            (path_by_the_book(at - half, right), left)
        };
        path.push(by_the_book(other));
        path
    }

    #[test]
    fn every_leaf_of_every_tree_is_proved_and_at_no_other_place() {
        let all = leaves(64);
        for size in 1..=all.len() {
            let leaves = &all[..size];
            let trunk = tree(leaves).trunk();
            let wanted: Vec<u64> = (0..size as u64).collect();
            let paths = paths(leaves.to_vec(), &wanted);
            for (at, path) in paths.iter().enumerate() {
                assert_eq!(*path, path_by_the_book(at, leaves), "{at} of {size}");
                for (other, leaf) in leaves.iter().enumerate() {
                    let holds = trunk.holds(other as u64, leaves[at], path);
                    assert_eq!(holds, other == at, "{at} as {other} of {size}");
                    let holds = trunk.holds(at as u64, *leaf, path);
                    assert_eq!(holds, other == at, "{other} at {at} of {size}");
                }
                assert!(!trunk.holds(size as u64, leaves[at], path));
                let longer = [path.as_slice(), &[Digest::of(b"more")]].concat();
                assert!(!trunk.holds(at as u64, leaves[at], &longer));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!trunk.holds(at as u64, leaves[at], shorter));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_flipped_bit_of_a_proof_passes(
            (size, at) in (1usize..64).prop_flat_map(|size| (Just(size), 0..size)),
            bit in any::<prop::sample::Index>(),
            step in any::<prop::sample::Index>(),
        ) {
            let leaves = &leaves(64)[..size];
            let trunk = tree(leaves).trunk();
            let path = paths(leaves.to_vec(), &[at as u64]).remove(0);
            let flip = |digest: &mut Digest| {
                let bit = bit.index(256);
                digest.0[bit / 8] ^= 1 << (bit % 8);
            };
            let mut leaf = leaves[at];
            prop_assert!(trunk.holds(at as u64, leaf, &path));
            flip(&mut leaf);
            prop_assert!(!trunk.holds(at as u64, leaf, &path));
            if !path.is_empty() {
                let mut path = path;
                let step = step.index(path.len());
                flip(&mut path[step]);
                prop_assert!(!trunk.holds(at as u64, leaves[at], &path));
            }
        }
    }

    #[test]
    fn a_file_has_a_leaf_for_each_line_and_each_leaf_a_salt_of_its_own() {
        let salts = Salts(Digest::of(b"secret"));
        let read = of_lines(&mut &b"a\na\n"[..], salts, Of::Accounts).expect("memory");
        let [one, two] = [1, 2].map(|n| leaf(salts.of(Of::Accounts, n), &[b"a\n"]));
        assert_eq!(read.trunk(), tree(&[one, two]).trunk());
        assert_ne!(one, two);
        assert_ne!(salts.of(Of::Items, 1), salts.of(Of::Accounts, 1));
        assert_ne!(
            Salts(Digest::of(b"other")).of(Of::Items, 1),
            salts.of(Of::Items, 1)
        );
    }

    /// RFC 9162, section 2.1.1, word for word.
    fn by_the_book(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(by_the_book(left), by_the_book(right))
            }
        }
    }

    #[test]
    fn the_root_is_the_one_of_the_standard_for_every_size() {
        let leaves = leaves(130);
        let mut tree = Tree::default();
        for size in 0..leaves.len() {
            assert_eq!(tree.root(), by_the_book(&leaves[..size]), "{size} leaves");
            tree.push(leaves[size]);
        }
    }

    #[test]
    fn parts_that_are_made_apart_join_to_the_same_tree() {
        let leaves = leaves(150);
        for cuts in [
            &[0, 0, 1][..],
            &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            &[64, 128],
            &[3, 67, 96, 97, 149],
            &[149, 150],
        ] {
            let mut tree = Tree::default();
            let mut from = 0;
            for to in cuts.iter().copied().chain([leaves.len()]) {
                let mut part = Tree::at(from as u64);
                leaves[from..to].iter().for_each(|leaf| part.push(*leaf));
                assert!(tree.join(part));
                from = to;
            }
            assert_eq!(tree.root(), by_the_book(&leaves), "{cuts:?}");
            assert!(!tree.join(Tree::at(151)), "there is a gap");
        }
    }

    #[test]
    fn known_roots_are_met() {
        // From the test data of Certificate Transparency.
        let mut tree = Tree::default();
        assert_eq!(
            tree.root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for data in [&b""[..], b"\0", b"\x10"] {
            // Those leaves have no salt.
            tree.push(Digest::of(&[b"\0", data].concat()));
        }
        assert_eq!(
            tree.root().to_string(),
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
        );
    }

    #[test]
    fn a_leaf_is_never_a_node() {
        let all = leaves(2);
        let (one, two) = (all[0], all[1]);
        assert_ne!(leaf(one, &[&two.0]), node(one, two));
    }
}
