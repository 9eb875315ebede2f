//! The embedded organization, asked over HTTP by a client that knows nothing of its insides.

mod calls;
mod faults;
mod rights;

use crate::contract;
use muster::demo::{Options, Roles, Server, Size, State};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends one request over a connection of its own. The path follows `/api/http/`.
pub(crate) async fn ask(
    server: &Server,
    token: &str,
    method: &str,
    path: &str,
    body: &str,
) -> std::io::Result<Answer> {
    ask_at(&server.url(), token, method, path, body).await
}

async fn ask_at(
    url: &str,
    token: &str,
    method: &str,
    path: &str,
    body: &str,
) -> std::io::Result<Answer> {
    let host = url.strip_prefix("http://").expect("the server speaks http");
    let (host, prefix) = host.split_once('/').unwrap_or((host, ""));
    let slash = if prefix.is_empty() { "" } else { "/" };
    let request = format!(
        "{method} {slash}{prefix}/api/http/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(host, &request).await
}

async fn exchange(host: &str, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes).expect("answers are UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.unwrap_or(0),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

/// The answer to a GET with the reviewer's token.
pub(crate) async fn get(server: &Server, path: &str) -> Answer {
    let answer = ask(server, server.token(), "GET", path, "").await;
    answer.expect("the server answers")
}

async fn small() -> Server {
    start(State::of(Size::S)).await
}

async fn start(state: State) -> Server {
    let server = Server::start(state, Options::default()).await;
    server.expect("loopback has a free port")
}

#[tokio::test]
async fn the_reviewer_is_who_the_token_says() {
    let server = small().await;
    let me = get(&server, "team-directory/profiles/me?$fields=username").await;
    assert_eq!(me.status, 200, "{}", me.body);
    assert_eq!(me.json()["username"], "rosa.lind");
    assert_eq!(get(&server, "team-directory/positions").await.status, 404);
}

#[tokio::test]
async fn every_call_keeps_to_the_contract() {
    for size in [Size::S, Size::M] {
        let server = start(State::of(size)).await;
        let calls = calls::all(&server.state());
        for (method, call, body) in calls {
            let (path, query) = call.split_once('?').unwrap_or((&call, ""));
            contract::check_request(method, path, query, &body)
                .expect("the test asks as documented");
            let answer = ask(&server, server.token(), method, &call, &body).await;
            let answer = answer.expect("the server answers");
            assert_eq!(answer.status, 200, "{call}: {}", answer.body);
            if let Err(wrong) = contract::check_answer(method, path, query, &answer.json()) {
                panic!("{call}: {wrong}");
            }
        }
    }
}

#[tokio::test]
async fn the_lists_hold_the_whole_population_page_by_page() {
    for size in [Size::S, Size::M] {
        let server = start(State::of(size)).await;
        let everybody = "orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true";
        let accounts = walk(
            &server,
            &format!("team-directory/profiles?{everybody}"),
            "id",
        )
        .await;
        let memberships = walk(&server, "team-directory/memberships?", "id").await;
        let projects = walk(&server, "projects?", "id").await;
        let roles = ask_roles(&server, "global").await;
        let mut grants = accounts.len() + memberships.len();
        for project in &projects {
            let id = project["id"].as_str().expect("an id");
            for (list, fields) in [
                ("members", "profile(id),roles"),
                ("teams", "team(id),roles"),
            ] {
                let participants =
                    walk(&server, &format!("projects/id:{id}/people/{list}?"), fields).await;
                let pairs = participants
                    .iter()
                    .map(|one| one["roles"].as_array().map_or(0, Vec::len));
                grants += pairs.sum::<usize>();
            }
        }
        for role in roles.as_array().expect("a list of roles") {
            let id = role["roleId"].as_str().expect("an id");
            let mut holders = 0;
            for list in ["profiles", "teams"] {
                let answer = get(&server, &format!("permission-roles/{id}/{list}"))
                    .await
                    .json();
                holders += answer.as_array().expect("a list").len();
            }
            let implicit = role["membersEditable"] == false;
            assert!(!implicit || holders == 0, "implicit roles name nobody");
            grants += if implicit { 1 } else { holders };
        }
        let state = server.state();
        assert_eq!(accounts.len(), state.accounts().len());
        assert_eq!(memberships.len(), state.memberships().len());
        assert_eq!(projects.len(), state.projects().len());
        assert_eq!(grants, state.grant_count(), "size {size}");
    }
}

async fn ask_roles(server: &Server, context: &str) -> Value {
    let body = format!(r#"{{"contextIdentifier":"{context}"}}"#);
    let roles = ask(
        server,
        server.token(),
        "POST",
        "permission-roles/get",
        &body,
    )
    .await;
    roles.expect("the server answers").json()
}

/// All records of a list, page after page, until one is empty.
async fn walk(server: &Server, list: &str, fields: &str) -> Vec<Value> {
    let (mut all, mut skip) = (Vec::new(), String::new());
    loop {
        let call = format!("{list}&$top=100&$skip={skip}&$fields=next,totalCount,data({fields})");
        let page = get(server, &call).await.json();
        let Some(data) = page["data"].as_array().filter(|data| !data.is_empty()) else {
            assert_eq!(page["totalCount"], all.len(), "{list}");
            return all;
        };
        all.extend(data.iter().cloned());
        page["next"]
            .as_str()
            .expect("next is text")
            .clone_into(&mut skip);
    }
}

#[tokio::test]
async fn the_list_of_accounts_starts_with_current_members_only() {
    let server = small().await;
    let count = async |query: &str| {
        let call = format!("team-directory/profiles?{query}&$fields=totalCount");
        get(&server, &call).await.json()["totalCount"]
            .as_u64()
            .expect("a number")
    };
    let everybody = server.state().accounts().len() as u64;
    let (members, any) = (count("").await, count("orgRelation=ANY").await);
    let past = count("orgRelation=ANY&reportPastMembers=true").await;
    let all = count("orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true").await;
    assert_eq!(any - members, count("orgRelation=GUEST").await);
    assert_eq!((past - any, all - past, all), (3, 2, everybody));
    assert_eq!(
        count("reportCurrentMembers=false&reportPastMembers=true").await,
        3
    );
}

#[tokio::test]
async fn a_page_is_never_longer_than_the_server_allows() {
    let options = Options {
        largest_page: 7,
        ..Options::default()
    };
    let server = Server::start(State::of(Size::S), options)
        .await
        .expect("a free port");
    let page = get(&server, "team-directory/profiles?$top=1000")
        .await
        .json();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(7));
    assert_eq!(page["next"], "7");
}

#[tokio::test]
async fn what_is_changed_in_the_organization_shows_in_the_next_answer() {
    let server = small().await;
    let holds = async || {
        let call = "projects/key:FW/people/members?$fields=data(profile(username),roles)";
        get(&server, call).await.body.contains("theo.marsh")
    };
    assert!(holds().await);
    let removed = {
        let mut state = server.state_mut();
        let theo = state.account("theo.marsh").expect("Theo is in the story");
        let firmware = state.project("FW").expect("the project is in the story");
        let roles = Roles::ADMIN.and(Roles::custom(0)).and(Roles::custom(1));
        state.change_person(firmware, theo, Roles::default(), roles);
        let team = state.team("Firmware").expect("the team is in the story");
        state.remove_membership(theo, team)
    };
    assert!(removed);
    assert!(!holds().await);
    let memberships = get(
        &server,
        "team-directory/memberships?profiles=username:theo.marsh",
    )
    .await;
    assert_eq!(memberships.json()["totalCount"], 0);
}

#[tokio::test]
async fn pages_outside_the_interface_are_for_people() {
    let options = Options {
        prefix: "/space".to_owned(),
        ..Options::default()
    };
    let server = Server::start(State::of(Size::S), options)
        .await
        .expect("a free port");
    assert_eq!(get(&server, "organization").await.status, 200);
    let host = server.url().replace("http://", "").replace("/space", "");
    for path in ["/about", "/space/about", "/api/http/organization"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = exchange(&host, &request).await.expect("the server answers");
        assert!(answer.head.contains("text/html"), "{path}: {}", answer.head);
        assert!(answer.body.contains("Version "), "{path}");
    }
    let seen = server.requests();
    assert_eq!(seen[0].path, "/space/api/http/organization");
    assert_eq!(seen[0].method, "GET");
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_question_without_end_is_refused() {
    let server = small().await;
    let call = "team-directory/memberships?$fields=data(member(memberships!2))";
    let answer = get(&server, call).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (413, &"payload-too-large".into())
    );
}

#[tokio::test]
async fn the_last_page_of_the_large_organization_can_be_asked_for_at_once() {
    let state = State::of(Size::L);
    let last = state.memberships().len() - 3;
    let id = state.membership_id(&state.memberships()[last]);
    let server = start(state).await;
    let call = format!("team-directory/memberships?$skip={last}&$fields=next,totalCount,data(id)");
    let page = get(&server, &call).await.json();
    assert_eq!(page["data"][0]["id"], id.as_str());
    assert_eq!(
        (&page["next"], &page["totalCount"]),
        (&"300000".into(), &300_000.into())
    );
}

#[test]
fn the_story_and_its_script_fit_together() {
    let script: Value = serde_json::from_str(include_str!("../../assets/demo/script.json"))
        .expect("the script reads");
    let steps = script.as_array().expect("a list of steps");
    for step in steps {
        let decisions = ["keep", "revoke", "acknowledge", "waive"]
            .iter()
            .filter(|one| step.get(**one).is_some());
        assert_eq!(decisions.count(), 1, "{step}");
    }
    let state = State::of(Size::S);
    let roles = state.roles().iter().map(|role| role.name.to_lowercase());
    let shipped = ["project admin", "project member"].map(str::to_owned);
    let roles: Vec<String> = roles.chain(shipped).collect();
    for step in steps.iter().filter(|step| step.get("waive").is_none()) {
        let filter = step["where"].as_str().expect("a filter");
        for (field, value) in terms(filter) {
            let exists = match field {
                "account" => state.account(value).is_some(),
                "team" => state.team(value).is_some(),
                "project" => state.projects().iter().any(|project| project.name == value),
                "role" => roles
                    .iter()
                    .any(|role| role.contains(&value.to_lowercase())),
                "is" => "undecided kept revoked implicit own external guest suspended left"
                    .contains(value),
                _ => false,
            };
            assert!(exists, "{field}:{value} of '{filter}' is not in the story");
        }
    }
}

/// The `field:value` pairs of a filter, without signs and quotes.
fn terms(filter: &str) -> Vec<(&str, &str)> {
    let (mut terms, mut rest) = (Vec::new(), filter);
    while let Some((field, after)) = rest.split_once(':') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("quotes end"),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        terms.push((field.trim_start().trim_start_matches('-'), value));
        rest = after;
    }
    terms
}

#[test]
fn an_organization_is_the_same_each_time_and_found_by_its_size() {
    for (text, accounts) in [("s", 61), ("m", 1_000)] {
        let size: Size = text.parse().expect("a size");
        assert_eq!(size.to_string(), text);
        let state = State::of(size);
        assert_eq!(state.accounts().len(), accounts);
        assert_eq!(format!("{state:?}"), format!("{:?}", State::of(size)));
    }
    assert!("xl".parse::<Size>().is_err());
}
