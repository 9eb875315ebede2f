//! A small organization for tests.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Digest,
    account::{Account, AccountId, Fact, Kind},
    campaign::{Campaign, Refusal, Terms},
    check::{Flag, check},
    earlier::Earlier,
    grant::{Audience, Entitlement, Grant, GrantId, Holder, Membership},
    items::Item,
    journal::{Entry, Event, Opened, PreviousRecord},
    policy::Policy,
    provenance::{Evidence, Provenance, Reader},
    resource::{Organization, Project, Role, RoleKind, Team},
    snapshot::{AccountIx, MembershipIx, Parts, ProjectIx, RoleIx, Snapshot, TeamIx},
    text::Raw,
    time::Timestamp,
};

/// 2026-03-31T09:00:00Z
pub(crate) fn now() -> Timestamp {
    "2026-03-31T09:00:00Z".parse().expect("a time")
}

/// Builds parts by name; every id is the lower-case name.
#[derive(Debug)]
pub(crate) struct Org(Parts);

impl Org {
    pub(crate) fn new() -> Self {
        let organization = Organization {
            id: "org1".into(),
            name: Raw::from("Acme"),
            url: "http://127.0.0.1:8084".into(),
        };
        let mut org = Self(Parts {
            organization,
            accounts: vec![],
            teams: vec![],
            projects: vec![],
            roles: vec![],
            memberships: vec![],
            grants: vec![],
        });
        for (key, name, kind) in [
            ("org:member", "Member", RoleKind::OrganizationImplicit),
            (
                "org:admin",
                "System Admin",
                RoleKind::OrganizationPredefined,
            ),
            ("project:admin", "Project Admin", RoleKind::ProjectAdmin),
            ("project:member", "Project Member", RoleKind::ProjectMember),
            ("project:external", "External", RoleKind::ProjectExternal),
        ] {
            org.0.roles.push(Role {
                key: key.into(),
                name: Raw::from(name),
                kind,
                source: 1,
            });
        }
        org.grant(
            &["implicit", "member"],
            Holder::Everyone(Audience::Members),
            Entitlement::OrganizationRole(RoleIx(0)),
        );
        org
    }

    fn grant(&mut self, parts: &[&str], holder: Holder, entitlement: Entitlement) {
        self.0.grants.push(Grant {
            id: GrantId::derive("org1", parts),
            holder,
            entitlement,
            source: 1,
        });
    }

    pub(crate) fn account(
        &mut self,
        first: &str,
        last: &str,
        change: impl FnOnce(&mut Account),
    ) -> &mut Self {
        let id = first.to_lowercase();
        let mut account = Account {
            username: Raw::from(&*id),
            first_name: Raw::from(first),
            last_name: Raw::from(last),
            email: Fact::Known(Raw::from(format!("{id}@example.com"))),
            kind: Kind::Member,
            archived: Fact::Known(false),
            left_at: Fact::Absent,
            suspended: Fact::Known(false),
            suspended_at: Fact::Absent,
            joined: Fact::Known("2020-01-01".parse().expect("a day")),
            two_factor: Fact::Absent,
            last_sign_in: Fact::Unknown,
            external_id: Fact::Absent,
            listed: true,
            source: 1,
            id: AccountId(id.as_str().into()),
        };
        change(&mut account);
        let ix = AccountIx::at(self.0.accounts.len());
        self.0.accounts.push(account);
        self.grant(&["sign-in", &id], Holder::Account(ix), Entitlement::SignIn);
        self
    }

    pub(crate) fn change_account(
        &mut self,
        first: &str,
        change: impl FnOnce(&mut Account),
    ) -> &mut Self {
        let accounts = &mut self.0.accounts;
        let found = accounts
            .iter_mut()
            .find(|account| account.first_name.raw() == first);
        change(found.expect("an account"));
        self
    }

    pub(crate) fn team(
        &mut self,
        name: &str,
        parent: Option<&str>,
        change: impl FnOnce(&mut Team),
    ) -> &mut Self {
        let mut team = Team {
            id: name.to_lowercase().into(),
            name: Raw::from(name),
            parent: parent.map(|name| self.team_ix(name)),
            archived: Fact::Known(false),
            disbanded: Fact::Known(false),
            disbanded_at: Fact::Absent,
            listed: true,
            source: 1,
        };
        change(&mut team);
        self.0.teams.push(team);
        self
    }

    /// A role whose name is its key.
    pub(crate) fn custom(&mut self, key: &str, kind: RoleKind) -> &mut Self {
        self.0.roles.push(Role {
            key: key.into(),
            name: Raw::from(key),
            kind,
            source: 1,
        });
        self
    }

    pub(crate) fn project(&mut self, name: &str) -> &mut Self {
        self.project_with(name, |_| {})
    }

