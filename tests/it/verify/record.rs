//! A small record, made the same each time, and a large one.

use std::sync::Arc;

use muster::{
    domain::{
        Digest,
        account::{Account, AccountId, Fact, Kind, TwoFactor},
        campaign::{Campaign, Terms},
        check::{Rule, check},
        decision::{Change, Decision},
        grant::{Audience, Entitlement, Grant, GrantId, Holder, Membership},
        items::{Item, ItemSet},
        journal::{Attested, Chosen, Decided, Entry, Event, LeftOut, Opened},
        policy::Policy,
        provenance::{self, Endpoint, Evidence, Gap, Provenance},
        resource::{Organization, Project, Role, RoleKind, Team},
        rights::{Holding, Permission, Right},
        scope::Scope,
        seal, signal,
        snapshot::{AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, Snapshot, TeamIx},
        text::Raw,
        time::Timestamp,
    },
    format::{
        evidence, journal,
        merkle::{Salts, Trunk},
        policy::{self, PolicyFile},
        population,
        record::{self, Contents, Decisions, Review, Roots, Seal, Tool},
    },
    signing::key_file,
};

use super::files::Files;
use crate::ssh_tools::{Keys, PRINCIPAL};

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn account(id: &str, first: &str, last: &str) -> Account {
    Account {
        username: Raw::from(first.to_ascii_lowercase()),
        first_name: Raw::from(first),
        last_name: Raw::from(last),
        email: Fact::Known(Raw::from(format!(
            "{}@example.org",
            first.to_ascii_lowercase()
        ))),
        kind: Kind::Member,
        archived: Fact::Known(false),
        left_at: Fact::Absent,
        suspended: Fact::Known(false),
        suspended_at: Fact::Absent,
        joined: Fact::Known("2021-05-03".parse().expect("a day")),
        two_factor: Fact::Known(TwoFactor::Active),
        last_sign_in: Fact::Unknown,
        external_id: Fact::Absent,
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
        disbanded: Fact::Known(false),
        disbanded_at: Fact::Absent,
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

fn membership(id: &str, team: u32) -> Membership {
    Membership {
        id: id.into(),
        team: TeamIx(team),
        lead: Fact::Known(false),
        position: Fact::Absent,
        since: Fact::Known(time("2022-01-10T00:00:00Z")),
        till: Fact::Absent,
        pending: Fact::Known(false),
        archived: Fact::Unknown,
    }
}

/// Three people, one stranger, two teams, two projects; names with quotes, hidden and foreign characters.
pub(crate) fn snapshot() -> Snapshot {
    let project = |id: &str, key: &str, name: &str| Project {
        id: id.into(),
        key: Raw::from(key),
        name: Raw::from(name),
        private: Fact::Known(true),
        archived: Fact::Known(false),
        source: 4,
    };
    let mut parts = Parts {
        organization: Organization {
            id: "2GkVQr0zEBxB".into(),
            name: Raw::from("Acme"),
            url: "https://acme.jetbrains.space".into(),
        },
        accounts: vec![
            account("1anna", "Anna", "Árvai"),
            account("2bob", "Bob", "\u{202e}nimdA \"root\""),
            Account {
                kind: Kind::Collaborator,
                suspended: Fact::Known(true),
                two_factor: Fact::Known(TwoFactor::NotSetUp),
                ..account("3chen", "陈", "静")
            },
            Account::unlisted(AccountId("4gone".into())),
        ],
        teams: vec![
            team("t1", "Engineering", None),
            team("t2", "Payments", Some(TeamIx(0))),
        ],
        projects: vec![
            project("p1", "PAY", "Payments"),
            project("p2", "WEB", "Web\u{200b}site"),
        ],
        roles: vec![
            role("project:admin", "Project Admin", RoleKind::ProjectAdmin),
            role("project:member", "Project Member", RoleKind::ProjectMember),
            role("org:1", "System Admin", RoleKind::OrganizationPredefined),
            role("org:2", "Member", RoleKind::OrganizationImplicit),
        ],
        memberships: vec![
            membership("m1", 1),
            membership("m2", 0),
            membership("m3", 1),
        ],
        grants: Vec::new(),
    };
    let person = |ix| Holder::Account(AccountIx(ix));
    let grants = [
        (
            Holder::Everyone(Audience::Members),
            Entitlement::OrganizationRole(RoleIx(3)),
        ),
        (person(0), Entitlement::SignIn),
        (person(1), Entitlement::SignIn),
        (person(2), Entitlement::SignIn),
        (person(0), Entitlement::Membership(MembershipIx(0))),
        (person(1), Entitlement::Membership(MembershipIx(1))),
        (person(1), Entitlement::Membership(MembershipIx(2))),
        (person(1), Entitlement::OrganizationRole(RoleIx(2))),
        (person(1), Entitlement::ProjectRole(ProjectIx(0), RoleIx(0))),
        (person(2), Entitlement::ProjectRole(ProjectIx(1), RoleIx(1))),
        (person(3), Entitlement::ProjectRole(ProjectIx(1), RoleIx(0))),
        (
            Holder::Team(TeamIx(1)),
            Entitlement::ProjectRole(ProjectIx(0), RoleIx(1)),
        ),
    ];
    parts.grants = grants
        .into_iter()
        .map(|(holder, entitlement)| Grant {
            id: GrantId::of(&parts, holder, entitlement),
            holder,
            entitlement,
            source: 5,
        })
        .collect();
    Snapshot::assemble(parts).expect("a sound population")
}

pub(crate) fn provenance(population: Digest) -> Provenance {
    Provenance {
        resumed: Vec::new(),
        began: time("2026-10-01T08:00:00.000Z"),
        ended: time("2026-10-01T08:00:05.250Z"),
        server_began: Some(time("2026-10-01T08:00:01.000Z")),
        server_ended: Some(time("2026-10-01T08:00:06.000Z")),
        reader: provenance::Reader::Account(AccountId("1anna".into())),
        rights: vec![
            Right {
                permission: Permission::Profiles,
                holding: Holding::Shown,
            },
            Right {
                permission: Permission::ExternalUsers,
                holding: Holding::Said,
            },
            Right {
                permission: Permission::OrganizationRoles,
                holding: Holding::Missing(Raw::from("403 Forbidden")),
            },
            Right {
                permission: Permission::GrantedPermissions,
                holding: Holding::Unclear(Raw::from("503 Service Unavailable")),
            },
        ],
        endpoints: vec![Endpoint {
            call: "GET team-directory/profiles".to_owned(),
            parameters: "query=".to_owned(),
            requests: 2,
            pages: 1,
            rows: 3,
            distinct: 3,
            server_total: Some(3),
            retries: 1,
            refusals: 0,
            errors: 1,
        }],
        gaps: vec![Gap {
            call: "GET team-directory/profiles/{id}".to_owned(),
            missing: Raw::from("the last sign-in of each account"),
            reason: Raw::from("403 Forbidden"),
        }],
        evidence: Evidence::Full,
        population,
    }
}

/// Everything that can happen in a review, over the population of [`snapshot`].
pub(crate) fn events(population: Digest, snapshot: &Snapshot) -> Vec<Event> {
    let item = |find: &dyn Fn(&Grant) -> bool| {
        let at = snapshot.grants().iter().position(find).expect("a grant");
        Item(u32::try_from(at).expect("a small number"))
    };
    let of = |id: &str| {
        let holder = Holder::Account(snapshot.find_account(id).expect(id));
        let subject = snapshot.subject_of_holder(holder).expect(id);
        ItemSet::range(subject.first, subject.end)
    };
    let decide = |decision, items: ItemSet, reason: Option<&str>, chosen| {
        Event::Decided(Decided {
            change: Change::Decide(decision),
            items,
            reason: reason.map(Raw::from),
            chosen,
            left_out: LeftOut::default(),
        })
    };
    let bob_project = item(&|grant| {
        grant.holder == Holder::Account(snapshot.find_account("2bob").expect("bob"))
            && matches!(grant.entitlement, Entitlement::ProjectRole(..))
    });
    let admin = item(&|grant| {
        matches!(grant.entitlement, Entitlement::OrganizationRole(_))
            && is_privileged(snapshot, grant)
    });
    let left_out: ItemSet = [admin, bob_project].into_iter().collect();
    let kept = Decided {
        change: Change::Decide(Decision::Keep),
        items: of("2bob").without(&left_out),
        reason: None,
        chosen: Chosen::RestOfSubject,
        left_out: LeftOut::default(),
    };
    let gone = of("4gone");
    let team = item(&|grant| matches!(grant.holder, Holder::Team(_)));
    vec![
        opening(population, snapshot, Some(AccountId("1anna".into()))),
        Event::Decided(Decided {
            left_out: [(signal::Rule::Privileged, left_out.clone())]
                .into_iter()
                .collect(),
            ..kept
        }),
        decide(
            Decision::Revoke,
            bob_project.into(),
            Some("left \"Payments\"\u{200b} in May"),
            Chosen::Single,
        ),
        decide(
            Decision::Keep,
            of("3chen"),
            None,
            Chosen::Filter(Raw::from("kind:external")),
        ),
        Event::Undone { entry: 4 },
        Event::Redone { entry: 4 },
        decide(
            Decision::Acknowledge,
            item(&|grant| matches!(grant.holder, Holder::Everyone(_))).into(),
            None,
            Chosen::Single,
        ),
        Event::Decided(Decided {
            change: Change::Later,
            items: team.into(),
            reason: None,
            chosen: Chosen::Single,
            left_out: LeftOut::default(),
        }),
        decide(
            Decision::Keep,
            team.into(),
            Some("the team's own project"),
            Chosen::Marked,
        ),
        Event::Noted {
            item: gone.first().expect("an item"),
            text: Raw::from("nobody knows this account"),
        },
        decide(
            Decision::Revoke,
            gone,
            Some("unknown account"),
            Chosen::Single,
        ),
        decide(Decision::Keep, admin.into(), None, Chosen::Single),
    ]
}

/// Whether a grant gives one of the roles that are privileged.
fn is_privileged(snapshot: &Snapshot, grant: &Grant) -> bool {
    let (Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role)) =
        grant.entitlement
    else {
        return false;
    };
    ["org:1", "project:admin"].contains(&&*snapshot.roles()[role.index()].key)
}

/// The policy of the records: what is privileged is decided one by one.
pub(crate) fn policy() -> PolicyFile {
    let policy = Policy {
        bulk_keep_leaves_out: [signal::Rule::Privileged].into(),
        ..Policy::default()
    };
    PolicyFile::read(policy::print(&policy).into_bytes()).expect("own text")
}

/// Makes a record of `events` and an attestation, signed by the key `key`.
#[expect(clippy::too_many_lines, reason = "one record, file by file")]
pub(crate) fn seal(
    snapshot: Snapshot,
    evidence: &[u8],
    events: impl FnOnce(Digest, &Snapshot) -> Vec<Event>,
    key: &str,
) -> Files {
    let mut files = Files::default();
    files.set(record::README, record::README_TEXT);
    files.set(record::EVIDENCE, evidence);
    let mut bytes = Vec::new();
    population::write_accounts(&snapshot, &mut bytes).expect("memory");
    files.set(record::ACCOUNTS, std::mem::take(&mut bytes));
    population::write_resources(&snapshot, &mut bytes).expect("memory");
    files.set(record::RESOURCES, std::mem::take(&mut bytes));
    population::write_grants(&snapshot, &mut bytes).expect("memory");
    files.set(record::GRANTS, bytes);
    files.set(record::POLICY, policy().bytes().to_vec());
    files.recompute_opened_sums();
    let population = Digest::of(files.get(record::OPENED_SUMS));

    let snapshot = Arc::new(snapshot);
    let mut campaign: Option<Campaign> = None;
    let (mut text, mut head) = (String::new(), journal::START);
    let mut happens = |campaign: &mut Option<Campaign>, event| {
        let seq = campaign.as_ref().map_or(1, Campaign::next_seq);
        let at = time("2026-10-01T08:10:00Z").ms() + i64::from(seq) * 7000;
        let at = Timestamp::from_ms(at).expect("a time");
        let by = Raw::from("anna");
        let entry = match campaign {
            Some(campaign) => campaign.next(event, at, by),
            None => Entry {
                seq,
                at,
                by,
                event,
                remains: None,
            },
        };
        let (line, digest) = journal::line(&entry, head);
        text.push_str(&line);
        head = digest;
        match campaign {
            None => {
                let terms = Terms {
                    policy: Arc::clone(policy().policy()),
                    ..Terms::default()
                };
                let opened = Campaign::open(snapshot.clone(), terms, entry);
                *campaign = Some(opened.expect("it opens"));
            }
            Some(campaign) => campaign.apply(entry).expect("it may happen"),
        }
    };
    for event in events(population, &snapshot) {
        happens(&mut campaign, event);
    }
    let now = |campaign: &Option<Campaign>| {
        let entries = campaign.as_ref().expect("it was opened").entries();
        entries.last().expect("it was opened").at
    };
    let flags = |campaign: &Option<Campaign>| {
        check(campaign.as_ref().expect("it was opened"), now(campaign))
    };
    for flag in flags(&campaign).iter().filter(|flag| flag.stops()) {
        let reason = match flag.rule {
            Rule::Undecided => "my own access is for Bob to review",
            _ => "a pilot: \"all\" of it is known\u{200b}",
        };
        happens(&mut campaign, flag.waive(Raw::from(reason)));
    }
    let open = campaign.as_ref().expect("it was opened");
    let attested = Attested {
        statement: seal::statement(open, PRINCIPAL, &flags(&campaign)),
        principal: Raw::from(PRINCIPAL),
        progress: open.progress(),
    };
    happens(&mut campaign, Event::Attested(Box::new(attested)));
    let campaign = campaign.expect("it was opened");
    files.set(record::JOURNAL, text);

    let mut lines = String::new();
    let mut decisions = Decisions::new(&campaign);
    for index in 0..snapshot.len() {
        decisions.line(Item(u32::try_from(index).expect("few")), &mut lines);
    }
    files.set(record::DECISIONS, lines);
    let signer = key_file::load(&Keys::new().path(key), None).expect("a test key");
    let others = record::LISTED
        .into_iter()
        .filter(|name| *name != record::REVIEW);
    let seal = Seal {
        record_id: "019a0000-0000-7000-8000-000000000001".to_owned(),
        sealed_at: time("2026-10-01T09:00:00Z"),
        key_fingerprint: signer.public().fingerprint.clone(),
        key_type: signer.public().key_type.clone(),
        tool: Tool {
            name: "muster".to_owned(),
            version: "0.1.0".to_owned(),
        },
        salts: Salts(Digest::of(b"salt")),
    };
    let nothing = Trunk {
        leaves: 0,
        root: Digest::of(b""),
    };
    let roots = Roots::of(&campaign, &seal, [nothing; 3]);
    files.set(record::ROOTS, roots.expect("it is attested").print());
    let contents = Contents {
        journal_entries: campaign.entries().len() as u64,
        journal_head: head,
        merkle_root: Digest::of(b""),
        policy: Digest::of(b""),
        bytes: others.map(|name| (name, 0)).collect(),
    };
    let review = Review::of(&campaign, seal, contents);
    files.set(record::REVIEW, review.expect("it is attested").print());
    files.recompute_review();
    files.recompute_sums();
    files.sign(key, record::NAMESPACE);
    files
}

/// The server's answers that go with the record.
pub(crate) fn answers() -> Vec<evidence::Answer> {
    let calls = ["profiles", "teams", "roles", "projects", "members"];
    (1..)
        .zip(calls)
        .map(|(number, call)| evidence::Answer {
            number,
            at: time("2026-10-01T08:00:02Z"),
            method: "GET".to_owned(),
            url: format!("https://acme.jetbrains.space/api/http/{call}"),
            request: None,
            status: 200,
            date: Some("Thu, 01 Oct 2026 08:00:02 GMT".to_owned()),
            body: evidence::Body::Whole(b"{\"next\":\"\",\"totalCount\":0,\"data\":[]}".to_vec()),
        })
        .collect()
}

/// The same as they are kept in a record.
pub(crate) fn evidence() -> Vec<u8> {
    let mut writer = evidence::Writer::new(Vec::new()).expect("memory");
    for answer in answers() {
        writer.write(&answer).expect("memory");
    }
    writer.finish().expect("memory")
}

/// The good record; `evidence` is given, because another version of the compressor writes other bytes.
pub(crate) fn good(evidence: &[u8]) -> Files {
    seal(snapshot(), evidence, events, "ed25519")
}

/// An organization with this many grants, as many of each account.
pub(crate) fn large_snapshot(grants: u32, of_each: u32) -> Snapshot {
    let number = |count: u32| (0..count).map(|n| format!("{n:07}"));
    let accounts = grants / of_each;
    let mut parts = Parts {
        organization: snapshot().organization().clone(),
        accounts: number(accounts)
            .map(|id| account(&id, &format!("Name{id}"), "Of Many"))
            .collect(),
        teams: vec![team("t1", "Everybody", None)],
        projects: number(1000)
            .map(|id| Project {
                key: Raw::from(id.as_str()),
                name: Raw::from(format!("Project {id}")),
                id: id.into(),
                private: Fact::Known(true),
                archived: Fact::Known(false),
                source: 4,
            })
            .collect(),
        roles: vec![role(
            "project:member",
            "Project Member",
            RoleKind::ProjectMember,
        )],
        memberships: Vec::new(),
        grants: Vec::new(),
    };
    parts.grants = (0..accounts * of_each)
        .map(|n| {
            let holder = Holder::Account(AccountIx(n / of_each));
            let project = ProjectIx((n / of_each * 7 + n % of_each) % 1000);
            let entitlement = Entitlement::ProjectRole(project, RoleIx(0));
            Grant {
                id: GrantId::of(&parts, holder, entitlement),
                holder,
                entitlement,
                source: 5,
            }
        })
        .collect();
    Snapshot::assemble(parts).expect("a sound population")
}

/// Opens a review and keeps or revokes everything at once, then one by one every tenth item.
pub(crate) fn bulk_events(population: Digest, snapshot: &Snapshot) -> Vec<Event> {
    let mut opened = vec![opening(population, snapshot, None)];
    let end = Item(u32::try_from(snapshot.len()).expect("few"));
    let decided = |decision, items: ItemSet, reason: Option<&str>, chosen| {
        Event::Decided(Decided {
            change: Change::Decide(decision),
            items,
            reason: reason.map(Raw::from),
            chosen,
            left_out: LeftOut::default(),
        })
    };
    opened.push(decided(
        Decision::Keep,
        ItemSet::range(Item(0), end),
        None,
        Chosen::Marked,
    ));
    opened.extend((0..end.0).step_by(10).map(|n| {
        decided(
            Decision::Revoke,
            Item(n).into(),
            Some("not used"),
            Chosen::Single,
        )
    }));
    opened
}

/// A scope that covers a part of [`snapshot`].
pub(crate) const SCOPE: &str = "team:\"Payments\" state:active";

/// A review of what is in [`SCOPE`].
pub(crate) fn scoped_events(population: Digest, snapshot: &Snapshot) -> Vec<Event> {
    let Event::Opened(mut opened) = opening(population, snapshot, Some(AccountId("1anna".into())))
    else {
        panic!("a review is opened first");
    };
    opened.scope = Some(Raw::from(SCOPE));
    opened.provenance.gaps.clear();
    opened.provenance.evidence = Evidence::Hashes;
    let scope = Scope::parse(SCOPE).expect("a scope");
    let items = scope.select(snapshot, opened.provenance.ended);
    let own = snapshot.find_account("1anna").map(Holder::Account);
    let others = |item: &Item| Some(snapshot.grant(*item).holder) != own;
    let items: ItemSet = items.expect("it is there").iter().filter(others).collect();
    let privileged = |item: &Item| is_privileged(snapshot, snapshot.grant(*item));
    let privileged: ItemSet = items.iter().filter(privileged).collect();
    vec![
        Event::Opened(opened),
        Event::Decided(Decided {
            change: Change::Decide(Decision::Keep),
            items: items.without(&privileged),
            reason: None,
            chosen: Chosen::Filter(Raw::from("is:undecided")),
            left_out: [(signal::Rule::Privileged, privileged)]
                .into_iter()
                .collect(),
        }),
    ]
}

/// The record of [`scoped_events`].
pub(crate) fn good_scoped(evidence: &[u8]) -> Files {
    seal(snapshot(), evidence, scoped_events, "ed25519")
}

/// The answers of [`answers`], of which only digests are kept.
pub(crate) fn hashes() -> Vec<u8> {
    let mut writer = evidence::Writer::new(Vec::new()).expect("memory");
    for answer in answers() {
        let body = evidence::Body::Digest(answer.body.digest());
        let answer = evidence::Answer { body, ..answer };
        writer.write(&answer).expect("memory");
    }
    writer.finish().expect("memory")
}

fn opening(population: Digest, snapshot: &Snapshot, own: Option<AccountId>) -> Event {
    Event::Opened(Box::new(Opened {
        previous: None,
        previous_record: None,
        review: "2026 Q4".to_owned(),
        reviewer: Raw::from("anna"),
        reviewer_account: own,
        items: snapshot.len() as u64,
        accounts: snapshot.accounts().len() as u64,
        scope: None,
        provenance: provenance(population),
        tool: "muster 0.1.0".to_owned(),
    }))
}
