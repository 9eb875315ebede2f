//! The Merkle tree of RFC 9162 over the items, with SHA-256: one item can be shown to somebody together with
//! twenty hashes, and nothing else.

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;

/// The leaf of one item: its line of `grants.jsonl` and its line of `decisions.jsonl`, line feeds included.
pub fn leaf(grant: &[u8], decision: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(grant);
    hash.update(decision);
    Digest(hash.finalize().into())
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
    use super::*;

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
        let leaves: Vec<Digest> = (0..130u8).map(|n| leaf(&[n], b"x")).collect();
        let mut tree = Tree::default();
        for size in 0..leaves.len() {
            assert_eq!(tree.root(), by_the_book(&leaves[..size]), "{size} leaves");
            tree.push(leaves[size]);
        }
    }

    #[test]
    fn parts_that_are_made_apart_join_to_the_same_tree() {
        let leaves: Vec<Digest> = (0..150u8).map(|n| leaf(&[n], b"x")).collect();
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
            tree.push(leaf(data, b""));
        }
        assert_eq!(
            tree.root().to_string(),
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
        );
    }

    #[test]
    fn a_leaf_is_never_a_node() {
        let (one, two) = (leaf(b"1", b""), leaf(b"2", b""));
        assert_ne!(leaf(&one.0, &two.0), node(one, two));
    }
}