    pub(crate) fn project_with(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Project),
    ) -> &mut Self {
        let mut project = Project {
            id: name.to_lowercase().into(),
            key: Raw::from(name.to_uppercase()),
            name: Raw::from(name),
            private: Fact::Known(false),
            archived: Fact::Known(false),
            source: 1,
        };
        change(&mut project);
        self.0.projects.push(project);
        self
    }

    pub(crate) fn custom_role(&mut self, key: &str, name: &str, kind: RoleKind) -> &mut Self {
        self.0.roles.push(Role {
            key: key.into(),
            name: Raw::from(name),
            kind,
            source: 1,
        });
        self
    }

    /// Puts a team that is there below another one.
    pub(crate) fn below(&mut self, name: &str, parent: &str) -> &mut Self {
        let (team, parent) = (self.team_ix(name), self.team_ix(parent));
        self.0.teams[team.index()].parent = Some(parent);
        self
    }

    /// Changes the membership of an account in a team.
    pub(crate) fn membership(
        &mut self,
        account: &str,
        team: &str,
        change: impl FnOnce(&mut Membership),
    ) -> &mut Self {
        let id = format!("{account}-{team}").to_lowercase();
        let mut all = self.0.memberships.iter_mut();
        change(all.find(|it| *it.id == *id).expect("a membership"));
        self
    }

    pub(crate) fn join(
        &mut self,
        account: &str,
        team: &str,
        change: impl FnOnce(&mut Membership),
    ) -> &mut Self {
        let id = format!("{account}-{team}").to_lowercase();
        let mut membership = Membership {
            id: id.as_str().into(),
            team: self.team_ix(team),
            lead: Fact::Known(false),
            position: Fact::Absent,
            since: Fact::Absent,
            till: Fact::Absent,
            pending: Fact::Known(false),
            archived: Fact::Known(false),
        };
        change(&mut membership);
        let id = membership.id.clone();
        let ix = MembershipIx::at(self.0.memberships.len());
        self.0.memberships.push(membership);
        let holder = self.account_holder(account);
        self.grant(&["membership", &id], holder, Entitlement::Membership(ix));
        self
    }

    pub(crate) fn account_role(
        &mut self,
        account: &str,
        project: Option<&str>,
        role: &str,
    ) -> &mut Self {
        let holder = self.account_holder(account);
        self.role(("account", account), holder, project, role)
    }

    pub(crate) fn team_role(&mut self, team: &str, project: Option<&str>, role: &str) -> &mut Self {
        let holder = Holder::Team(self.team_ix(team));
        self.role(("team", team), holder, project, role)
    }

    fn role(
        &mut self,
        (kind, name): (&str, &str),
        holder: Holder,
        project: Option<&str>,
        role: &str,
    ) -> &mut Self {
        let at = self
            .0
            .roles
            .iter()
            .position(|it| &*it.key == role)
            .expect("a role of the fixture");
        let id = name.to_lowercase();
        match project {
            Some(project) => {
                let ix = self
                    .0
                    .projects
                    .iter()
                    .position(|it| it.name.raw() == project)
                    .expect("a project");
                let entitlement = Entitlement::ProjectRole(ProjectIx::at(ix), RoleIx::at(at));
                self.grant(
                    &["project-role", kind, &id, &project.to_lowercase(), role],
                    holder,
                    entitlement,
                );
            }
            None => self.grant(
                &["org-role", kind, &id, role],
                holder,
                Entitlement::OrganizationRole(RoleIx::at(at)),
            ),
        }
        self
    }

    fn team_ix(&self, name: &str) -> TeamIx {
        TeamIx::at(
            self.0
                .teams
                .iter()
                .position(|team| team.name.raw() == name)
                .expect("a team"),
        )
    }

    fn account_holder(&self, first: &str) -> Holder {
        let ix = self
            .0
            .accounts
            .iter()
            .position(|account| account.first_name.raw() == first)
            .expect("an account");
        Holder::Account(AccountIx::at(ix))
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot::assemble(self.0.clone()).expect("the fixture is sound"))
    }
}

/// Ada (the reviewer) leads Payments below Engineering; Ben is in Payments and in Payments' project by
/// himself too; Cleo is external; Dan left; Engineering is a member of Lab; Payments of Pay.
pub(crate) fn acme() -> Org {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Ôkafor", |_| {})
        .account("Cleo", "Gast", |it| it.kind = Kind::Collaborator)
        .account("Dan", "Alt", |it| it.archived = Fact::Known(true))
        .team("Engineering", None, |_| {})
        .team("Payments", Some("Engineering"), |_| {})
        .team("Attic", None, |it| it.disbanded = Fact::Known(true))
        .project("Pay")
        .project("Lab")
        .join("Ada", "Payments", |it| it.lead = Fact::Known(true))
        .join("Ben", "Payments", |_| {})
        .join("Dan", "Attic", |_| {})
        .account_role("Ada", None, "org:admin")
        .account_role("Ben", Some("Pay"), "project:admin")
        .account_role("Cleo", Some("Pay"), "project:external")
        .team_role("Engineering", Some("Lab"), "project:member")
        .team_role("Payments", Some("Pay"), "project:member")
        .team_role("Attic", Some("Lab"), "project:member");
    org
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        resumed: Vec::new(),
        began: now(),
        ended: now(),
        server_began: None,
        server_ended: None,
        reader: Reader::Unknown,
        rights: vec![],
        endpoints: vec![],
        gaps: vec![],
        evidence: Evidence::Full,
        population: Digest([0; 32]),
    }
}

