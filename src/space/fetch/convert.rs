//! One row of an answer → one thing of the domain.

use super::ledger::{Field, Notes, Without};
use crate::{
    domain::{
        account::{Account, AccountId, Fact, Kind, TwoFactor},
        grant::Membership,
        resource::{Project, Team},
        snapshot::TeamIx,
        text::Raw,
        time::{Day, Timestamp},
    },
    space::wire::{self, Told, Withheld},
};

/// A field that may be empty.
const fn field(json: &'static str, label: &'static str) -> Field {
    Field {
        json,
        label,
        context: false,
        without: Without::Nothing,
    }
}

/// A field that always has a value.
const fn always(json: &'static str, label: &'static str) -> Field {
    Field {
        without: Without::Silence,
        ..field(json, label)
    }
}

/// A field that may be empty and that older servers do not have.
const fn newer(json: &'static str, label: &'static str) -> Field {
    Field {
        without: Without::Ignorance,
        ..field(json, label)
    }
}

const fn context(json: &'static str, label: &'static str) -> Field {
    Field {
        context: true,
        ..always(json, label)
    }
}

/// Without an id a row cannot be told from others, and is left out.
const ID: Field = field("id", "");
const NAME: Field = always("name", "Names");
const ARCHIVED: Field = always("archived", "The state (archived or not)");
const EXTERNAL: Field = newer("external", "The kind (member or external)");
const LIGHT: Field = newer("externalLight", "The kind (collaborator or guest)");
const SUSPENDED: Field = newer("accessSuspended", "The state (suspended or not)");
const MEMBER: Field = field("member", "The account");
const TEAM: Field = field("team", "The team");

const NO_ID: &str = "the server sent no id";

/// An account; `None` when it has no id.
pub(crate) fn account(row: wire::Profile, source: u32, notes: &mut Notes) -> Option<Account> {
    let errors = &row.errors;
    let Some(id) = row.id.value() else {
        notes.add(ID, errors.reason("id").unwrap_or(NO_ID));
        return None;
    };
    let name = notes.fact(row.name, NAME, errors);
    let name = match name {
        Fact::Known(name) => name,
        Fact::Absent | Fact::Unknown => wire::PersonName::default(),
    };
    let first_name = notes.fact(
        name.first_name,
        always("firstName", "Given names"),
        &name.errors,
    );
    let last_name = notes.fact(
        name.last_name,
        always("lastName", "Family names"),
        &name.errors,
    );
    let username = notes.fact(row.username, always("username", "User names"), errors);
    let external = notes.fact(row.external, EXTERNAL, errors);
    let light = notes.fact(row.external_light, LIGHT, errors);
    let email = notes.fact(row.emails, always("emails", "E-mail addresses"), errors);
    let logins = notes.fact(row.logins, context("logins", "The last sign-in"), errors);
    let status = notes.fact(
        row.status,
        always("status", "The two-factor status"),
        errors,
    );
    let suspended_at = field("accessSuspendedAt", "The time of suspension");
    Some(Account {
        id: AccountId(id.into()),
        username: text(username),
        first_name: text(first_name),
        last_name: text(last_name),
        email: first_email(email),
        kind: kind(external, light),
        archived: notes.fact(row.archived, ARCHIVED, errors),
        left_at: notes.fact(
            row.left_at,
            field("leftAt", "The time of deactivation"),
            errors,
        ),
        suspended: notes.fact(row.access_suspended, SUSPENDED, errors),
        suspended_at: notes.fact(row.access_suspended_at, suspended_at, errors),
        joined: notes.fact(row.joined, field("joined", "The first day"), errors),
        two_factor: two_factor(status),
        last_sign_in: last_sign_in(logins),
        external_id: raw(notes.fact(
            row.external_id,
            field("externalId", "The outside id"),
            errors,
        )),
        listed: true,
        source,
    })
}

/// Makes unknown what no account had: the server does not know the question and passed over it.
pub(crate) fn forget_what_was_passed_over(accounts: &mut [Account], notes: &mut Notes) {
    let (external, light, suspended) = (
        notes.was_passed_over(EXTERNAL),
        notes.was_passed_over(LIGHT),
        notes.was_passed_over(SUSPENDED),
    );
    for account in accounts {
        if external || (light && account.kind == Kind::Collaborator) {
            account.kind = Kind::Unknown;
        }
        if suspended {
            account.suspended = Fact::Unknown;
            account.suspended_at = Fact::Unknown;
        }
    }
}

fn text(fact: Fact<Box<str>>) -> Raw {
    match fact {
        Fact::Known(text) => Raw::from(&*text),
        Fact::Absent | Fact::Unknown => Raw::default(),
    }
}

