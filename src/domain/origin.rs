//! How a snapshot was read, in lines for people: the same on every screen, before every signature.

use super::{account::AccountId, campaign::Campaign, provenance::Reader, rights, text::SafeText};

/// What the machine wrote down about the reading of the reviewed snapshot: a label and a text each, safe to show.
/// Completeness and gaps are told apart: see [`Campaign::complete`].
pub fn origin(campaign: &Campaign) -> Vec<(&'static str, String)> {
    let opened = campaign.opened();
    let provenance = &opened.provenance;
    let organization = campaign.snapshot().organization();
    let calls = provenance.endpoints.iter();
    let mut lines = vec![
        (
            "organization",
            format!(
                "{} at {}, id {}",
                organization.name.safe(),
                SafeText::of(&organization.url),
                SafeText::of(&organization.id)
            ),
        ),
        ("read", provenance.when()),
    ];
    if !provenance.resumed.is_empty() {
        lines.push(("read from", provenance.interrupted()));
    }
    lines.push(("token of", token_of(campaign)));
    lines.push(("rights", rights::summary(&provenance.rights)));
    lines.extend(
        provenance
            .rights
            .iter()
            .map(|right| ("right", right.words())),
    );
    lines.push(("calls", provenance.answers()));
    lines.extend(calls.map(|endpoint| ("called", endpoint.words())));
    lines.extend([
        ("evidence", provenance.evidence.words().to_owned()),
        (
            "digest",
            format!("{} of what was read", provenance.population),
        ),
        ("read with", SafeText::of(&opened.tool).to_string()),
    ]);
    lines
}

/// Whose token the organization was read with, safe to show.
pub fn token_of(campaign: &Campaign) -> String {
    let snapshot = campaign.snapshot();
    let id = match &campaign.opened().provenance.reader {
        Reader::Account(AccountId(id)) => id,
        Reader::Application { id, name } => {
            let id = SafeText::of(id);
            return format!("the application {}, id {id}", name.safe());
        }
        Reader::Unknown => return "nobody knows whom: the server did not say".to_owned(),
    };
    match snapshot.find_account(id).map(|ix| snapshot.account(ix)) {
        Some(account) => format!(
            "{} ({}), id {}",
            account.label().safe(),
            account.username.safe(),
            SafeText::of(id)
        ),
        None => format!(
            "an account that is not in the list, id {}",
            SafeText::of(id)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign::Terms;
    use crate::domain::{
        fixture::{acme, entry, now, provenance},
        journal::{Event, Opened},
        provenance::{Endpoint, Evidence, Gap, Reader},
        rights::{Holding, Permission, Right},
        text::Raw,
    };

    fn lines(change: impl FnOnce(&mut Opened)) -> (String, String) {
        let snapshot = acme().snapshot();
        let mut opened = Opened {
            review: "q1".to_owned(),
            reviewer: Raw::from("ada"),
            reviewer_account: None,
            items: snapshot.len() as u64,
            accounts: snapshot.accounts().len() as u64,
            scope: None,
            provenance: provenance(),
            tool: "muster 0.1.0+linux.x86_64.release".to_owned(),
            previous: None,
            previous_record: None,
        };
        change(&mut opened);
        let first = entry(1, Event::Opened(Box::new(opened)));
        let campaign = Campaign::open(snapshot, Terms::default(), first).expect("it opens");
        let lines = origin(&campaign).into_iter();
        let lines: Vec<String> = lines
            .map(|(label, text)| format!("{label}: {text}"))
            .collect();
        (campaign.complete(), lines.join("\n"))
    }

    #[test]
    fn how_a_snapshot_was_read_is_told_whole() {
        let (complete, lines) = lines(|opened| {
            opened.scope = Some(Raw::from("team:Payments"));
            let provenance = &mut opened.provenance;
            provenance.server_ended = Some(now());
            provenance.reader = Reader::Account(AccountId("ben".into()));
            let right = |permission, holding| Right {
                permission,
                holding,
            };
            provenance.rights = vec![
                right(Permission::Profiles, Holding::Shown),
                right(Permission::ExternalUsers, Holding::Said),
                right(
                    Permission::Teams,
                    Holding::Missing(Raw::from("no \u{202e}teams")),
                ),
                right(Permission::Projects, Holding::Unclear(Raw::from("503"))),
            ];
            provenance.evidence = Evidence::Hashes;
            let endpoint = |call: &str, parameters: &str, refusals, errors| Endpoint {
                call: call.to_owned(),
                parameters: parameters.to_owned(),
                requests: 12_000,
                pages: 1,
                rows: 2,
                distinct: 2,
                server_total: (refusals == 0).then_some(2),
                retries: 3,
                refusals,
                errors,
            };
            provenance.endpoints = vec![
                endpoint("GET projects", "", 0, 4),
                endpoint(
                    "GET team-directory/\u{202e}teams",
                    "withArchived=true",
                    1,
                    0,
                ),
            ];
            provenance.gaps = vec![Gap {
                call: "GET team-directory/teams".to_owned(),
                missing: Raw::from("Teams could not be read"),
                reason: Raw::from("403"),
            }];
        });
        assert_eq!(
            complete,
            "PARTIAL: 1 thing could not be read; scoped: only team:Payments is reviewed, 7 items are outside"
        );
        let expected = "\
            organization: Acme at http://127.0.0.1:8084, id org1\n\
            read: 2026-03-31T09:00:00.000Z (the server told no time) to 2026-03-31T09:00:00.000Z (server: \
            2026-03-31T09:00:00.000Z)\n\
            token of: Ben Ôkafor (ben), id ben\n\
            rights: 2 of 4 permissions granted; missing: View teams; cannot tell: View project details\n\
            right: granted: View member profiles (a call that needs it was answered)\n\
            right: granted: View all external users (the server says so; no call shows it)\n\
            right: missing: View teams: no ‹U+202E›teams; without it: teams are missing, and with them all access \
            inherited through teams\n\
            right: cannot tell: View project details: 503; if it is missing: projects, and who takes part in them with \
            which role, are missing\n\
            calls: 1 of 2 calls refused: GET team-directory/‹U+202E›teams; fields withheld by GET projects\n\
            called: GET projects: 12 000 requests, 1 page, 2 rows, 2 distinct, server total 2, 3 repeated, 0 refused, \
            4 with $errors\n\
            called: GET team-directory/‹U+202E›teams (withArchived=true): 12 000 requests, 1 page, 2 rows, 2 distinct, \
            no total, 3 repeated, 1 refused, 0 with $errors\n\
            evidence: the digests of the raw answers are kept, not the answers\n\
            digest: 0000000000000000000000000000000000000000000000000000000000000000 of what was read\n\
            read with: muster 0.1.0+linux.x86_64.release";
        assert_eq!(lines, expected);
    }

    #[test]
    fn completeness_has_one_wording_for_each_level() {
        let complete = |scope: Option<&str>| lines(|opened| opened.scope = scope.map(Raw::from)).0;
        assert_eq!(
            complete(None),
            "full: everything that was asked for was read"
        );
        assert_eq!(
            complete(Some("project:pay")),
            "scoped: only project:pay is reviewed, 11 items are outside; everything that was asked for was read"
        );
    }
}
