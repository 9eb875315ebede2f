//! Calls about teams and memberships.

use std::collections::BTreeSet;

use super::{Call, Rows};
use crate::demo::{
    ids::{self, Kind as IdKind},
    request::{Refusal, not_an_identifier},
    schema,
    state::{AccountIx, Membership},
};

impl Call<'_> {
    pub(super) fn teams(&self) -> Result<Vec<u8>, Refusal> {
        self.view.caller.require("Team.View")?;
        let archived = self.query.flag("withArchived", false)?;
        let query = self.query.get("query").unwrap_or_default().to_lowercase();
        let teams = (0..).zip(&self.view.state.teams);
        let wanted = teams.filter(|(_, team)| {
            (archived || !team.archived) && team.name.to_lowercase().contains(&query)
        });
        let rows = Rows::Some(wanted.map(|(ix, _)| ix).collect());
        self.page(&schema::TEAM, &rows, |out, frame, ix, _| {
            self.view.team(out, frame, ix);
        })
    }

    pub(super) fn memberships(&self) -> Result<Vec<u8>, Refusal> {
        let state = self.view.state;
        self.view.caller.require("Profile.Memberships.View")?;
        let archived = self.query.flag("withArchived", false)?;
        let direct = self.query.flag("directTeams", false)?;
        self.query.flag("directRoles", false)?;
        let pending = self.query.maybe_flag("requiresApproval")?;
        let (since, till) = (self.query.instant("since")?, self.query.instant("till")?);
        let identifiers = self.query.all("identifiers");
        let places: Vec<Option<u32>> = identifiers
            .map(|identifier| self.membership_of(identifier))
            .collect::<Result<_, _>>()?;
        let profiles = self.query.all("profiles");
        let profiles: Vec<AccountIx> = profiles
            .map(|identifier| self.view.caller.profile(state, identifier))
            .collect::<Result<_, _>>()?;
        let mut teams = BTreeSet::new();
        for id in self.query.all("teams") {
            let team = state.team_of_id(id);
            let team = team.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
            if direct {
                teams.insert(team);
            } else {
                teams.extend(state.with_teams_below(team));
            }
        }
        let positions: Vec<Option<u16>> = self.query.all("roles").map(position_of_id).collect();

        let wanted = |one: &Membership| {
            (archived || !one.archived)
                && pending.is_none_or(|pending| pending == one.pending)
                && since.is_none_or(|since| one.till.is_none_or(|till| till >= since))
                && till.is_none_or(|till| one.since.is_none_or(|since| since <= till))
                && (teams.is_empty() || teams.contains(&one.team))
                && (profiles.is_empty() || profiles.contains(&one.member))
                && (positions.is_empty() || positions.contains(&Some(one.position)))
        };
        let unfiltered = pending.is_none()
            && (since, till) == (None, None)
            && teams.is_empty()
            && positions.is_empty();
        let all = || 0..u32::try_from(state.memberships.len()).expect("fewer than 2^32");
        let fits = |at: &u32| wanted(&state.memberships[*at as usize]);
        let rows = if !places.is_empty() {
            Rows::Some(places.into_iter().flatten().filter(fits).collect())
        } else if !profiles.is_empty() {
            let of_them = profiles.iter().flat_map(|ix| state.membership_places(*ix));
            Rows::Some(of_them.copied().filter(fits).collect())
        } else if unfiltered {
            match state.live_memberships() {
                Some(live) if !archived => {
                    return self.membership_page(live.len(), |place| live[place]);
                }
                _ => Rows::All(state.memberships.len()),
            }
        } else {
            Rows::Some(all().filter(fits).collect())
        };
        self.membership_page(rows.len(), |place| rows.at(place))
    }

    pub(super) fn membership_of(&self, identifier: &str) -> Result<Option<u32>, Refusal> {
        let id = identifier.strip_prefix("id:");
        let id = id.ok_or_else(|| not_an_identifier("membership", identifier))?;
        Ok(self.view.state.membership_of_id(id))
    }

    fn membership_page(&self, total: usize, at: impl Fn(usize) -> u32) -> Result<Vec<u8>, Refusal> {
        self.page_of(&schema::MEMBERSHIP, total, |out, frame, place, _| {
            self.view.membership(out, frame, at(place));
        })
    }
}

/// The place of the position that has this id.
pub(super) fn position_of_id(id: &str) -> Option<u16> {
    ids::serial(IdKind::Position, id).and_then(|at| at.try_into().ok())
}