fn raw(fact: Fact<Box<str>>) -> Fact<Raw> {
    match fact {
        Fact::Known(text) => Fact::Known(Raw::from(&*text)),
        Fact::Absent => Fact::Absent,
        Fact::Unknown => Fact::Unknown,
    }
}

/// Guests are external and light, collaborators external only. What follows from neither is unknown.
pub(crate) fn kind(external: Fact<bool>, light: Fact<bool>) -> Kind {
    match (external, light) {
        (Fact::Known(true), Fact::Known(true)) => Kind::Guest,
        (Fact::Known(true), Fact::Known(false) | Fact::Absent) => Kind::Collaborator,
        (Fact::Known(false) | Fact::Absent, Fact::Known(false) | Fact::Absent)
        | (Fact::Known(false), Fact::Unknown) => Kind::Member,
        _ => Kind::Unknown,
    }
}

fn first_email(emails: Fact<Vec<wire::Email>>) -> Fact<Raw> {
    match emails {
        Fact::Known(emails) => match emails.into_iter().next().map(|email| email.email) {
            Some(Told::Value(email)) => Fact::Known(Raw::from(&*email)),
            Some(Told::Null) | None => Fact::Absent,
            Some(Told::Missing | Told::Odd) => Fact::Unknown,
        },
        Fact::Absent => Fact::Absent,
        Fact::Unknown => Fact::Unknown,
    }
}

fn two_factor(status: Fact<Box<str>>) -> Fact<TwoFactor> {
    match status {
        Fact::Known(status) => match &*status {
            "ACTIVE" => Fact::Known(TwoFactor::Active),
            "INACTIVE" => Fact::Known(TwoFactor::Inactive),
            "NOT_SETUP" => Fact::Known(TwoFactor::NotSetUp),
            _ => Fact::Unknown,
        },
        Fact::Absent => Fact::Absent,
        Fact::Unknown => Fact::Unknown,
    }
}

/// The latest use of any login. One login that does not tell makes the latest unknown.
fn last_sign_in(logins: Fact<Vec<wire::Login>>) -> Fact<Timestamp> {
    let logins = match logins {
        Fact::Known(logins) => logins,
        Fact::Absent => return Fact::Absent,
        Fact::Unknown => return Fact::Unknown,
    };
    let mut last = None;
    for login in logins {
        match login.access {
            Told::Value(access) => match access.time {
                Told::Value(time) => last = last.max(Some(time)),
                Told::Null => {}
                Told::Missing | Told::Odd => return Fact::Unknown,
            },
            Told::Missing if login.errors.reason("access").is_some() => return Fact::Unknown,
            Told::Odd => return Fact::Unknown,
            Told::Null | Told::Missing => {}
        }
    }
    last.map_or(Fact::Absent, Fact::Known)
}

/// A team and the id of the team above; the pointer is set once all teams are known.
pub(crate) struct TeamRow {
    pub(crate) team: Team,
    pub(crate) parent: Option<Box<str>>,
}

/// A team; `None` when it has no id.
pub(crate) fn team(row: wire::Team, source: u32, notes: &mut Notes) -> Option<TeamRow> {
    let errors = &row.errors;
    let Some(id) = row.id.value() else {
        notes.add(ID, errors.reason("id").unwrap_or(NO_ID));
        return None;
    };
    let above = field("parent", "The team above");
    let parent = match notes.fact(row.parent, above, errors) {
        Fact::Known(parent) => pointer(Told::Value(parent), above, errors, notes),
        Fact::Absent | Fact::Unknown => None,
    };
    let disbanded_at = field("disbandedAt", "The day of disbanding");
    Some(TeamRow {
        team: Team {
            id,
            name: text(notes.fact(row.name, NAME, errors)),
            parent: None,
            archived: notes.fact(row.archived, ARCHIVED, errors),
            disbanded: notes.fact(
                row.disbanded,
                field("disbanded", "The state (disbanded or not)"),
                errors,
            ),
            disbanded_at: notes.fact(row.disbanded_at, disbanded_at, errors),
            listed: true,
            source,
        },
        parent,
    })
}

/// A membership with the ids it joins; the pointer to the team is set once teams are known.
pub(crate) struct MembershipRow {
    pub(crate) membership: Membership,
    pub(crate) account: Box<str>,
    pub(crate) team: Box<str>,
    pub(crate) source: u32,
}

