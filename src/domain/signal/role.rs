//! Rules about the role that an item gives.

use super::{Rule, Values};
use crate::domain::{
    account::Fact,
    campaign::Campaign,
    grant::Entitlement,
    items::Item,
    policy::{Pattern, Policy},
    resource::Role,
    text::SafeText,
};

pub(super) fn of_role(role: &Role, policy: &Policy) -> Values {
    let mut values = Values::default();
    let privileged = match policy.privileged(role) {
        Fact::Known(privileged) => Some(privileged),
        Fact::Absent => Some(false),
        Fact::Unknown => None,
    };
    values.put(Rule::Privileged, privileged);
    values
}

/// The same for a role in a project, of which it is known or not whether it is private.
pub(super) fn in_project(mut role: Values, private: Fact<bool>) -> Values {
    let private = match private {
        Fact::Known(private) => Some(private),
        Fact::Absent => Some(false),
        Fact::Unknown => None,
    };
    let both = match (role.get(Rule::Privileged), private) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    role.put(Rule::PrivateAdmin, both);
    role
}

pub(super) fn told(campaign: &Campaign, rule: Rule, item: Item) -> String {
    let snapshot = campaign.snapshot();
    let (project, given) = match snapshot.grant(item).entitlement {
        Entitlement::OrganizationRole(ix) => (None, snapshot.role(ix)),
        Entitlement::ProjectRole(project, ix) => {
            (Some(snapshot.project(project)), snapshot.role(ix))
        }
        Entitlement::SignIn | Entitlement::Membership(_) => return String::new(),
    };
    let privileged = privileged(given, campaign.policy());
    match (rule, project) {
        (Rule::PrivateAdmin, Some(project)) => {
            let name = project.name.safe();
            let private = match project.private {
                Fact::Known(true) => format!("{name} is private"),
                Fact::Unknown => format!("whether {name} is private was not told"),
                Fact::Known(false) | Fact::Absent => format!("{name} is not private"),
            };
            format!("{private}; {privileged}")
        }
        _ => privileged,
    }
}

fn privileged(role: &Role, policy: &Policy) -> String {
    let name = role.name.safe();
    if role.privileged() == Fact::Known(true) {
        return format!("Space gives {name} control over others' access");
    }
    let meant = |pattern: &&Pattern| pattern.matches(role.name.raw());
    match policy.privileged_roles.iter().find(meant) {
        Some(pattern) => {
            let pattern = SafeText::of(pattern.text());
            format!("{name} is one of the privileged roles of the policy: {pattern}")
        }
        None => format!("the rights of {name} were not read"),
    }
}
