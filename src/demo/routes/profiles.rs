//! Calls about accounts.

use std::collections::BTreeSet;

use super::{Call, Rows, no_value, teams::position_of_id};
use crate::{
    demo::{
        request::Refusal,
        state::{Account, AccountIx, TeamIx},
    },
    domain::account::Kind,
};

impl Call<'_> {
    pub(super) fn profiles(&self) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        view.caller.require("Profile.View")?;
        let past = self.query.flag("reportPastMembers", false)?;
        let future = self.query.flag("reportFutureMembers", false)?;
        let current = self.query.flag("reportCurrentMembers", true)?;
        let me_on_top = self.query.flag("meOnTop", false)?;
        let (members, externals) = match self.query.get("orgRelation") {
            None | Some("MEMBER") => (true, false),
            Some("GUEST") => (false, true),
            Some("ANY") => (true, true),
            Some(other) => return Err(no_value("orgRelation", other)),
        };
        let by_name = match self.query.get("order") {
            None | Some("DEFAULT") => false,
            Some("FULL_NAME") => true,
            Some(other) => return Err(no_value("order", other)),
        };
        let text = self.query.get("query").unwrap_or_default().to_lowercase();
        let asked = self.asked_profiles()?;
        let team = self.asked_team("teamId")?;
        let position = self.query.get("roleId").map(position_of_id);
        let everywhere = self.query.get("locationId").is_none();
        let all_guests = view.caller.may("Profile.ViewAllGuests");

        let everything = [
            past, future, current, members, externals, all_guests, everywhere,
        ]
        .iter()
        .all(|yes| *yes);
        let no_filter = text.is_empty() && asked.is_none() && team.is_none() && position.is_none();
        let total = view.state.accounts.len();
        if everything && no_filter && !me_on_top && !by_name {
            return self.profile_page(&Rows::All(total));
        }

        let known = (!all_guests).then(|| self.known_externals());
        let wanted = |ix: &AccountIx| {
            let account = &view.state.accounts[*ix as usize];
            let external = account.kind != Kind::Member;
            let timely = match self.presence(account) {
                Presence::Past => past,
                Presence::Future => future,
                Presence::Current => current,
            };
            timely
                && everywhere
                && (if external { externals } else { members })
                && !(external && known.as_ref().is_some_and(|known| !known.contains(ix)))
                && asked.as_ref().is_none_or(|asked| asked.contains(ix))
                && self.is_named(*ix, &text)
                && (team.is_none() && position.is_none()
                    || view.state.memberships_of(*ix).any(|one| {
                        one.counts(view.now)
                            && team.as_ref().is_none_or(|teams| teams.contains(&one.team))
                            && position.is_none_or(|wanted| wanted == Some(one.position))
                    }))
        };
        let mut rows: Vec<AccountIx> = (0..).take(total).filter(wanted).collect();
        if by_name {
            rows.sort_by_cached_key(|ix| {
                let account = &view.state.accounts[*ix as usize];
                format!("{} {}", account.first_name, account.last_name)
            });
        }
        if me_on_top {
            rows.sort_by_key(|ix| view.caller.me != Some(*ix));
        }
        self.profile_page(&Rows::Some(rows))
    }

    pub(super) fn presence(&self, account: &Account) -> Presence {
        let now = self.view.now;
        if account.archived || account.left_at.is_some_and(|at| at <= now) {
            Presence::Past
        } else if account.joined.is_some_and(|day| day.start() > now) {
            Presence::Future
        } else {
            Presence::Current
        }
    }

    pub(super) fn is_named(&self, ix: AccountIx, query: &str) -> bool {
        if query.is_empty() {
            return true;
        }
        let account = &self.view.state.accounts[ix as usize];
        let names = [&account.first_name, &account.last_name, &account.username];
        names.iter().any(|name| name.to_lowercase().contains(query))
            || self
                .view
                .state
                .email(account)
                .to_lowercase()
                .contains(query)
    }

    fn asked_profiles(&self) -> Result<Option<BTreeSet<AccountIx>>, Refusal> {
        let identifiers: Vec<&str> = self.query.all("profiles").collect();
        match identifiers.len() {
            0 => return Ok(None),
            1..=100 => {}
            _ => return Err(Refusal::invalid("profiles takes 100 identifiers at most")),
        }
        let profile = |identifier: &&str| self.view.caller.profile(self.view.state, identifier);
        identifiers
            .iter()
            .map(profile)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn asked_team(&self, name: &str) -> Result<Option<BTreeSet<TeamIx>>, Refusal> {
        let Some(id) = self.query.get(name) else {
            return Ok(None);
        };
        let team = self.view.state.team_of_id(id);
        let team = team.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
        Ok(Some(self.view.state.with_teams_below(team)))
    }

    /// The external users who share a project with the caller.
    fn known_externals(&self) -> BTreeSet<AccountIx> {
        let state = self.view.state;
        let Some(me) = self.view.caller.me else {
            return BTreeSet::new();
        };
        let teams = state.effective_teams(me, self.view.now);
        let shared = state.projects.iter().filter(|project| {
            project.people.iter().any(|one| one.holder == me)
                || project.teams.iter().any(|one| teams.contains(&one.holder))
        });
        let people = shared.flat_map(|project| &project.people);
        people.map(|one| one.holder).collect()
    }

    pub(super) fn profile_by_email(&self, email: &str) -> Result<AccountIx, Refusal> {
        let verified = self.query.flag("verified", true)?;
        let state = self.view.state;
        let mut accounts = (0..).zip(&state.accounts);
        let found = accounts.find(|(_, account)| {
            (account.email_verified || !verified) && state.email(account) == email
        });
        found
            .map(|(ix, _)| ix)
            .ok_or_else(|| Refusal::not_found("Profile"))
    }
}

/// Whether an account is in the organization at a time.
pub(super) enum Presence {
    Past,
    Current,
    Future,
}