/// A membership; `None` when it does not tell its id, account or team.
pub(crate) fn membership(
    row: wire::Membership,
    source: u32,
    notes: &mut Notes,
) -> Option<MembershipRow> {
    let errors = &row.errors;
    let id = row.id.value();
    if id.is_none() {
        notes.add(ID, errors.reason("id").unwrap_or(NO_ID));
    }
    let account = pointer(row.member, MEMBER, errors, notes);
    let team = pointer(row.team, TEAM, errors, notes);
    let position = notes.fact(row.role, context("role", "The position"), errors);
    let since_day = notes.fact(row.since, field("since", "The first day"), errors);
    let till_day = notes.fact(row.till, field("till", "The last day"), errors);
    let since = notes.fact(row.active_since, field("activeSince", "The start"), errors);
    let till = notes.fact(row.active_till, field("activeTill", "The end"), errors);
    let membership = Membership {
        id: id?.into(),
        // The real one follows when the row joins the others.
        team: TeamIx(0),
        lead: notes.fact(row.lead, always("lead", "The lead flag"), errors),
        position: match position {
            Fact::Known(position) => raw(match position.name {
                Told::Value(name) => Fact::Known(name),
                Told::Null => Fact::Absent,
                Told::Missing | Told::Odd => Fact::Unknown,
            }),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => Fact::Unknown,
        },
        since: exact_or_day(since, since_day, |day| Some(day.start())),
        till: exact_or_day(till, till_day, end_of),
        pending: notes.fact(
            row.requires_approval,
            always("requiresApproval", "The approval"),
            errors,
        ),
        archived: notes.fact(row.archived, ARCHIVED, errors),
    };
    Some(MembershipRow {
        membership,
        account: account?,
        team: team?,
        source,
    })
}

/// The id a pointer holds, and a note when it does not.
fn pointer(
    told: Told<wire::Pointer>,
    field: Field,
    errors: &Withheld,
    notes: &mut Notes,
) -> Option<Box<str>> {
    let withheld = errors.reason(field.json).map(str::to_owned);
    match told {
        Told::Value(wire::Pointer {
            id: Told::Value(id),
            ..
        }) => Some(id),
        Told::Value(pointer) => {
            notes.add(field, pointer.errors.reason("id").unwrap_or(NO_ID));
            None
        }
        Told::Null | Told::Missing | Told::Odd => {
            notes.add(
                field,
                withheld.as_deref().unwrap_or("the server did not tell"),
            );
            None
        }
    }
}

/// The exact time, else what the older, date-only field says.
fn exact_or_day(
    exact: Fact<Timestamp>,
    day: Fact<Day>,
    time: impl Fn(Day) -> Option<Timestamp>,
) -> Fact<Timestamp> {
    match (exact, day) {
        (Fact::Known(exact), _) => Fact::Known(exact),
        (_, Fact::Known(day)) => time(day).map_or(Fact::Unknown, Fact::Known),
        (Fact::Absent, Fact::Absent) => Fact::Absent,
        _ => Fact::Unknown,
    }
}

/// The midnight at which a day is over.
fn end_of(day: Day) -> Option<Timestamp> {
    Timestamp::from_ms(day.start().ms() + 24 * 60 * 60 * 1000)
}

/// A project; `None` when it has no id.
pub(crate) fn project(row: wire::Project, source: u32, notes: &mut Notes) -> Option<Project> {
    let errors = &row.errors;
    let Some(id) = row.id.value() else {
        notes.add(ID, errors.reason("id").unwrap_or(NO_ID));
        return None;
    };
    let key = match notes.fact(row.key, always("key", "Keys"), errors) {
        Fact::Known(key) => Raw::from(&*key.0),
        Fact::Absent | Fact::Unknown => Raw::default(),
    };
    Some(Project {
        id,
        key,
        name: text(notes.fact(row.name, NAME, errors)),
        private: notes.fact(row.private, always("private", "The visibility"), errors),
        archived: notes.fact(row.archived, ARCHIVED, errors),
        source,
    })
}

/// Somebody who takes part in a project.
pub(crate) struct ParticipantRow {
    pub(crate) id: Box<str>,
    pub(crate) roles: Vec<wire::ProjectRole>,
    pub(crate) source: u32,
}

/// An account or a team with its roles on a project; `None` when it does not tell who it is.
pub(crate) fn participant(
    row: wire::Participant,
    source: u32,
    notes: &mut Notes,
) -> Option<ParticipantRow> {
    let errors = &row.errors;
    let (told, who) = match row.team {
        Told::Missing => (row.profile, field("profile", "Who it is")),
        team => (team, field("team", "Who it is")),
    };
    let id = pointer(told, who, errors, notes);
    let held = always("roles", "Roles");
    let roles = match notes.fact(row.roles, held, errors) {
        Fact::Known(roles) => roles,
        Fact::Absent | Fact::Unknown => Vec::new(),
    };
    let told = roles.len();
    let roles: Vec<_> = roles.into_iter().filter_map(Told::value).collect();
    if roles.len() < told {
        notes.add(held, "the server sent a role that is not understood");
    }
    Some(ParticipantRow {
        id: id?,
        roles,
        source,
    })
}

