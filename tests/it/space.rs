//! Fetching an organization: from a real server over HTTP into a snapshot, with everything that can go wrong.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use muster::{
    demo::{self, Fault, Roles, Server, Size, State, When},
    domain::{
        account::Fact,
        grant::{Entitlement, GrantId, Held, Holder, HolderId},
        resource::RoleKind,
        snapshot::Snapshot,
        time::Timestamp,
    },
    space::{Answer, Client, ClientOptions, Error, Fetched, Progress, fetch},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

async fn serve(size: Size) -> Server {
    serve_with(State::of(size), demo::Options::default()).await
}

async fn serve_with(state: State, options: demo::Options) -> Server {
    let server = Server::start(state, options).await;
    server.expect("loopback has a free port")
}

/// Options under which no test waits.
fn impatient() -> ClientOptions {
    ClientOptions {
        backoff: Duration::from_millis(1),
        request_timeout: Duration::from_secs(5),
        ..ClientOptions::default()
    }
}

/// What came of a fetch.
struct Run {
    result: Result<Fetched, Error>,
    answers: Vec<Answer>,
    progress: Vec<Progress>,
}

impl Run {
    fn fetched(&self) -> &Fetched {
        match &self.result {
            Ok(fetched) => fetched,
            Err(error) => panic!("{error}"),
        }
    }

    fn error(&self) -> &Error {
        match &self.result {
            Ok(_) => panic!("it was fetched"),
            Err(error) => error,
        }
    }

    /// The gaps as a person reads them.
    fn gaps(&self) -> Vec<String> {
        let gaps = self.fetched().gaps.iter();
        gaps.map(|gap| format!("{}: {}", gap.missing.raw(), gap.reason.raw()))
            .collect()
    }
}

async fn run(server: &Server) -> Run {
    run_with(server, impatient()).await
}

async fn run_with(server: &Server, options: ClientOptions) -> Run {
    run_at(&server.url(), server.token(), options).await
}

async fn run_at(url: &str, token: &str, options: ClientOptions) -> Run {
    let address = url.parse().expect("an address");
    let client = Client::new(address, token.into(), options).expect("a client");
    let (sender, mut receiver) = mpsc::channel(2);
    let taker = tokio::spawn(async move {
        let mut answers = Vec::new();
        while let Some(answer) = receiver.recv().await {
            answers.push(answer);
        }
        answers
    });
    let progress = Mutex::new(Vec::new());
    let note = |now| progress.lock().expect("no test panics here").push(now);
    let result = fetch(&client, &note, sender, &clock, CancellationToken::new()).await;
    let answers = taker.await.expect("the taker does not panic");
    let run = Run {
        result,
        answers,
        progress: progress.into_inner().expect("no test panics here"),
    };
    let shown = format!(
        "{client:?}{:?}{:?}{:?}",
        run.result.as_ref().err(),
        run.answers,
        run.progress
    );
    assert!(!shown.contains(token), "the token shows");
    for answer in &run.answers {
        assert!(!String::from_utf8_lossy(&answer.body).contains(token));
    }
    if let Err(error) = &run.result {
        assert!(
            error.to_string().contains(url) || matches!(error, Error::Cancelled),
            "{error}"
        );
    }
    run
}

fn clock() -> Timestamp {
    "2026-11-01T09:00:00.000Z".parse().expect("a time")
}

