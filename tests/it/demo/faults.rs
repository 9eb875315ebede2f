//! What the server does wrong when it is told to.

use std::collections::BTreeSet;

use muster::demo::{Fault, Server, When};
use serde_json::Value;

use super::{ask, get, small};

const PROFILES: &str =
    "team-directory/profiles?orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true";

/// One page of ten: its ids, `next` and `totalCount`.
async fn page(server: &Server, skip: &str) -> (Vec<String>, Value, Value) {
    let query = format!("{PROFILES}&$top=10&$skip={skip}&$fields=next,totalCount,data(id)");
    let page = get(server, &query).await.json();
    let ids = page["data"].as_array().expect("a page has data");
    let ids = ids
        .iter()
        .map(|one| one["id"].as_str().expect("an id").to_owned());
    (
        ids.collect(),
        page["next"].clone(),
        page["totalCount"].clone(),
    )
}

/// Walks the list as `next` says and returns every id that came, in order.
async fn walk(server: &Server) -> Vec<String> {
    let (mut all, mut skip) = (Vec::new(), "0".to_owned());
    loop {
        let (ids, next, _) = page(server, &skip).await;
        let next = next.as_str().expect("next is text").to_owned();
        if ids.is_empty() || next == skip {
            return all;
        }
        all.extend(ids);
        skip = next;
    }
}