/// A review of `snapshot` that has just begun; the reviewer is Ada, when she is there.
pub(crate) fn campaign(snapshot: &Arc<Snapshot>) -> Campaign {
    scoped(snapshot, None).expect("it opens")
}

/// A policy that takes nothing out of a bulk.
pub(crate) fn lenient() -> Policy {
    Policy {
        bulk_keep_leaves_out: BTreeSet::new(),
        ..Policy::default()
    }
}

/// The same under a policy.
pub(crate) fn under(snapshot: &Arc<Snapshot>, policy: Policy) -> Campaign {
    let terms = Terms {
        policy: Arc::new(policy),
        ..Terms::default()
    };
    let first = entry(1, Event::Opened(Box::new(opened(snapshot, None))));
    Campaign::open(Arc::clone(snapshot), terms, first).expect("it opens")
}

/// The same with a scope.
pub(crate) fn scoped(snapshot: &Arc<Snapshot>, scope: Option<&str>) -> Result<Campaign, Refusal> {
    Campaign::open(
        Arc::clone(snapshot),
        Terms::default(),
        entry(1, Event::Opened(Box::new(opened(snapshot, scope)))),
    )
}

/// A review of `snapshot` that is compared with `previous`, which was sealed as the record `0188`.
pub(crate) fn after(snapshot: &Arc<Snapshot>, previous: &Campaign) -> Campaign {
    let mut opened = opened(snapshot, None);
    opened.previous_record = Some(PreviousRecord {
        record: "0188".to_owned(),
        sums: Digest([1; 32]),
        review: "q0".to_owned(),
        as_of: previous.as_of(),
        sealed_at: now(),
        principal: Raw::from("ada@example.com"),
        key_fingerprint: "SHA256:7yLs".to_owned(),
        signer_known: true,
    });
    let earlier = Earlier::of(previous, snapshot, now());
    let terms = Terms {
        earlier: Some(Arc::new(earlier)),
        ..Terms::default()
    };
    let first = entry(1, Event::Opened(Box::new(opened)));
    Campaign::open(Arc::clone(snapshot), terms, first).expect("it opens")
}

fn opened(snapshot: &Snapshot, scope: Option<&str>) -> Opened {
    Opened {
        previous: None,
        previous_record: None,
        review: "q1".to_owned(),
        reviewer: Raw::from("ada"),
        reviewer_account: Some(AccountId("ada".into())),
        items: snapshot.len() as u64,
        accounts: snapshot.accounts().len() as u64,
        scope: scope.map(Raw::from),
        provenance: provenance(),
        tool: "muster 0.1.0".to_owned(),
    }
}

/// Entry `seq`, `seq` seconds after [`now`].
pub(crate) fn entry(seq: u32, event: Event) -> Entry {
    let at = Timestamp::from_ms(now().ms() + i64::from(seq) * 1000).expect("a time");
    Entry {
        seq,
        at,
        by: Raw::from("ada"),
        event,
        remains: None,
    }
}

/// Waives every flag that stops the signature.
pub(crate) fn waive(campaign: &mut Campaign) {
    let at = entry(campaign.next_seq(), Event::Undone { entry: 0 }).at;
    for flag in check(campaign, at).iter().filter(|flag| flag.stops()) {
        let event = flag.waive(Raw::from("a pilot"));
        let entry = entry(campaign.next_seq(), event);
        campaign.apply(entry).expect("it is there");
    }
}

/// The red flags of `campaign` on the day of its snapshot.
pub(crate) fn flags(campaign: &Campaign) -> Vec<Flag> {
    check(campaign, campaign.as_of())
}

/// The item whose holder, resource and role have these names.
pub(crate) fn item(snapshot: &Snapshot, holder: &str, resource: &str, role: &str) -> Item {
    let found = (0..snapshot.len())
        .map(|index| Item(u32::try_from(index).expect("few")))
        .find(|item| {
            snapshot
                .holder_label(snapshot.grant(*item).holder)
                .raw()
                .starts_with(holder)
                && snapshot.resource_label(*item).raw() == resource
                && snapshot.role_label(*item).raw() == role
        });
    found.unwrap_or_else(|| panic!("no item: {holder}, {resource}, {role}"))
}
