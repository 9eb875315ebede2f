//! [`Policy`]: the rules a review was opened under, as the organization set them.

use std::collections::BTreeSet;

use super::{
    account::Fact,
    decision::{Change, Decision},
    filter::fold,
    resource::{Role, RoleKind},
    signal::Rule,
};

/// What an organization sets for its reviews. A review keeps the policy it was opened under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Roles that count as privileged by their name, besides those that Space itself makes so.
    pub privileged_roles: Vec<Pattern>,
    /// Whether keeping a privileged grant needs a reason.
    pub privileged_keep_needs_reason: bool,
    /// After so many days without a sign-in an account is told to be unused.
    pub sign_in_days: u32,
    /// After so many days a snapshot is too old to be decided on and signed.
    pub snapshot_days: u32,
    /// What is taken out of a bulk keep, to be looked at one by one: items of which one of these is true.
    pub bulk_keep_leaves_out: BTreeSet<Rule>,
    /// Up to so many items are kept together after a simple yes; for more, their number is typed.
    pub bulk_typed_above: u64,
    /// Reasons that are offered for a revoke, at most [`Policy::REASONS`].
    pub revoke_reasons: Vec<String>,
    /// Reasons that are offered for a keep that needs one, at most [`Policy::REASONS`].
    pub keep_reasons: Vec<String>,
    /// From where on the way the decisions were made is worth a question.
    pub pace: Pace,
}

/// Limits for the way decisions were made. What is beyond them is pointed out before the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The least median time between two decisions, in seconds.
    pub median_seconds: u32,
    /// The largest share of items that were decided together with others, in percent.
    pub bulk_percent: u32,
    /// From so many items on, keeping every one of them is pointed out.
    pub all_kept_items: u64,
}

impl Policy {
    /// A digit picks a reason, so there are at most this many.
    pub const REASONS: usize = 9;

    /// The reasons that are offered for `change`.
    pub fn reasons(&self, change: Change) -> &[String] {
        match change {
            Change::Decide(Decision::Revoke) => &self.revoke_reasons,
            _ => &self.keep_reasons,
        }
    }

    /// Whether a role gives control over others' access, or counts as if it did. The rights of custom roles are not
    /// read, so for those that no pattern names the answer is unknown.
    pub fn privileged(&self, role: &Role) -> Fact<bool> {
        let said = role.privileged();
        // A rule about names must not make everybody's role privileged.
        if said == Fact::Known(true) || role.kind == RoleKind::OrganizationImplicit {
            return said;
        }
        let name = fold(role.name.raw());
        if self
            .privileged_roles
            .iter()
            .any(|it| it.matches_folded(&name))
        {
            Fact::Known(true)
        } else {
            said
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            privileged_roles: ["System Admin", "Project Admin"].map(Pattern::from).into(),
            privileged_keep_needs_reason: false,
            sign_in_days: 90,
            snapshot_days: 14,
            bulk_keep_leaves_out: [
                Rule::Privileged,
                Rule::External,
                Rule::Changed,
                Rule::Own,
                Rule::Hidden,
                Rule::LookAlike,
            ]
            .into(),
            bulk_typed_above: 25,
            revoke_reasons: owned(&[
                "no longer needed",
                "changed team or job",
                "left the organization",
                "role too high",
                "duplicate: held another way",
                "contract ended",
                "owner unknown",
            ]),
            keep_reasons: owned(&[
                "needed for the job",
                "owner confirmed it",
                "leads the team or project",
                "for emergencies",
            ]),
            pace: Pace::default(),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            median_seconds: 2,
            bulk_percent: 80,
            all_kept_items: 50,
        }
    }
}

/// A name, or with `*` for any characters a kind of name. Case and accents do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    folded: String,
}

impl Pattern {
    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `name` is meant, the whole of it.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_folded(&fold(name))
    }

    fn matches_folded(&self, name: &str) -> bool {
        let mut parts = self.folded.split('*');
        let start = parts.next().expect("a split has a first part");
        let Some(mut rest) = name.strip_prefix(start) else {
            return false;
        };
        let Some(end) = parts.next_back() else {
            // Without a star it is the name itself.
            return rest.is_empty();
        };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(end)
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            folded: fold(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Raw;

    #[test]
    fn a_pattern_means_whole_names_in_any_case() {
        for (pattern, name, meant) in [
            ("Project Admin", "project ADMIN", true),
            ("Project Admin", "Project Admins", false),
            ("Sécurité", "SECURITE", true),
            ("*", "", true),
            ("*admin*", "Sub-Administrator", true),
            ("admin*", "Sub-Admin", false),
            ("*admin", "Sub-Admin", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*bc*c", "abc", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(
                Pattern::from(pattern).matches(name),
                meant,
                "{pattern} for {name}"
            );
        }
    }

    #[test]
    fn what_space_says_of_a_role_and_what_the_policy_names_are_both_privileged() {
        let policy = Policy {
            privileged_roles: vec![Pattern::from("*Owner")],
            ..Policy::default()
        };
        for (kind, name, expected) in [
            (RoleKind::ProjectAdmin, "Boss", Fact::Known(true)),
            (
                RoleKind::OrganizationPredefined,
                "Billing",
                Fact::Known(true),
            ),
            (
                RoleKind::ProjectMember,
                "Project Member",
                Fact::Known(false),
            ),
            (RoleKind::ProjectMember, "Code owner", Fact::Known(true)),
            (RoleKind::ProjectCustom, "code OWNER", Fact::Known(true)),
            (RoleKind::ProjectCustom, "Reader", Fact::Unknown),
            (RoleKind::ProjectUnknown, "Reader", Fact::Unknown),
            (
                RoleKind::OrganizationImplicit,
                "Co-Owner",
                Fact::Known(false),
            ),
        ] {
            let role = Role {
                key: "it".into(),
                name: Raw::from(name),
                kind,
                source: 1,
            };
            assert_eq!(policy.privileged(&role), expected, "{name}");
        }
    }
}
