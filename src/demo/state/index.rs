//! [`Index`]: what makes lists and look-ups quick.

use super::AccountIx;

/// What makes lists and look-ups quick; made anew after a change.
#[derive(Debug, Clone, Default)]
pub(in crate::demo) struct Index {
    /// Accounts by login name.
    pub(super) by_username: Vec<AccountIx>,
    /// Memberships that are not archived; empty when that is all of them.
    pub(super) live_memberships: Vec<u32>,
    /// Memberships by account.
    pub(super) of_account: Grouped,
    /// Memberships by team.
    pub(super) of_team: Grouped,
}

/// Places grouped by a key, in two flat lists.
#[derive(Debug, Clone, Default)]
pub(super) struct Grouped {
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Grouped {
    pub(super) fn new(groups: usize, keys: impl Iterator<Item = u32> + Clone) -> Self {
        let mut starts = vec![0u32; groups + 1];
        for key in keys.clone() {
            starts[key as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0; *starts.last().unwrap_or(&0) as usize];
        for (place, key) in (0u32..).zip(keys) {
            places[next[key as usize] as usize] = place;
            next[key as usize] += 1;
        }
        Self { starts, places }
    }

    /// The places with this key.
    pub(super) fn of(&self, key: u32) -> &[u32] {
        let key = key as usize;
        &self.places[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}
