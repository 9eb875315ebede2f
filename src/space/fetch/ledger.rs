//! [`Ledger`]: what was called, what came of it, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        account::Fact,
        provenance::{Endpoint, Gap},
        text::Raw,
    },
    space::wire::{Told, Withheld},
};

/// The calls a snapshot is made of, in the order in which a snapshot lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Organization,
    Me,
    Accounts,
    Teams,
    Memberships,
    Projects,
    PrivateProjects,
    ProjectAccounts,
    ProjectTeams,
    OlderAdmins,
    OlderMembers,
    Roles,
    RoleAccounts,
    RoleTeams,
    ProjectRoles,
}

/// What one call asks and how people call what it lists.
pub(crate) struct Particulars {
    /// Method and path, with `{…}` for what varies.
    pub(crate) name: &'static str,
    /// The query without paging and fields; for a `POST` what its body says.
    pub(crate) parameters: &'static str,
    /// The fields of one row.
    pub(crate) fields: &'static str,
    /// One row, for people.
    pub(crate) noun: &'static str,
}

impl Call {
    /// What it asks.
    pub(crate) fn particulars(self) -> Particulars {
        let of = |name, parameters, fields, noun| Particulars {
            name,
            parameters,
            fields,
            noun,
        };
        match self {
            Self::Organization => of("GET organization", "", "id,name", "organization"),
            Self::Me => of(
                "GET team-directory/profiles/me",
                "",
                "id,username",
                "account",
            ),
            // `verified` of e-mails is too new to be asked for: some servers do not know it.
            Self::Accounts => of(
                "GET team-directory/profiles",
                "orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true",
                "id,username,name(firstName,lastName),emails(email),archived,leftAt,joined,external,\
                 externalLight,accessSuspended,accessSuspendedAt,externalId,status,logins(access(time))",
                "account",
            ),
            Self::Teams => of(
                "GET team-directory/teams",
                "withArchived=true",
                "id,name,archived,disbanded,disbandedAt,parent(id)",
                "team",
            ),
            Self::Memberships => of(
                "GET team-directory/memberships",
                "withArchived=false",
                "id,lead,archived,requiresApproval,since,till,activeSince,activeTill,member(id),team(id),\
                 role(name)",
                "membership",
            ),
            Self::Projects => of(
                "GET projects",
                "",
                "id,key(key),name,private,archived",
                "project",
            ),
            Self::PrivateProjects => of(
                "GET projects/private-projects",
                "",
                "key(key),name,accessAllowed",
                "restricted project",
            ),
            Self::ProjectAccounts => of(
                "GET projects/{project}/people/members",
                "",
                "profile(id),roles(role)",
                "account on projects",
            ),
            Self::ProjectTeams => of(
                "GET projects/{project}/people/teams",
                "",
                "team(id),roles(role)",
                "team on projects",
            ),
            Self::OlderAdmins => of(
                "GET projects/{project}/access/admins",
                "",
                "id",
                "administrator",
            ),
            Self::OlderMembers => of(
                "GET projects/{project}/access/member-profiles",
                "includingAdmins=false",
                "id",
                "member of projects",
            ),
            Self::Roles => of(
                "POST permission-roles/get",
                "contextIdentifier=global",
                "roleId,type,code,name,membersEditable",
                "organization role",
            ),
            Self::RoleAccounts => of(
                "GET permission-roles/{roleId}/profiles",
                "",
                "id",
                "account",
            ),
            Self::RoleTeams => of("GET permission-roles/{roleId}/teams", "", "id", "team"),
            Self::ProjectRoles => of(
                "POST permission-roles/get",
                "contextIdentifier=project:id:{project}",
                "roleId,type,code,name",
                "project role",
            ),
        }
    }
}

/// What was called, what came of it, and what is missing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    calls: BTreeMap<Call, Counts>,
    gaps: BTreeSet<Gap>,
    notes: BTreeMap<Call, Notes>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: u64,
    retries: u64,
    refusals: u64,
    pages: u64,
    rows: u64,
    distinct: u64,
    total: u64,
    /// Some list had no total.
    uncounted: bool,
}

/// The size of one list that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) pages: u64,
    pub(crate) rows: u64,
    pub(crate) distinct: u64,
    pub(crate) total: Option<u64>,
}

