//! What differs between two moments, in words.

use super::{certainty, item_of, role, safe, team_name};
use crate::domain::{
    compared::{Compared, Field, Kind, Row, Said},
    outcome::Outcome,
    snapshot::TeamIx,
    text::SafeText,
};

/// What tells a row's subject apart: Space's id of it, or the id of the grant.
pub(crate) fn id(compared: &Compared<'_>, row: &Row) -> String {
    // What both have has one id.
    let (snapshot, at) = match (row.old, row.new) {
        (Some(at), _) => (compared.older().snapshot(), at as usize),
        (None, Some(at)) => (compared.newer().snapshot(), at as usize),
        (None, None) => return String::new(),
    };
    match row.kind {
        Kind::Account => SafeText::of(&snapshot.accounts()[at].id.0).to_string(),
        Kind::Team => SafeText::of(&snapshot.teams()[at].id).to_string(),
        Kind::Project => SafeText::of(&snapshot.projects()[at].id).to_string(),
        Kind::Role => SafeText::of(&snapshot.roles()[at].key).to_string(),
        Kind::Grant | Kind::Revoke => snapshot.grants()[at].id.to_string(),
    }
}

/// What a row is about, as the newer one calls it; a revoke and what is gone, as the older one did.
pub(crate) fn what(compared: &Compared<'_>, row: &Row) -> String {
    let newer = row.new.filter(|_| row.kind != Kind::Revoke);
    let (snapshot, at) = match (newer, row.old) {
        (Some(at), _) => (compared.newer().snapshot(), at),
        (None, Some(at)) => (compared.older().snapshot(), at),
        (None, None) => return String::new(),
    };
    let place = at as usize;
    match row.kind {
        Kind::Account => {
            let account = &snapshot.accounts()[place];
            match account.username.raw() {
                "" => safe(&account.label()),
                _ => format!("{} ({})", account.label().safe(), account.username.safe()),
            }
        }
        Kind::Team => team_name(snapshot, TeamIx(at)),
        Kind::Project => safe(&snapshot.projects()[place].name),
        Kind::Role => safe(&snapshot.roles()[place].name),
        Kind::Grant | Kind::Revoke => item_of(snapshot, crate::domain::items::Item(at)),
    }
}

/// `name: Payments → Billing`.
pub(crate) fn field(field: &Field, arrow: &str) -> String {
    format!("{}: {} {arrow} {}", field.name, field.from, field.to)
}

/// More about a row, besides the values that differ: by which way it is reached, or why nobody can tell.
pub(crate) fn remark(compared: &Compared<'_>, row: &Row) -> String {
    match row.said {
        Said::Outcome(Outcome::Elsewhere {
            item,
            team,
            certainty: how,
        }) => {
            let new = compared.newer().snapshot();
            let way = team.map_or_else(
                || "directly".to_owned(),
                |team| format!("via team {}", team_name(new, team)),
            );
            format!("as {} {way}{}", role(new, item), certainty(how))
        }
        Said::Outcome(Outcome::NotSeen) => {
            "not there, but the newer could not be read whole".to_owned()
        }
        Said::Change(crate::domain::compared::Change::Unknown) => match (row.old, row.new) {
            (Some(_), None) => "only in the older; the newer could not read all of these",
            (None, Some(_)) => "only in the newer; the older could not read all of these",
            _ => "one of both does not tell it",
        }
        .to_owned(),
        Said::Change(_) | Said::Outcome(_) => String::new(),
    }
}

/// What became of a revoke, in words for people; what differs, in one word.
pub(crate) fn said(said: Said) -> &'static str {
    match said {
        Said::Change(change) => change.word(),
        Said::Outcome(outcome) => match outcome {
            Outcome::Gone => "gone",
            Outcome::HolderGone => "gone with its holder",
            Outcome::Still { .. } => "still there",
            Outcome::Elsewhere { .. } => "still there by another path",
            Outcome::Back { .. } => "came back",
            Outcome::NotSeen => "cannot be told",
        },
    }
}
