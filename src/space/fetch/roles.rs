//! Permission roles, and who holds those of the organization.

use std::{collections::BTreeMap, sync::Mutex};

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{
    convert,
    ledger::{Call, Notes},
    lock,
    population::{Population, RoleName},
    session::{Session, encode},
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
    let nameless = roles
        .iter()
        .filter(|(role, _)| role.role_id.get().is_none());
    if nameless.count() > 0 {
        let missing = "An organization role could not be read";
        let reason = "the server sent no id of it";
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