impl Ledger {
    /// Notes a request that was sent `tries` times.
    pub(crate) fn sent(&mut self, call: Call, tries: u32, refused: bool) {
        let counts = self.calls.entry(call).or_default();
        counts.requests += u64::from(tries);
        counts.retries += u64::from(tries.saturating_sub(1));
        counts.refusals += u64::from(refused);
    }

    /// Notes a list that was read.
    pub(crate) fn read(&mut self, call: Call, size: Size) {
        let counts = self.calls.entry(call).or_default();
        counts.pages += size.pages;
        counts.rows += size.rows;
        counts.distinct += size.distinct;
        counts.total += size.total.unwrap_or_default();
        counts.uncounted |= size.total.is_none();
    }

    /// Notes what rows of a list did not tell.
    pub(crate) fn note(&mut self, call: Call, notes: Notes) {
        let all = self.notes.entry(call).or_default();
        for (field, note) in notes.0 {
            match all.0.get_mut(field) {
                Some(known) => known.count += note.count,
                None => {
                    all.0.insert(field, note);
                }
            }
        }
    }

    /// Notes that something is missing.
    pub(crate) fn gap(&mut self, call: Call, missing: impl Into<Raw>, reason: impl Into<Raw>) {
        self.gaps.insert(Gap {
            call: call.particulars().name.to_owned(),
            missing: missing.into(),
            reason: reason.into(),
        });
    }

    /// What was called, and what is missing, in order.
    pub(crate) fn close(mut self) -> (Vec<Endpoint>, Vec<Gap>) {
        let notes = std::mem::take(&mut self.notes);
        for context in [false, true] {
            // What is only context is not worth a gap of its own, but belongs beside the others.
            if context && self.gaps.is_empty() {
                break;
            }
            for (call, notes) in &notes {
                for note in notes.0.values().filter(|note| note.context == context) {
                    let rows = count(note.count, call.particulars().noun);
                    let missing = format!("{} of {rows} could not be read", note.label);
                    self.gap(*call, missing, note.reason.as_str());
                }
            }
        }
        let endpoints = self.calls.into_iter().map(|(call, counts)| {
            let Particulars {
                name, parameters, ..
            } = call.particulars();
            Endpoint {
                call: name.to_owned(),
                parameters: parameters.to_owned(),
                requests: counts.requests,
                pages: counts.pages,
                rows: counts.rows,
                distinct: counts.distinct,
                server_total: (!counts.uncounted && counts.pages > 0).then_some(counts.total),
                retries: counts.retries,
                refusals: counts.refusals,
            }
        });
        (endpoints.collect(), self.gaps.into_iter().collect())
    }
}

/// `1 account`, `3 accounts`, `3 accounts on projects`.
pub(crate) fn count(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.split_once(" on ").or_else(|| noun.split_once(" of ")) {
        Some((head, _)) => format!("{count} {head}s{}", &noun[head.len()..]),
        None => format!("{count} {noun}s"),
    }
}

/// A field of a row: its name in JSON, and what people call it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) json: &'static str,
    pub(crate) label: &'static str,
    /// It helps to judge, but says nothing about who has what: withheld alone, it is no gap.
    pub(crate) context: bool,
}

/// What the rows of a list did not tell, by field.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<&'static str, Note>);

#[derive(Debug)]
struct Note {
    label: &'static str,
    context: bool,
    count: u64,
    reason: String,
}

impl Notes {
    /// What the answer says about `field`, and a note if it withheld it.
    pub(crate) fn fact<T>(&mut self, told: Told<T>, field: Field, errors: &Withheld) -> Fact<T> {
        match told {
            Told::Value(value) => Fact::Known(value),
            Told::Odd => {
                self.add(field, "the server sent a value that is not understood");
                Fact::Unknown
            }
            // A field that was asked for and is not there is null, unless the server withheld it.
            Told::Null | Told::Missing => match errors.reason(field.json) {
                Some(reason) => {
                    self.add(field, reason);
                    Fact::Unknown
                }
                None => Fact::Absent,
            },
        }
    }

    /// Notes that one row does not tell `field`.
    pub(crate) fn add(&mut self, field: Field, reason: &str) {
        let note = self.0.entry(field.json).or_insert_with(|| Note {
            label: field.label,
            context: field.context,
            count: 0,
            reason: reason.to_owned(),
        });
        note.count += 1;
    }
}