/// Everything a snapshot says, one fact a line.
fn facts(snapshot: &Snapshot) -> Vec<String> {
    let mut facts = Vec::new();
    for account in snapshot.accounts() {
        facts.push(format!(
            "account {:?} {:?} {:?} {:?} {:?} {:?} archived={:?} left={:?} suspended={:?} {:?} joined={:?} {:?} \
             seen={:?} hr={:?} listed={}",
            account.id.0,
            account.username.raw(),
            account.first_name.raw(),
            account.last_name.raw(),
            account.email.known().map(|email| email.raw().to_owned()),
            account.kind,
            account.archived.known(),
            account.left_at.known(),
            account.suspended.known(),
            account.suspended_at.known(),
            account.joined.known(),
            account.two_factor.known(),
            account.last_sign_in.known(),
            account.external_id.known().map(|id| id.raw().to_owned()),
            account.listed,
        ));
    }
    for team in snapshot.teams() {
        let parent = team
            .parent
            .map(|parent| snapshot.team(parent).id.to_string());
        facts.push(format!(
            "team {:?} {:?} above={parent:?} archived={:?} disbanded={:?} {:?} listed={}",
            team.id,
            team.name.raw(),
            team.archived.known(),
            team.disbanded.known(),
            team.disbanded_at.known(),
            team.listed,
        ));
    }
    for project in snapshot.projects() {
        facts.push(format!(
            "project {:?} {:?} {:?} private={:?} archived={:?}",
            project.id,
            project.key.raw(),
            project.name.raw(),
            project.private.known(),
            project.archived.known(),
        ));
    }
    for grant in snapshot.grants() {
        let holder = match grant.holder {
            Holder::Everyone(audience) => format!("{audience:?}"),
            Holder::Account(account) => snapshot.account(account).id.0.to_string(),
            Holder::Team(team) => snapshot.team(team).id.to_string(),
        };
        let what = match grant.entitlement {
            Entitlement::SignIn => "sign-in".to_owned(),
            Entitlement::OrganizationRole(role) => {
                let role = snapshot.role(role);
                format!("{} {:?} {:?}", role.key, role.name.raw(), role.kind)
            }
            Entitlement::ProjectRole(project, role) => {
                let role = snapshot.role(role);
                let project = &snapshot.project(project).id;
                format!(
                    "{project} {} {:?} {:?}",
                    role.key,
                    role.name.raw(),
                    role.kind
                )
            }
            Entitlement::Membership(membership) => {
                let membership = snapshot.membership(membership);
                format!(
                    "membership {} of {} as {:?} lead={:?} pending={:?} archived={:?} {:?}..{:?}",
                    membership.id,
                    snapshot.team(membership.team).id,
                    membership
                        .position
                        .known()
                        .map(|position| position.raw().to_owned()),
                    membership.lead.known(),
                    membership.pending.known(),
                    membership.archived.known(),
                    membership.since.known(),
                    membership.till.known(),
                )
            }
        };
        facts.push(format!("grant {} {holder} {what}", grant.id));
    }
    facts.sort();
    facts
}

/// The same facts from the server's own state, without HTTP, JSON or a client.
fn truth(state: &State, organization: &str) -> Vec<String> {
    let mut facts = Vec::new();
    let id = |held: Held<'_>| GrantId::of(organization, held);
    for (ix, account) in (0..).zip(state.accounts()) {
        let account_id = state.account_id(ix);
        facts.push(format!(
            "account {account_id:?} {:?} {:?} {:?} {:?} {:?} archived={:?} left={:?} suspended={:?} {:?} \
             joined={:?} {:?} seen={:?} hr={:?} listed=true",
            &*account.username,
            &*account.first_name,
            &*account.last_name,
            Some(state.email(account)),
            account.kind,
            Some(account.archived),
            account.left_at.as_ref(),
            Some(account.suspended_at.is_some()),
            account.suspended_at.as_ref(),
            account.joined.as_ref(),
            Some(account.two_factor),
            None::<Timestamp>,
            account.external_id.as_ref().map(ToString::to_string),
        ));
        let held = Held::SignIn {
            account: &account_id,
        };
        facts.push(format!("grant {} {account_id} sign-in", id(held)));
    }
    for (ix, team) in (0..).zip(state.teams()) {
        facts.push(format!(
            "team {:?} {:?} above={:?} archived={:?} disbanded={:?} {:?} listed=true",
            state.team_id(ix),
            &*team.name,
            team.parent.map(|parent| state.team_id(parent)),
            Some(team.archived),
            Some(team.disbanded_at.is_some()),
            team.disbanded_at.as_ref(),
        ));
    }
    for membership in state
        .memberships()
        .iter()
        .filter(|membership| !membership.archived)
    {
        let membership_id = state.membership_id(membership);
        let held = Held::Membership {
            membership: &membership_id,
        };
        facts.push(format!(
            "grant {} {} membership {membership_id} of {} as {:?} lead={:?} pending={:?} archived={:?} {:?}..{:?}",
            id(held),
            state.account_id(membership.member),
            state.team_id(membership.team),
            Some(state.position(membership).to_owned()),
            Some(membership.lead),
            Some(membership.pending),
            Some(false),
            membership.since.as_ref(),
            membership.till.as_ref(),
        ));
    }
    for (ix, role) in (0..).zip(state.roles()) {
        let role_id = state.role_id(ix);
        let name = &*role.name;
        if let Some(audience) = role.implicit {
            facts.push(format!(
                "grant {} {audience:?} org:{role_id} {name:?} {:?}",
                id(Held::Implicit { role: &role_id }),
                RoleKind::OrganizationImplicit
            ));
            continue;
        }
        let kind = match role.code {
            Some(_) => RoleKind::OrganizationPredefined,
            None => RoleKind::OrganizationCustom,
        };
        let accounts = role.profiles.iter().map(|ix| (true, state.account_id(*ix)));
        let teams = role.teams.iter().map(|ix| (false, state.team_id(*ix)));
        for (account, holder) in accounts.chain(teams) {
            let held = Held::OrganizationRole {
                holder: holder_id(account, &holder),
                role: &role_id,
            };
            facts.push(format!(
                "grant {} {holder} org:{role_id} {name:?} {kind:?}",
                id(held)
            ));
        }
    }
    for (ix, project) in (0..).zip(state.projects()) {
        let project_id = state.project_id(ix);
        facts.push(format!(
            "project {project_id:?} {:?} {:?} private={:?} archived={:?}",
            &*project.key,
            &*project.name,
            Some(project.private),
            Some(project.archived),
        ));
        let people = project
            .people
            .iter()
            .map(|one| (true, state.account_id(one.holder), one.roles));
        let teams = project
            .teams
            .iter()
            .map(|one| (false, state.team_id(one.holder), one.roles));
        for (account, holder, roles) in people.chain(teams) {
            for (key, name, kind) in role_lines(state, ix, roles) {
                let held = Held::ProjectRole {
                    holder: holder_id(account, &holder),
                    project: &project_id,
                    role_key: &key,
                };
                facts.push(format!(
                    "grant {} {holder} {project_id} {key} {name:?} {kind:?}",
                    id(held)
                ));
            }
        }
    }
    facts.sort();
    facts
}

