//! What happens to the organization between two reviews.

use super::state::{Roles, State};
use crate::domain::time::Timestamp;

/// Who is suspended meanwhile, and who was deactivated: a moment before the demo's time.
const MEANWHILE: &str = "2026-10-31T12:00:00.000Z";

impl State {
    /// Lets a quarter pass: some of what the story's review revokes is carried out and some is not, and other things
    /// change, whichever organization it is.
    pub fn pass_a_quarter(&mut self) {
        let at: Timestamp = MEANWHILE.parse().expect("a time");
        // Carried out: these are gone or deactivated. What the story revokes besides is still there.
        for (username, project, roles) in [
            ("guest.louis", "ERP", Roles::EXTERNAL.and(Roles::MEMBER)),
            ("jonas.berg", "FW", Roles::MEMBER),
        ] {
            if let (Some(account), Some(project)) = (self.account(username), self.project(project))
            {
                self.change_person(project, account, Roles::default(), roles);
            }
        }
        for username in ["ada.keIler", "invoice.pdf"] {
            if let Some(account) = self.account(username) {
                self.change_account(account, |account| {
                    account.archived = true;
                    account.left_at = Some(at);
                });
            }
        }
        let reviewer = self.account(&self.reviewer);
        let mut others = (0..)
            .take(self.accounts.len())
            .filter(|account| {
                let one = &self.accounts[*account as usize];
                Some(*account) != reviewer
                    && !one.archived
                    && one.left_at.is_none()
                    && one.suspended_at.is_none()
            })
            .collect::<Vec<u32>>()
            .into_iter();
        // Somebody moves to another team, somebody is suspended, somebody gets a project.
        let moved = others.next().and_then(|mover| {
            let team = self.memberships_of(mover).next()?.team;
            let other = (0..).take(self.teams.len()).find(|other| *other != team)?;
            Some((mover, team, other))
        });
        if let Some((mover, team, other)) = moved {
            self.remove_membership(mover, team);
            self.add_membership(mover, other, "Engineer");
        }
        if let Some(suspended) = others.next() {
            self.change_account(suspended, |account| account.suspended_at = Some(at));
        }
        if let (Some(account), false) = (others.next(), self.projects.is_empty()) {
            self.change_person(0, account, Roles::ADMIN, Roles::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::demo::{Size, State};

    #[test]
    fn a_quarter_changes_any_organization() {
        for size in [Size::S, Size::M] {
            let before = State::of(size);
            let mut after = State::of(size);
            after.pass_a_quarter();
            let teams = |state: &State| {
                let memberships = state.memberships().iter();
                memberships
                    .map(|one| (one.member, one.team))
                    .collect::<Vec<_>>()
            };
            assert_ne!(teams(&before), teams(&after));
            let suspended = |state: &State| {
                let accounts = state.accounts().iter();
                accounts.filter(|one| one.suspended_at.is_some()).count()
            };
            assert_eq!(suspended(&before) + 1, suspended(&after));
        }
    }
}
