//! What the lists would leave out in silence: external users and restricted projects that the token may not see.
//!
//! A list that is cut to what the caller may see agrees with its own total. So the server is asked for its word
//! on the two permissions that decide it, and where it gives none, that is a gap.

use super::{Reader, calls::Call, session::Session};
use crate::space::{error::Error, wire::Told};

/// What a permission shows, and what is missing without it.
struct Sight {
    code: &'static str,
    title: &'static str,
    missing: &'static str,
    unsure: &'static str,
}

const EXTERNALS: Sight = Sight {
    code: "Profile.ViewAllGuests",
    title: "View all external users",
    missing: "External users who share no project with the owner of the token could not be read",
    unsure: "Whether all external users are listed could not be read",
};

const RESTRICTED: Sight = Sight {
    code: "Project.ViewPrivate",
    title: "List restricted projects",
    missing: "Restricted projects that this token cannot open could not be read, not even their names",
    unsure: "Whether all restricted projects are listed could not be read",
};

/// Asks whether lists are cut to what `reader`'s token may see.
pub(crate) async fn sight(session: &Session<'_>, reader: Option<&Reader>) -> Result<(), Error> {
    let (externals, restricted) = tokio::join!(
        one(session, reader, &EXTERNALS),
        one(session, reader, &RESTRICTED),
    );
    externals.and(restricted)
}

async fn one(session: &Session<'_>, reader: Option<&Reader>, sight: &Sight) -> Result<(), Error> {
    let principal = match reader {
        Some(_) => "profile:me",
        None => "application:me",
    };
    let body = format!(
        r#"{{"principal":"{principal}","uniqueRightCode":"{}","target":{{"className":"GlobalPermissionTarget"}}}}"#,
        sight.code
    );
    let path = "permissions/check-permission";
    let word = session.object::<Told<bool>>(Call::Permission, path, Some(body));
    let (missing, reason) = match word.await? {
        Ok(Told::Value(true)) => return Ok(()),
        Ok(Told::Value(false)) => (
            sight.missing,
            format!("the token lacks the permission {}", sight.title),
        ),
        Ok(_) => (
            sight.unsure,
            format!(
                "the server does not say whether the token may {}",
                sight.title
            ),
        ),
        Err(refused) => (sight.unsure, refused.reason()),
    };
    session.ledger().gap(Call::Permission, missing, reason);
    Ok(())
}
