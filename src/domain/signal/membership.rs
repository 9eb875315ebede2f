//! Rules about memberships of teams, and about teams.

use super::{Rule, Values};
use crate::domain::{
    account::Fact,
    campaign::Campaign,
    grant::{Entitlement, Holder, Membership},
    items::Item,
    resource::Team,
    time::Timestamp,
};

pub(super) fn of_team(team: &Team) -> Values {
    let mut values = Values::default();
    let facts = [team.disbanded, team.archived];
    let disbanded = if facts.contains(&Fact::Known(true)) {
        Some(true)
    } else {
        (!facts.contains(&Fact::Unknown)).then_some(false)
    };
    values.put(Rule::Disbanded, disbanded);
    values
}

pub(super) fn of_membership(membership: &Membership, as_of: Timestamp) -> Values {
    let mut values = Values::default();
    let passed = |at: &Timestamp| *at <= as_of;
    let Membership {
        since,
        till,
        pending,
        archived,
        ..
    } = membership;
    let over = *archived == Fact::Known(true) || till.known().is_some_and(passed);
    if over {
        // Whatever else is said of it, it is over.
        values.put(Rule::Expired, Some(true));
        return values;
    }
    let open = !archived.is_unknown() && !till.is_unknown();
    values.put(Rule::Expired, open.then_some(false));
    values.put(Rule::Pending, yes(*pending));
    values.put(
        Rule::Future,
        match since {
            Fact::Known(since) => Some(!passed(since)),
            Fact::Absent => Some(false),
            Fact::Unknown => None,
        },
    );
    values
}

fn yes(fact: Fact<bool>) -> Option<bool> {
    match fact {
        Fact::Known(yes) => Some(yes),
        Fact::Absent => Some(false),
        Fact::Unknown => None,
    }
}

pub(super) fn told(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let grant = snapshot.grant(item);
    let membership = match grant.entitlement {
        Entitlement::Membership(ix) => Some(snapshot.membership(ix)),
        _ => None,
    };
    let not_told = |what: &str| format!("{what} was not told");
    match (rule, membership) {
        (Rule::Disbanded, _) => {
            let held = match grant.holder {
                Holder::Team(ix) => Some(ix),
                Holder::Account(_) | Holder::Everyone(_) => None,
            };
            let team = membership.map(|it| it.team).or(held);
            team.map_or_else(String::new, |team| disbanded(snapshot.team(team)))
        }
        (Rule::Expired, Some(membership)) => match (membership.till, membership.archived) {
            (Fact::Known(at), _) => format!("ended {}", at.day()),
            (Fact::Unknown, _) => not_told("when it ends"),
            (_, Fact::Unknown) => not_told("whether it ended"),
            _ => "archived".to_owned(),
        },
        (Rule::Future, Some(membership)) => match membership.since {
            Fact::Known(at) => format!("begins {}", at.day()),
            _ => not_told("when it begins"),
        },
        (Rule::Pending, Some(membership)) => match membership.pending {
            Fact::Unknown => not_told("whether it was approved"),
            _ => "nobody approved it yet".to_owned(),
        },
        _ => String::new(),
    }
}

fn disbanded(team: &Team) -> String {
    let name = team.name.safe();
    match (team.disbanded, team.disbanded_at, team.archived) {
        (Fact::Known(true), Fact::Known(day), _) => format!("{name} was disbanded {day}"),
        (Fact::Known(true), ..) => format!("{name} was disbanded"),
        (_, _, Fact::Known(true)) => format!("{name} is archived"),
        _ => format!("whether {name} is disbanded or archived was not told"),
    }
}