fn holder_id(account: bool, id: &str) -> HolderId<'_> {
    if account {
        HolderId::Account(id)
    } else {
        HolderId::Team(id)
    }
}

fn role_lines(state: &State, project: u32, roles: Roles) -> Vec<(String, String, RoleKind)> {
    let built_in = [
        (
            Roles::ADMIN,
            "project:admin",
            "Project Admin",
            RoleKind::ProjectAdmin,
        ),
        (
            Roles::MEMBER,
            "project:member",
            "Project Member",
            RoleKind::ProjectMember,
        ),
        (
            Roles::EXTERNAL,
            "project:external",
            "External",
            RoleKind::ProjectExternal,
        ),
    ];
    let built_in = built_in.into_iter().filter(|one| roles.has(one.0));
    let mut lines: Vec<_> = built_in
        .map(|(_, key, name, kind)| (key.to_owned(), name.to_owned(), kind))
        .collect();
    for number in roles.customs() {
        let key = format!("project:role:{}", state.custom_role_id(project, number));
        let name = state.projects()[project as usize].custom_roles[number]
            .name
            .to_string();
        lines.push((key, name, RoleKind::ProjectCustom));
    }
    lines
}

/// Checks that a fetch got all that is there: nothing missing, nothing twice, nothing else.
fn assert_whole(run: &Run, server: &Server) {
    let fetched = run.fetched();
    assert_eq!(run.gaps(), Vec::<String>::new());
    let organization = &fetched.snapshot.organization().id;
    let (truth, facts) = (
        truth(&server.state(), organization),
        without_sign_ins(&fetched.snapshot),
    );
    let missing: Vec<_> = truth
        .iter()
        .filter(|fact| facts.binary_search(fact).is_err())
        .take(5)
        .collect();
    let other: Vec<_> = facts
        .iter()
        .filter(|fact| truth.binary_search(fact).is_err())
        .take(5)
        .collect();
    assert!(
        missing.is_empty() && other.is_empty(),
        "missing: {missing:#?}, other: {other:#?}"
    );
    assert_eq!(facts.len(), truth.len());
    assert_eq!(fetched.snapshot.len(), server.state().grant_count());
}

/// The facts, without the time of the last sign-in, which the truth leaves out too.
fn without_sign_ins(snapshot: &Snapshot) -> Vec<String> {
    let cut = |fact: String| match (fact.find(" seen="), fact.find(" hr=")) {
        (Some(seen), Some(hr)) => format!("{} seen=None{}", &fact[..seen], &fact[hr..]),
        _ => fact,
    };
    let mut facts: Vec<_> = facts(snapshot).into_iter().map(cut).collect();
    facts.sort();
    facts
}

#[tokio::test]
async fn a_fetch_gets_all_that_is_there_and_nothing_twice() {
    for size in [Size::S, Size::M] {
        let server = serve(size).await;
        let run = run(&server).await;
        assert_whole(&run, &server);
        let fetched = run.fetched();
        let reader = fetched
            .reader
            .as_ref()
            .expect("the token belongs to somebody");
        assert_eq!(reader.username.raw(), server.state().reviewer());
        assert!(fetched.server_began.is_some());
        let numbers: Vec<u32> = run.answers.iter().map(|answer| answer.number).collect();
        assert_eq!(
            numbers,
            (1..=u32::try_from(numbers.len()).expect("few")).collect::<Vec<_>>()
        );
        let last = run.progress.last().expect("there is progress");
        assert_eq!((last.requests, last.retries), (run.answers.len() as u64, 0));
    }
}