/// The account of a plain list of profiles.
pub(crate) fn profile_id(
    row: wire::Profile,
    source: u32,
    notes: &mut Notes,
) -> Option<(Box<str>, u32)> {
    let id = row.id.value();
    if id.is_none() {
        notes.add(ID, row.errors.reason("id").unwrap_or(NO_ID));
    }
    Some((id?, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership_of(json: &str) -> (Option<MembershipRow>, Notes) {
        let mut notes = Notes::default();
        let row = serde_json::from_str(json).expect(json);
        (membership(row, 7, &mut notes), notes)
    }

    #[test]
    fn a_kind_is_what_both_flags_say() {
        let (yes, no) = (Fact::Known(true), Fact::Known(false));
        let (absent, unknown) = (Fact::Absent, Fact::Unknown);
        for (external, light, expected) in [
            (yes, yes, Kind::Guest),
            (yes, no, Kind::Collaborator),
            (yes, absent, Kind::Collaborator),
            (yes, unknown, Kind::Unknown),
            (no, no, Kind::Member),
            (no, absent, Kind::Member),
            (absent, absent, Kind::Member),
            (no, unknown, Kind::Member),
            (no, yes, Kind::Unknown),
            (unknown, no, Kind::Unknown),
            (unknown, unknown, Kind::Unknown),
        ] {
            assert_eq!(kind(external, light), expected, "{external:?} {light:?}");
        }
    }

    #[test]
    fn a_membership_runs_by_its_times_or_else_its_days() {
        let joins = r#""id":"m","member":{"id":"a"},"team":{"id":"t"}"#;
        let time = |text: &str| Fact::Known(text.parse().expect(text));
        for (times, since, till) in [
            ("", Fact::Absent, Fact::Absent),
            (
                r#","since":{"iso":"2026-01-02"},"till":{"iso":"2026-03-31"}"#,
                time("2026-01-02T00:00:00Z"),
                time("2026-04-01T00:00:00Z"),
            ),
            (
                r#","till":"2026-03-31","activeTill":{"timestamp":0}"#,
                Fact::Absent,
                time("1970-01-01T00:00:00Z"),
            ),
            (
                r#","activeSince":"soon","till":"9999-12-31""#,
                Fact::Unknown,
                Fact::Unknown,
            ),
            (
                r#","$errors":[{"fields":["activeTill"]}]"#,
                Fact::Absent,
                Fact::Unknown,
            ),
        ] {
            let (row, _) = membership_of(&format!("{{{joins}{times}}}"));
            let membership = row.expect("it joins an account and a team").membership;
            assert_eq!(
                (membership.since, membership.till),
                (since, till),
                "{times}"
            );
        }
    }

    #[test]
    fn a_membership_that_does_not_tell_whose_it_is_is_no_grant() {
        for json in [
            r#"{"id":"m","team":{"id":"t"}}"#,
            r#"{"id":"m","member":null,"team":{"id":"t"}}"#,
            r#"{"id":"m","member":{"$errors":[{"fields":["id"]}]},"team":{"id":"t"}}"#,
            r#"{"id":"m","member":"ada","team":{"id":"t"}}"#,
            r#"{"id":"m","member":{"id":"a"}}"#,
            r#"{"member":{"id":"a"},"team":{"id":"t"}}"#,
        ] {
            let (row, notes) = membership_of(json);
            assert!(row.is_none(), "{json}");
            assert!(
                format!("{notes:?}").contains("count: 1"),
                "{json}: {notes:?}"
            );
        }
    }

    #[test]
    fn the_last_sign_in_is_known_only_when_every_login_tells() {
        for (json, expected) in [
            ("[]", Fact::Absent),
            (r#"[{"access":null}]"#, Fact::Absent),
            (
                r#"[{"access":{"time":{"timestamp":5}}},{"access":{"time":{"timestamp":9}}},{"access":null}]"#,
                Fact::Known(9),
            ),
            (
                r#"[{"access":{"time":{"timestamp":5}}},{"$errors":[{"fields":["access"]}]}]"#,
                Fact::Unknown,
            ),
            (r#"[{"access":{"time":"yesterday"}}]"#, Fact::Unknown),
        ] {
            let logins = Fact::Known(serde_json::from_str(json).expect(json));
            let expected = match expected {
                Fact::Known(ms) => Fact::Known(Timestamp::from_ms(ms).expect("in range")),
                Fact::Absent => Fact::Absent,
                Fact::Unknown => Fact::Unknown,
            };
            assert_eq!(last_sign_in(logins), expected, "{json}");
        }
    }
}
