//! The embedded organization, asked over HTTP by a client that knows nothing of its insides.

use crate::contract;
use muster::demo::{Options, Server, Size, State};
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
    let url = server.url();
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

/// The fields that a review asks for, and some that it might.
const PROFILE: &str = "id,username,name(firstName,lastName),emails(email,verified,blocked),archived,leftAt,joined,\
    notAMember,external,externalLight,accessSuspended,accessSuspendedAt,externalId,status,\
    logins(identifier,authModule(key,name),access(time,address,userAgent))";

/// Every call with fields as a review asks for them, with `*`, and with none; with the body of a POST.
fn calls(state: &State) -> Vec<(&'static str, String, String)> {
    let account = state.account_id(0);
    let team = state.team_id(1);
    let membership = state.membership_id(&state.memberships()[0]);
    let admins = state.role_id(0);
    let key = &state.projects()[0].key;
    let custom = state
        .projects()
        .iter()
        .position(|project| !project.custom_roles.is_empty());
    let custom = custom.expect("a project has a role of its own");
    let custom_key = &state.projects()[custom].key;
    let custom_id = state.custom_role_id(u32::try_from(custom).expect("few projects"), 0);
    let profiles = "team-directory/profiles";
    let everybody = "orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true";
    let membership_fields = "id,lead,archived,requiresApproval,since,till,activeSince,activeTill,member(id),\
        team(id,name),role(id,name),manager(id)";
    let batches = [
        (format!("{profiles}?{everybody}"), PROFILE),
        (
            format!("{profiles}?meOnTop=true&order=FULL_NAME&query=a"),
            "*,memberships(*)",
        ),
        (
            format!("{profiles}?teamId={team}&profiles=me&profiles=id:{account}"),
            "*",
        ),
        (
            "team-directory/teams?withArchived=true".to_owned(),
            "id,name,archived,disbanded,disbandedAt,externalId,parent(id),defaultManager(id)",
        ),
        (
            "team-directory/teams?query=e".to_owned(),
            "*,name,parent!,memberships(lead,member(name))",
        ),
        (
            format!("team-directory/teams/{team}/direct-members?query="),
            "username",
        ),
        (
            "team-directory/memberships?withArchived=false".to_owned(),
            membership_fields,
        ),
        (
            format!(
                "team-directory/memberships?teams={team}&directTeams=true&profiles=me&requiresApproval=false"
            ),
            "*",
        ),
        (
            format!(
                "team-directory/memberships?identifiers=id:{membership}&since=2020-01-01T00:00:00.000Z"
            ),
            "team(name,parent!,memberships(lead))",
        ),
        (
            "projects?term=".to_owned(),
            "id,key(key),name,private,archived,createdAt,latestRepositoryActivity,adminProfiles(id),adminTeams(id),memberProfiles(id),memberTeams(id),guestProfiles(id)",
        ),
        (
            format!("projects/key:{key}/people/members?query=a"),
            "profile(id,username,external),roles(role)",
        ),
        (
            format!("projects/key:{custom_key}/people/members?role=role:{custom_id}"),
            "*,roles",
        ),
        (
            format!("projects/key:{key}/people/teams?role=member"),
            "team(id,name),roles(className,role)",
        ),
        (
            format!("projects/key:{key}/access/member-profiles?includingAdmins=true"),
            "id",
        ),
    ];
    let mut calls = Vec::new();
    for (call, fields) in batches {
        let (path, query) = call.split_once('?').expect("each has parameters");
        for fields in [
            format!("&%24fields=next,totalCount,data({fields})"),
            format!("&$fields=*,data({fields})&$top=7"),
            "&$fields=totalCount&$skip=3".to_owned(),
            "&$top=3&$skip=5".to_owned(),
        ] {
            calls.push(("GET", format!("{path}?{query}{fields}"), String::new()));
        }
    }
    for (call, fields) in [
        ("organization".to_owned(), "id,name"),
        ("organization/domains".to_owned(), "domain,orgUrl"),
        (format!("{profiles}/me"), PROFILE),
        (
            format!("{profiles}/id%3A{account}"),
            "username,membershipHistory(till),unapprovedMemberships",
        ),
        (format!("{profiles}/username:rosa.lind"), "*,name"),
        (
            format!("{profiles}/email:rosa.lind@example.com?verified=true"),
            "emails",
        ),
        (
            format!("team-directory/teams/id:{team}"),
            "name,parent(name,parent!)",
        ),
        (
            format!("team-directory/memberships/id:{membership}"),
            membership_fields,
        ),
        (
            "projects/private-projects".to_owned(),
            "key(key),name,accessAllowed,admins(id)",
        ),
        (
            format!("projects/key:{key}"),
            "*,members,type,team,tags",
        ),
        (format!("projects/key:{key}/access/admins"), "id,username"),
        (format!("permission-roles/{admins}/profiles"), "id,username"),
        (format!("permission-roles/{admins}/teams"), "id,name"),
        (format!("permission-roles/{custom_id}/profiles"), "id"),
        (format!("permission-roles/{custom_id}/teams"), "id"),
    ] {
        let sign = if call.contains('?') { '&' } else { '?' };
        calls.push((
            "GET",
            format!("{call}{sign}$fields={fields}"),
            String::new(),
        ));
        calls.push(("GET", format!("{call}{sign}$fields=*"), String::new()));
        calls.push(("GET", call, String::new()));
    }
    for context in ["global".to_owned(), format!("project:key:{key}")] {
        let body = format!(r#"{{"contextIdentifier":"{context}"}}"#);
        let fields = "roleId,type,code,name,description,membersEditable,rightsEditable";
        calls.push((
            "POST",
            format!("permission-roles/get?$fields={fields}"),
            body.clone(),
        ));
        calls.push(("POST", "permission-roles/get".to_owned(), body));
    }
    let target = format!(r#"{{"className":"ProjectPermissionTarget","project":"key:{key}"}}"#);
    for target in [target.as_str(), r#"{"className":"GlobalPermissionTarget"}"#] {
        let body = format!(
            r#"{{"principal":"profile:id:{account}","uniqueRightCode":"Project.View","target":{target}}}"#
        );
        calls.push(("POST", "permissions/check-permission".to_owned(), body));
    }
    calls
}

#[tokio::test]
async fn every_call_keeps_to_the_contract() {
    for size in [Size::S, Size::M] {
        let server = start(State::of(size)).await;
        let calls = calls(&server.state());
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