fn distinct(ids: &[String]) -> usize {
    ids.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn a_repeated_page_loses_the_page_it_stands_for() {
    let server = small().await;
    let total = server.state().accounts().len();
    assert_eq!(distinct(&walk(&server).await), total);
    server.faults().arm(
        When::path("team-directory/profiles").requests(2..=2),
        Fault::RepeatPage,
    );
    let ids = walk(&server).await;
    assert_eq!((ids.len(), distinct(&ids)), (total, total - 10));
}

#[tokio::test]
async fn overlapping_pages_bring_records_twice_and_lose_none() {
    let server = small().await;
    let total = server.state().accounts().len();
    server.faults().arm(When::always(), Fault::Overlap(3));
    let ids = walk(&server).await;
    assert!(ids.len() > total);
    assert_eq!(distinct(&ids), total);
}

#[tokio::test]
async fn next_can_stand_still_or_be_missing_and_the_total_unknown() {
    let server = small().await;
    server.faults().arm(When::always(), Fault::NextRepeats);
    assert_eq!(page(&server, "10").await.1, "10");
    server.faults().clear();
    server.faults().arm(When::always(), Fault::NextMissing);
    server.faults().arm(When::always(), Fault::NoTotal);
    let (ids, next, total) = page(&server, "10").await;
    assert_eq!((ids.len(), next, total), (10, Value::Null, Value::Null));
}

#[tokio::test]
async fn a_list_changes_while_it_is_read() {
    let server = small().await;
    let total = server.state().accounts().len();
    let (first, ..) = page(&server, "0").await;
    server.faults().arm(When::always(), Fault::Removed(1));
    let (ids, _, count) = page(&server, "10").await;
    assert_eq!(count, total - 1);
    let whole = walk(&server).await;
    assert_eq!(whole.len(), total - 1);
    assert_eq!(whole[10..20], ids);
    assert_eq!(whole[0], first[1]);

    server.faults().clear();
    server
        .faults()
        .arm(When::always().requests(2..), Fault::Inserted(1));
    let (before, _, count) = page(&server, "0").await;
    assert_eq!(count, total - 1);
    let (after, _, count) = page(&server, "10").await;
    assert_eq!(count, total);
    assert_eq!(
        after[0], before[9],
        "the record that was pushed down comes twice"
    );
    assert_eq!(walk(&server).await.len(), total);
}

#[tokio::test]
async fn refusals_carry_the_documented_body() {
    let server = small().await;
    for (fault, status, code) in [
        (Fault::Status(500), 500, "internal-server-error"),
        (Fault::Status(503), 503, "internal-server-error"),
        (Fault::Status(403), 403, "permission-denied"),
        (Fault::Status(404), 404, "not-found"),
        (Fault::Expired, 401, "authentication-required"),
        (
            Fault::RateLimited { retry_after: None },
            429,
            "rate-limited",
        ),
    ] {
        server
            .faults()
            .arm(When::path("organization").requests(..=2), fault.clone());
        for _ in 0..2 {
            let answer = get(&server, "organization").await;
            assert_eq!(answer.status, status, "{fault:?}");
            assert_eq!(answer.json()["error"], code, "{fault:?}");
            assert!(answer.json()["error_description"].is_string());
            assert!(!answer.head.contains("retry-after"), "{}", answer.head);
        }
        assert_eq!(get(&server, "organization").await.status, 200);
        server.faults().clear();
    }
    let retry_after = Some(7);
    server
        .faults()
        .arm(When::always(), Fault::RateLimited { retry_after });
    let answer = get(&server, "organization").await;
    assert!(answer.head.contains("retry-after: 7"), "{}", answer.head);
}

#[tokio::test]
async fn an_answer_can_be_cut_short_or_be_a_page_for_people() {
    let server = small().await;
    let whole = get(&server, "organization").await.body;
    server.faults().arm(When::always(), Fault::TruncatedJson);
    let cut = get(&server, "organization").await;
    assert_eq!(cut.status, 200);
    assert!(
        cut.head
            .contains(&format!("content-length: {}", cut.body.len()))
    );
    assert!(whole.starts_with(&cut.body) && cut.body.len() < whole.len());
    server.faults().clear();
    server.faults().arm(When::always(), Fault::Html);
    let page = get(&server, "organization").await;
    assert!(
        page.head.contains("content-type: text/html"),
        "{}",
        page.head
    );
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn a_connection_is_reset_in_the_middle_of_the_body() {
    let server = small().await;
    server.faults().arm(When::always(), Fault::Reset);
    let answer = ask(&server, server.token(), "GET", PROFILES, "").await;
    let error = answer.err().map(|error| error.kind());
    assert_eq!(error, Some(std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_stalled_request_hears_nothing_until_the_server_stops() {
    let server = small().await;
    server
        .faults()
        .arm(When::path("organization"), Fault::Stall(None));
    let (url, token) = (server.url(), server.token().to_owned());
    let stalled =
        tokio::spawn(async move { super::ask_at(&url, &token, "GET", "organization", "").await });
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&server, "team-directory/teams").await.status, 200);
    assert!(!stalled.is_finished());
    drop(server);
    let answer = stalled.await.expect("the client ends");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 0));
}

#[tokio::test]
async fn an_older_server_has_no_calls_about_people() {
    let server = small().await;
    server
        .faults()
        .arm(When::path("projects/*/people"), Fault::Status(404));
    assert_eq!(
        get(&server, "projects/key:FW/people/teams").await.status,
        404
    );
    assert_eq!(
        get(&server, "projects/key:FW/access/admins").await.status,
        200
    );
}

#[tokio::test]
async fn fields_and_roles_can_be_unreadable() {
    let server = small().await;
    let (of, fields) = ("TDMemberProfile".to_owned(), vec!["emails".to_owned()]);
    server
        .faults()
        .arm(When::always(), Fault::Inaccessible { of, fields });
    server.faults().arm(
        When::always(),
        Fault::UnknownRole("ProjectOwnerRoleApi".to_owned()),
    );
    let me = get(
        &server,
        "team-directory/profiles/me?$fields=username,emails",
    )
    .await
    .json();
    assert_eq!(me.get("emails"), None);
    assert_eq!(
        me["$errors"][0]["className"],
        "HA_InlineError.InaccessibleFields"
    );
    assert_eq!(me["$errors"][0]["fields"], serde_json::json!(["emails"]));
    let people = get(
        &server,
        "projects/key:FW/people/members?$fields=data(roles)",
    )
    .await
    .json();
    let classes = people["data"][0]["roles"]
        .as_array()
        .expect("roles")
        .clone();
    assert_eq!(
        classes.last().expect("a role")["className"],
        "ProjectOwnerRoleApi"
    );
}
