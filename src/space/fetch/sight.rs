//! What the lists would leave out in silence: external users and projects that the token may not see.
//!
//! A list that is cut to what the caller may see agrees with its own total. So the server is asked for its word
//! on the permissions that decide it, and where it gives none, that is a gap. With the same words, and what came of
//! the other calls, [`Sight::rights`] tells what the token may read.

use super::{Reader, calls::Call, ledger::Ledger, session::Session};
use crate::{
    domain::rights::{Permission, Right},
    space::{
        error::Error,
        rights::{Outcome, Seen},
        wire::Told,
    },
};

/// What no call of a snapshot shows, in the order in which it is asked.
const ASKED: [Permission; 4] = [
    Permission::ExternalUsers,
    Permission::RestrictedProjects,
    Permission::Projects,
    Permission::GrantedPermissions,
];

/// The server's words on what the token may see.
pub(crate) struct Sight(Vec<(Permission, Word)>);

enum Word {
    Yes,
    No,
    /// Why there is none.
    Unsaid(String),
}

impl Sight {
    /// Asks what the token of `reader` may see.
    pub(crate) async fn ask(session: &Session<'_>, reader: Option<&Reader>) -> Result<Self, Error> {
        let principal = match reader {
            Some(Reader::Account { .. }) => "profile:me",
            Some(Reader::Application { .. }) | None => "application:me",
        };
        let ask = |permission| async move {
            let word = one(session, principal, permission).await?;
            Ok((permission, word))
        };
        let words = futures_util::future::try_join_all(ASKED.map(ask)).await;
        words.map(Self)
    }

    fn of(&self, permission: Permission) -> Option<&Word> {
        let word = self.0.iter().find(|(known, _)| *known == permission);
        word.map(|(_, word)| word)
    }

    /// Notes what is left out in silence.
    pub(crate) fn note(&self, ledger: &mut Ledger) {
        for permission in ASKED {
            let Some((missing, unsure)) = hidden(permission) else {
                continue;
            };
            // Nothing is left out of a list that was not given at all, which is a gap of its own.
            let refused = permission == Permission::Projects
                && ledger.outcome(&[Call::Projects]) != Outcome::Answered;
            let title = permission.title();
            let (missing, reason) = match self.of(permission) {
                Some(Word::No) if !refused => {
                    (missing, format!("the token lacks the permission {title}"))
                }
                Some(Word::Unsaid(why)) if !refused => (unsure, why.clone()),
                _ => continue,
            };
            ledger.gap(Call::Permission, missing, reason);
        }
    }

    /// What the token may read: what the calls of a snapshot showed, and the server's words.
    pub(crate) fn rights(&self, ledger: &Ledger) -> Vec<Right> {
        let outcome = |call| ledger.outcome(&[call]);
        let participants = [
            Call::ProjectAccounts,
            Call::ProjectTeams,
            Call::OlderAdmins,
            Call::OlderMembers,
        ];
        let seen = Seen {
            profiles: outcome(Call::Accounts),
            names: ledger.told(
                Call::Accounts,
                &["username", "name", "firstName", "lastName"],
            ),
            guests: Outcome::Unasked,
            memberships: outcome(Call::Memberships),
            teams: outcome(Call::Teams),
            projects: outcome(Call::Projects),
            participants: ledger.outcome(&participants),
            roles: outcome(Call::Roles),
        };
        seen.rights(|permission| match self.of(permission)? {
            Word::Yes => Some(true),
            Word::No => Some(false),
            Word::Unsaid(_) => None,
        })
    }
}

/// What is left out in silence without `permission`, and what nobody can tell without the server's word on it.
fn hidden(permission: Permission) -> Option<(&'static str, &'static str)> {
    match permission {
        Permission::ExternalUsers => Some((
            "External users who share no project with the owner of the token could not be read",
            "Whether all external users are listed could not be read",
        )),
        Permission::RestrictedProjects => Some((
            "Restricted projects that this token cannot open could not be read, not even their names",
            "Whether all restricted projects are listed could not be read",
        )),
        Permission::Projects => Some((
            "Projects that are not restricted and that this token cannot open could not be read, not even their names",
            "Whether all projects are listed could not be read",
        )),
        _ => None,
    }
}

async fn one(
    session: &Session<'_>,
    principal: &str,
    permission: Permission,
) -> Result<Word, Error> {
    let body = format!(
        r#"{{"principal":"{principal}","uniqueRightCode":"{}","target":{{"className":"GlobalPermissionTarget"}}}}"#,
        permission.code()
    );
    let path = "permissions/check-permission";
    let word = session.object::<Told<bool>>(Call::Permission, path, Some(body));
    Ok(match word.await? {
        Ok(Told::Value(true)) => Word::Yes,
        Ok(Told::Value(false)) => Word::No,
        Ok(_) => Word::Unsaid(format!(
            "the server does not say whether the token may {}",
            permission.title()
        )),
        Err(refused) => Word::Unsaid(refused.reason()),
    })
}
