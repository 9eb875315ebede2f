//! [`Report`]: what was found out about a token, for people and for scripts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::{Context, count},
    safe, secret_name,
};
use crate::{
    config::connections::{Connection, Kind},
    domain::{
        rights::{Holding, Permission, Right},
        text::{Raw, SafeText},
        time::Timestamp,
    },
    space::{Expiry, Owner, Rights},
    tui::connect::message as screen,
};

/// A token that ends within so many days is warned about.
const SOON_DAYS: i64 = 30;

const DAY_MS: i64 = 86_400_000;

/// What was found out about a token.
pub(super) struct Report<'r> {
    pub(super) connection: &'r Connection,
    pub(super) rights: &'r Rights,
    /// Whether the organization was connected before.
    pub(super) again: bool,
    pub(super) now: Timestamp,
}

impl Report<'_> {
    /// Everything, once the secret is kept.
    pub(super) fn text(&self, context: &Context) -> String {
        format!(
            "{}\n{}\nNext: {}\n",
            self.findings(),
            self.kept(),
            self.next(context)
        )
    }

    /// Where the secret is kept, in a sentence.
    pub(super) fn kept(&self) -> String {
        let kept = secret_name(self.connection);
        let instead = if self.again {
            ", in place of the one before"
        } else {
            ""
        };
        format!("Kept in the system keyring as \"{kept}\" of muster{instead}.")
    }

    /// The command that reads the organization.
    pub(super) fn next(&self, context: &Context) -> String {
        let reviewer = match self.rights.owner {
            Owner::Account { .. } => "",
            Owner::Application { .. } | Owner::Unknown(_) => " --reviewer USERNAME",
        };
        let url = &self.connection.url;
        context.again(&format!("snapshot NAME --org {url}{reviewer}"))
    }

    /// The same for the screen.
    pub(super) fn shown(&self) -> screen::Found {
        let rights = self.rights.rights.iter().map(|right| screen::Row {
            right: right.clone(),
            grant: SafeText::of(&self.place(right.permission)),
        });
        screen::Found {
            organization: self.rights.organization.safe(),
            url: self.connection.url.clone(),
            owner: SafeText::of(&self.owner()),
            expiry: SafeText::of(&self.expiry()),
            warnings: self
                .warnings()
                .iter()
                .map(|text| SafeText::of(text))
                .collect(),
            rights: rights.collect(),
        }
    }

    /// What was found out, whether it is kept or not.
    pub(super) fn findings(&self) -> String {
        let mut text = format!(
            "{} at {}\n{}\n{}\n",
            safe(self.rights.organization.raw()),
            self.connection.url,
            self.owner(),
            self.expiry()
        );
        for warning in self.warnings() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "Warning: {warning}");
        }
        text.push_str("\nWhat it may read:\n");
        for right in &self.rights.rights {
            text.push_str(&self.line(right));
        }
        text
    }

    fn line(&self, right: &Right) -> String {
        let title = right.permission.title();
        let (state, without, why) = match &right.holding {
            Holding::Shown => return format!("  granted      {title}\n"),
            Holding::Said => {
                return format!("  granted      {title} (as the server says; no call shows it)\n");
            }
            Holding::Missing(why) => ("missing    ", "without it", why),
            Holding::Unclear(why) => ("cannot tell", "if it is missing", why),
        };
        let indent = " ".repeat(15);
        format!(
            "  {state}  {title}: {}\n{indent}{without}: {}\n{indent}grant it: {}\n",
            safe(why.raw()),
            right.permission.costs(),
            self.place(right.permission)
        )
    }

    /// Where in Space a permission is granted.
    fn place(&self, permission: Permission) -> String {
        let title = permission.title();
        let application = matches!(self.connection.kind, Kind::Application { .. })
            || matches!(self.rights.owner, Owner::Application { .. });
        if application {
            return format!(
                "Extensions, the application, Authorization, global permissions: {title}"
            );
        }
        let owner = match permission {
            Permission::OrganizationRoles => "your account needs it too, as System Admins have it",
            _ => "your account needs it too, by a role that an administrator gives",
        };
        format!(
            "Preferences, Personal Tokens, this token, Limited access, global permissions: {title}; {owner}"
        )
    }

    fn owner(&self) -> String {
        match &self.rights.owner {
            Owner::Account { username, name, .. } => format!(
                "The token belongs to {} ({}), who will be the reviewer; their own access is theirs to see, not to decide.",
                safe(name.raw()),
                safe(username.raw())
            ),
            Owner::Application { name } => format!(
                "The token belongs to the application {}. Name the reviewer with snapshot --reviewer.",
                safe(name.raw())
            ),
            Owner::Unknown(why) => format!(
                "The server does not tell whose token it is ({}). Name the reviewer with snapshot --reviewer.",
                safe(why.raw())
            ),
        }
    }

    fn expiry(&self) -> String {
        match &self.rights.token.expires {
            Expiry::At(at) => format!("It expires on {} UTC.", at.minute()),
            Expiry::Never => "It never expires.".to_owned(),
            Expiry::Renewed(Some(seconds)) => {
                format!("Each of its access tokens lasts {seconds} s and is renewed before that.")
            }
            Expiry::Renewed(None) => {
                "Its access tokens are renewed when the server refuses one.".to_owned()
            }
            Expiry::NotTold(why) => format!(
                "The server does not tell when it expires ({}).",
                safe(why.raw())
            ),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let token = &self.rights.token;
        let mut warnings = Vec::new();
        if let Expiry::At(at) = &token.expires {
            let days = (at.ms() - self.now.ms()).div_euclid(DAY_MS);
            let left = match days {
                ..0 => Some("is over already, by this machine's clock".to_owned()),
                0 => Some("is over in less than a day".to_owned()),
                1..SOON_DAYS => {
                    let days = count(days.unsigned_abs(), "day", "days");
                    Some(format!("is over in {days}"))
                }
                _ => None,
            };
            warnings.extend(left.map(|left| {
                format!("the token {left}; make a new one and connect again before a long review")
            }));
        }
        if token.unrestricted == Some(true) {
            let text = "the token is unrestricted: it may do everything its owner may; a review needs a Limited token with the permissions below";
            warnings.push(text.to_owned());
        }
        warnings
    }

    /// The same for scripts.
    pub(super) fn json(&self) -> Value {
        let rights = self.rights.rights.iter().map(|right| {
            let permission = right.permission;
            let holding = &right.holding;
            let granted = holding.is_granted();
            json!({
                "permission": permission.title(),
                "code": permission.code(),
                "state": holding.word(),
                "shown_by": holding.shown_by(),
                "why": holding.why().map(Raw::raw),
                "costs": (!granted).then(|| permission.costs()),
                "grant": (!granted).then(|| self.place(permission)),
            })
        });
        let token = &self.rights.token;
        json!({
            "url": self.connection.url,
            "organization": self.connection.organization,
            "organization_id": self.connection.organization_id,
            "who": self.connection.who,
            "kind": self.connection.kind.word(),
            "expires": match &token.expires {
                Expiry::At(at) => json!(at.to_string()),
                Expiry::Never => json!("never"),
                Expiry::Renewed(_) => json!("renewed"),
                Expiry::NotTold(_) => Value::Null,
            },
            "unrestricted": token.unrestricted,
            "warnings": self.warnings(),
            "rights": rights.collect::<Vec<_>>(),
            "kept_as": secret_name(self.connection),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::TokenFacts;

    fn connection() -> Connection {
        Connection {
            url: "https://acme.jetbrains.space".to_owned(),
            organization: "Acme".to_owned(),
            organization_id: "o1".to_owned(),
            who: Some("ada".to_owned()),
            kind: Kind::Token,
            connected_at: "2026-11-01T09:00:00.000Z".to_owned(),
        }
    }

    fn text(expires: Expiry, unrestricted: Option<bool>, holding: Holding) -> String {
        let rights = Rights {
            organization_id: "o1".into(),
            organization: "Acme\u{202e}".into(),
            owner: Owner::Account {
                id: "a".into(),
                username: "ada".into(),
                name: "Ada \u{1b}[2J".into(),
            },
            token: TokenFacts {
                name: None,
                expires,
                unrestricted,
            },
            rights: vec![Right {
                permission: Permission::Teams,
                holding,
            }],
        };
        let report = Report {
            connection: &connection(),
            rights: &rights,
            again: false,
            now: "2026-11-01T09:00:00.000Z".parse().expect("a time"),
        };
        let context = Context::new(None).expect("a home");
        report.text(&context)
    }

    #[test]
    fn a_token_that_ends_soon_or_may_do_everything_is_warned_about() {
        let soon = "2026-11-15T09:00:00.000Z";
        for (expires, unrestricted, warning) in [
            (soon, None, Some("is over in 14 days")),
            ("2026-11-02T08:00:00.000Z", None, Some("less than a day")),
            ("2026-11-02T10:00:00.000Z", None, Some("in 1 day;")),
            ("2026-10-01T00:00:00.000Z", None, Some("is over already")),
            ("2026-11-30T10:00:00.000Z", None, Some("in 29 days")),
            ("2026-12-01T09:00:00.000Z", Some(false), None),
            ("2027-12-01T09:00:00.000Z", Some(true), Some("unrestricted")),
        ] {
            let at = Expiry::At(expires.parse().expect("a time"));
            let text = text(at, unrestricted, Holding::Shown);
            assert_eq!(text.contains("Warning"), warning.is_some(), "{text}");
            assert!(text.contains(warning.unwrap_or("It expires on")), "{text}");
        }
        let told = text(Expiry::NotTold("denied".into()), None, Holding::Shown);
        assert!(
            told.contains("does not tell when it expires (denied)") && !told.contains("Warning")
        );
    }

    #[test]
    fn what_is_missing_is_told_with_its_cost_and_its_place() {
        let missing = text(Expiry::Never, None, Holding::Missing("no\u{1b}[31m".into()));
        for part in [
            "missing      View teams: no",
            "without it: teams are missing",
            "grant it: Preferences, Personal Tokens",
            "Kept in the system keyring as \"token of https://acme.jetbrains.space\"",
        ] {
            assert!(missing.contains(part), "{part}: {missing}");
        }
        assert!(!missing.contains(['\u{1b}', '\u{202e}']), "{missing}");
        let unclear = text(Expiry::Never, None, Holding::Unclear("odd".into()));
        assert!(
            unclear.contains("cannot tell  View teams: odd")
                && unclear.contains("if it is missing")
        );
    }
}
