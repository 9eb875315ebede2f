//! [`Unusual`]: what is out of the ordinary among many items, counted before they are decided together.

use super::widget::text::number;
use crate::domain::{
    account::{Fact, Kind, State},
    campaign::Campaign,
    grant::{Entitlement, Holder},
    items::Item,
    snapshot::Snapshot,
};

/// Counts that are shown before items are decided together. An item may count in several of them.
#[derive(Debug)]
pub(crate) struct Unusual {
    // Looked at once each: a bulk may hold a million items.
    privileged_roles: Vec<bool>,
    hidden_roles: Vec<bool>,
    hidden_teams: Vec<bool>,
    hidden_projects: Vec<bool>,
    holder: Option<(Holder, About)>,
    privileged: u64,
    external: u64,
    left: u64,
    suspended: u64,
    hidden: u64,
    decided: u64,
}

/// What is known about the holder of the items counted last.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is counted by itself, and all may hold at once"
)]
struct About {
    external: bool,
    left: bool,
    suspended: bool,
    hidden: bool,
}

impl Unusual {
    /// Nothing counted yet.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        let snapshot = campaign.snapshot();
        let roles = snapshot.roles();
        let privileged = roles.iter().map(|it| it.privileged() == Fact::Known(true));
        Self {
            privileged_roles: privileged.collect(),
            hidden_roles: roles.iter().map(|it| it.name.has_hidden()).collect(),
            hidden_teams: snapshot
                .teams()
                .iter()
                .map(|it| it.name.has_hidden())
                .collect(),
            hidden_projects: snapshot
                .projects()
                .iter()
                .map(|it| it.name.has_hidden())
                .collect(),
            holder: None,
            privileged: 0,
            external: 0,
            left: 0,
            suspended: 0,
            hidden: 0,
            decided: 0,
        }
    }

    /// Counts `item`; those of one holder follow each other.
    pub(crate) fn count(&mut self, campaign: &Campaign, item: Item) {
        let snapshot = campaign.snapshot();
        let grant = snapshot.grant(item);
        let about = match self.holder {
            Some((holder, about)) if holder == grant.holder => about,
            _ => about(campaign, snapshot, grant.holder),
        };
        self.holder = Some((grant.holder, about));
        let (privileged, hidden) = match grant.entitlement {
            Entitlement::SignIn => (false, false),
            Entitlement::OrganizationRole(role) => (
                self.privileged_roles[role.index()],
                self.hidden_roles[role.index()],
            ),
            Entitlement::Membership(ix) => {
                let team = snapshot.membership(ix).team;
                (false, self.hidden_teams[team.index()])
            }
            Entitlement::ProjectRole(project, role) => (
                self.privileged_roles[role.index()],
                self.hidden_roles[role.index()] || self.hidden_projects[project.index()],
            ),
        };
        self.privileged += u64::from(privileged);
        self.external += u64::from(about.external);
        self.left += u64::from(about.left);
        self.suspended += u64::from(about.suspended);
        self.hidden += u64::from(hidden || about.hidden);
        self.decided += u64::from(campaign.slot(item).decision.is_some());
    }

    /// The counts in words, without what there is none of.
    pub(crate) fn told(&self) -> String {
        let counts = [
            (self.privileged, "privileged"),
            (self.external, "of externals"),
            (self.left, "of accounts that left"),
            (self.suspended, "of suspended accounts"),
            (self.hidden, "with hidden characters"),
            (self.decided, "decided before: they change"),
        ];
        let there = counts.iter().filter(|(n, _)| *n > 0);
        let there: Vec<String> = there
            .map(|(n, what)| format!("{} {what}", number(*n)))
            .collect();
        there.join(", ")
    }
}

fn about(campaign: &Campaign, snapshot: &Snapshot, holder: Holder) -> About {
    let hidden = snapshot.holder_label(holder).has_hidden();
    let Holder::Account(account) = holder else {
        return About {
            hidden,
            ..About::default()
        };
    };
    let account = snapshot.account(account);
    let state = account.state(campaign.as_of());
    About {
        external: matches!(account.kind, Kind::Collaborator | Kind::Guest),
        left: state == State::Left,
        suspended: state == State::Suspended,
        hidden,
    }
}
