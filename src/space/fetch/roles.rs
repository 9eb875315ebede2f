//! Permission roles, and who holds those of the organization.

use std::{collections::BTreeMap, sync::Mutex};

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{
    calls::Call,
    convert,
    ledger::{Notes, count},
    lock,
    population::{Population, RoleName},
    request::encode,
    session::Session,
};
use crate::space::{error::Error, wire};

/// Permission roles, each with the number of its answer.
pub(crate) type Roles = Vec<(wire::PermissionRole, u32)>;

/// Asks for the permission roles of one context.
pub(crate) async fn permission_roles(
    session: &Session<'_>,
    call: Call,
    context: &str,
) -> Result<Result<Roles, Error>, Error> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "rows of other lists can be unusable"
    )]
    fn role(
        row: wire::PermissionRole,
        source: u32,
        _: &mut Notes,
    ) -> Option<(wire::PermissionRole, u32)> {
        Some((row, source))
    }
    let body = BTreeMap::from([("contextIdentifier", context)]);
    let body = serde_json::to_string(&body).expect("a map of text is JSON");
    session
        .array(call, "permission-roles/get", Some(body), role)
        .await
}

/// Whether it is told what a role is.
pub(crate) fn is_told(role: &wire::PermissionRole) -> bool {
    role.name.get().is_some() && role.kind.get().is_some()
}

/// Reads the roles of the organization and who holds them.
pub(crate) async fn organization_roles(
    session: &Session<'_>,
    population: &Mutex<Population>,
) -> Result<(), Error> {
    let roles = match permission_roles(session, Call::Roles, "global").await? {
        Ok(roles) => roles,
        Err(refused) => {
            let missing = "Organization roles and who holds them could not be read";
            session.ledger().gap(Call::Roles, missing, refused.reason());
            return Ok(());
        }
    };
    let nameless = |(role, _): &&(wire::PermissionRole, u32)| role.role_id.get().is_none();
    let nameless = roles.iter().filter(nameless).count();
    if nameless > 0 {
        let which = count(nameless as u64, "organization role");
        let missing = format!("{which} and who holds them could not be read");
        let reason = "the server sent no id";
        session.ledger().gap(Call::Roles, missing, reason);
    }
    let untold = |(role, _): &&(wire::PermissionRole, u32)| !is_told(role);
    let untold = roles.iter().filter(untold).count();
    if untold > 0 {
        let which = count(untold as u64, "organization role");
        let missing = format!("The name or type of {which} could not be read");
        let reason = "the server sent nothing";
        session.ledger().gap(Call::Roles, missing, reason);
    }
    // Whether everybody of a kind holds a role is then judged by its name, which a server could translate.
    let unsure = |role: &wire::PermissionRole| role.members_editable.get().is_none();
    let unsure = roles.iter().filter(|(role, _)| unsure(role)).count();
    if unsure > 0 && !session.is_unasked(Call::Roles, "membersEditable") {
        let who = count(unsure as u64, "organization role");
        let are = if unsure == 1 { "is" } else { "are" };
        let missing = format!("Whether {who} {are} held by everybody of a kind could not be read");
        let reason = "the server sent nothing; the names that Space ships were taken for it";
        session.ledger().gap(Call::Roles, missing, reason);
    }
    let roles = lock(population).list_roles(roles);
    let mut pending: FuturesUnordered<_> = roles
        .into_iter()
        .map(|role| role_holders(session, population, role))
        .collect();
    while let Some(read) = pending.next().await {
        read?;
    }
    Ok(())
}

async fn role_holders(
    session: &Session<'_>,
    population: &Mutex<Population>,
    role: RoleName,
) -> Result<(), Error> {
    let path = format!("permission-roles/{}", encode(&role.id));
    let (accounts, teams) = (format!("{path}/profiles"), format!("{path}/teams"));
    let (accounts, teams) = tokio::try_join!(
        session.array(Call::RoleAccounts, &accounts, None, convert::profile_id),
        session.array(Call::RoleTeams, &teams, None, convert::profile_id),
    )?;
    let (id, name) = (&role.id, &role.name);
    let refused = [accounts.as_ref().err(), teams.as_ref().err()];
    for refused in refused.into_iter().flatten() {
        session.ledger().failed(Call::Roles, refused);
    }
    if let (Err(refused), Err(_)) = (&accounts, &teams) {
        let missing = format!("Holders of the organization role {name} could not be read");
        session
            .ledger()
            .gap(Call::RoleAccounts, missing, refused.reason());
        return Ok(());
    }
    match accounts {
        Ok(accounts) => lock(population).role_accounts(id, &accounts),
        Err(refused) => {
            let missing =
                format!("Accounts that hold the organization role {name} could not be read");
            session
                .ledger()
                .gap(Call::RoleAccounts, missing, refused.reason());
        }
    }
    match teams {
        Ok(teams) => lock(population).role_teams(id, &teams),
        Err(refused) => {
            let missing = format!("Teams that hold the organization role {name} could not be read");
            session
                .ledger()
                .gap(Call::RoleTeams, missing, refused.reason());
        }
    }
    Ok(())
}
