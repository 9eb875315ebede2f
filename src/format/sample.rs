//! A small organization with one of everything, and a review of it, for tests.

use std::sync::Arc;

use crate::domain::{
    Digest,
    account::{Account, AccountId, Fact, Kind, TwoFactor},
    bulk::Bulk,
    campaign::{Campaign, Terms},
    check::check,
    decision::{Change, Decision},
    grant::{Audience, Entitlement, Grant, GrantId, Holder, Membership},
    items::{Item, ItemSet},
    journal::{Attested, Chosen, Decided, Entry, Event, LeftOut, Opened, PreviousRecord},
    provenance::{self, Endpoint, Evidence, Gap, Provenance},
    resource::{Organization, Project, Role, RoleKind, Team},
    rights::{Holding, Permission, Right},
    snapshot::{AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, Snapshot, TeamIx},
    text::Raw,
    time::Timestamp,
};

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_790_000_000_000 + ms).expect("a time in 2026")
}

fn account(id: &str, first: &str, last: &str) -> Account {
    Account {
        username: Raw::from(first.to_lowercase()),
        first_name: Raw::from(first),
        last_name: Raw::from(last),
        email: Fact::Known(Raw::from("a@example.org")),
        kind: Kind::Member,
        archived: Fact::Known(false),
        left_at: Fact::Absent,
        suspended: Fact::Known(false),
        suspended_at: Fact::Absent,
        joined: Fact::Known("2024-02-29".parse().expect("a day")),
        two_factor: Fact::Known(TwoFactor::NotSetUp),
        last_sign_in: Fact::Known(at(-5)),
        external_id: Fact::Unknown,
        listed: true,
        source: 1,
        id: AccountId(id.into()),
    }
}

fn team(id: &str, name: &str, parent: Option<TeamIx>) -> Team {
    Team {
        id: id.into(),
        name: Raw::from(name),
        parent,
        archived: Fact::Known(false),
        disbanded: Fact::Absent,
        disbanded_at: Fact::Unknown,
        listed: true,
        source: 2,
    }
}

fn role(key: &str, name: &str, kind: RoleKind) -> Role {
    Role {
        key: key.into(),
        name: Raw::from(name),
        kind,
        source: 3,
    }
}

fn membership(id: &str, team: TeamIx) -> Membership {
    Membership {
        id: id.into(),
        team,
        lead: Fact::Known(true),
        position: Fact::Known(Raw::from("Chief \u{202e}reenigne")),
        since: Fact::Known(at(-1000)),
        till: Fact::Absent,
        pending: Fact::Unknown,
        archived: Fact::Known(false),
    }
}

/// One of everything, with text that would act on a terminal.
pub(crate) fn parts() -> Parts {
    let mut parts = Parts {
        organization: Organization {
            id: "org1".into(),
            name: Raw::from("Acme \u{9b}31m"),
            url: "https://acme.jetbrains.space".into(),
        },
        accounts: vec![
            account("a1", "Ada", "Lovelace"),
            account("b1", "Bob", "\x1b[2J\u{200b}Builder"),
            Account::unlisted(AccountId("c1".into())),
        ],
        teams: vec![
            team("t1", "Engineering", None),
            team("t2", "Payments", Some(TeamIx(0))),
        ],
        projects: vec![Project {
            id: "p1".into(),
            key: Raw::from("PAY"),
            name: Raw::from("Payments \"core\""),
            private: Fact::Known(true),
            archived: Fact::Unknown,
            source: 4,
        }],
        roles: vec![
            role("org:1", "System Admin", RoleKind::OrganizationPredefined),
            role("org:2", "Member", RoleKind::OrganizationImplicit),
            role("project:admin", "Project Admin", RoleKind::ProjectAdmin),
            role("project:member", "Project Member", RoleKind::ProjectMember),
        ],
        memberships: vec![membership("m1", TeamIx(1)), membership("m2", TeamIx(0))],
        grants: Vec::new(),
    };
    let (ada, bob, cyd) = (AccountIx(0), AccountIx(1), AccountIx(2));
    let project = |role| Entitlement::ProjectRole(ProjectIx(0), RoleIx(role));
    for (holder, entitlement) in [
        (
            Holder::Everyone(Audience::Members),
            Entitlement::OrganizationRole(RoleIx(1)),
        ),
        (Holder::Account(ada), Entitlement::SignIn),
        (
            Holder::Account(ada),
            Entitlement::OrganizationRole(RoleIx(0)),
        ),
        (
            Holder::Account(ada),
            Entitlement::Membership(MembershipIx(0)),
        ),
        (Holder::Account(ada), project(2)),
        (Holder::Account(ada), project(3)),
        (Holder::Account(bob), Entitlement::SignIn),
        (
            Holder::Account(bob),
            Entitlement::Membership(MembershipIx(1)),
        ),
        (Holder::Account(cyd), project(3)),
        (Holder::Team(TeamIx(0)), project(3)),
    ] {
        let id = GrantId::of(&parts, holder, entitlement);
        parts.grants.push(Grant {
            id,
            holder,
            entitlement,
            source: 5,
        });
    }
    parts
}

pub(crate) fn snapshot() -> Snapshot {
    Snapshot::assemble(parts()).expect("the sample is a snapshot")
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        began: at(0),
        resumed: vec![at(4), at(7)],
        ended: at(10),
        server_began: None,
        server_ended: Some(at(9)),
        reader: provenance::Reader::Account(AccountId("b1".into())),
        rights: vec![
            Right {
                permission: Permission::Profiles,
                holding: Holding::Shown,
            },
            Right {
                permission: Permission::GrantedPermissions,
                holding: Holding::Said,
            },
            Right {
                permission: Permission::Projects,
                holding: Holding::Missing(Raw::from("403 \u{202e}denied")),
            },
            Right {
                permission: Permission::Teams,
                holding: Holding::Unclear(Raw::from("503")),
            },
        ],
        endpoints: vec![Endpoint {
            call: "GET team-directory/profiles".into(),
            parameters: "query=".into(),
            requests: 3,
            pages: 2,
            rows: 2,
            distinct: 2,
            server_total: Some(2),
            retries: 1,
            refusals: 0,
            errors: 2,
        }],
        gaps: vec![Gap {
            call: "GET projects".into(),
            missing: Raw::from("private projects"),
            reason: Raw::from("403 \u{202e}denied"),
        }],
        evidence: Evidence::Full,
        population: Digest::of(b"population"),
    }
}

/// A record that a review of the sample may be compared with.
pub(crate) fn previous_record() -> PreviousRecord {
    PreviousRecord {
        record: "0188".into(),
        sums: Digest::of(b"sums"),
        review: "2026-q3".into(),
        as_of: at(-9000),
        sealed_at: at(-8000),
        principal: Raw::from("bob@example.org"),
        key_fingerprint: "SHA256:7yLs".into(),
        signer_known: false,
    }
}

/// The first event of a review of `snapshot` by Bob.
pub(crate) fn opened(snapshot: &Snapshot, provenance: Provenance) -> Event {
    Event::Opened(Box::new(Opened {
        previous: None,
        previous_record: None,
        review: "2026-q4".into(),
        reviewer: Raw::from("Bob"),
        reviewer_account: Some(AccountId("b1".into())),
        items: snapshot.len() as u64,
        accounts: snapshot.accounts().len() as u64,
        scope: None,
        provenance,
        tool: "muster 0.1.0".into(),
    }))
}

pub(crate) fn decide(change: Change, items: &[u64], reason: Option<&str>, chosen: Chosen) -> Event {
    let item = |n: &u64| Item(u32::try_from(n - 1).expect("a small number"));
    Event::Decided(Decided {
        change,
        items: items.iter().map(item).collect::<ItemSet>(),
        reason: reason.map(Raw::from),
        chosen,
        left_out: LeftOut::default(),
    })
}

/// Every kind of event but the opening, the attestation and the seal, in an order that may happen.
///
/// The items are 1 the implicit role, 2–3 Cyd's... as the snapshot orders them; Bob's own are left alone.
pub(crate) fn events(campaign: &Campaign) -> Vec<Event> {
    let snapshot = campaign.snapshot();
    let of = |account: &str| {
        let holder = Holder::Account(
            snapshot
                .find_account(account)
                .expect("an account of the sample"),
        );
        let subject = snapshot.subject_of_holder(holder).expect("it has items");
        subject.items().map(Item::number).collect::<Vec<_>>()
    };
    let (ada, cyd) = (of("a1"), of("c1"));
    let all = campaign.items();
    let kept = Bulk::of(campaign, Change::Decide(Decision::Keep), all, false);
    let revoke = Change::Decide(Decision::Revoke);
    vec![
        decide(
            Change::Decide(Decision::Acknowledge),
            &[1],
            None,
            Chosen::Single,
        ),
        Event::Decided(kept.decided(None, Chosen::Marked)),
        decide(
            revoke,
            &ada[3..],
            Some("left the \u{200b}team"),
            Chosen::Filter(Raw::from("role:admin")),
        ),
        decide(Change::Later, &cyd, None, Chosen::RestOfSubject),
        Event::Noted {
            item: Item(0),
            text: Raw::from("ask \"Ada\"\n\u{7f}"),
        },
        Event::Undone { entry: 6 },
        Event::Redone { entry: 6 },
        decide(Change::Clear, &cyd, None, Chosen::Single),
        Event::SelfReviewAllowed {
            reason: Raw::from("the only admin"),
        },
        decide(revoke, &cyd, Some("nobody knows them"), Chosen::Single),
    ]
}

/// Waives every flag that stops the signature.
pub(crate) fn waivers(campaign: &Campaign) -> Vec<Event> {
    let flags = check(campaign, at(i64::from(campaign.next_seq()) * 1000));
    let stops = flags.iter().filter(|flag| flag.stops());
    stops
        .map(|flag| flag.waive(Raw::from("own \u{202e}access")))
        .collect()
}

pub(crate) fn attestation(campaign: &Campaign) -> Event {
    let flags = check(campaign, at(i64::from(campaign.next_seq()) * 1000));
    Event::Attested(Box::new(Attested {
        statement: crate::domain::seal::statement(campaign, "bob@example.org", &flags),
        principal: Raw::from("bob@example.org"),
        progress: campaign.progress(),
    }))
}

pub(crate) fn entry(seq: u32, event: Event) -> Entry {
    Entry {
        seq,
        at: at(i64::from(seq) * 1000),
        by: Raw::from("bob"),
        event,
        remains: None,
    }
}

/// A review of the sample in which everything happened that can, up to and with the attestation.
pub(crate) fn campaign() -> Campaign {
    let snapshot = Arc::new(snapshot());
    let first = entry(1, opened(&snapshot, provenance()));
    let mut campaign = Campaign::open(snapshot, Terms::default(), first).expect("it opens");
    for event in events(&campaign) {
        let remains = campaign.remains(&event);
        let entry = Entry {
            remains,
            ..entry(campaign.next_seq(), event)
        };
        campaign.apply(entry).expect("it may happen");
    }
    for event in waivers(&campaign) {
        let entry = entry(campaign.next_seq(), event);
        campaign.apply(entry).expect("it may happen");
    }
    let last = entry(campaign.next_seq(), attestation(&campaign));
    campaign.apply(last).expect("it is true");
    campaign
}
