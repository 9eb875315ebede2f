use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// What a listener does with one request.
#[derive(Clone)]
enum Does {
    /// Answers with these bytes and closes.
    Says(Vec<u8>),
    /// Answers well, but only once so many requests are there at a time.
    Meets(Arc<tokio::sync::Barrier>),
    /// Never answers.
    Hangs,
}

fn answer(status: &str, headers: &str, body: &str) -> Does {
    bytes(status, headers, body.as_bytes())
}

fn bytes(status: &str, headers: &str, body: &[u8]) -> Does {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    );
    Does::Says([head.as_bytes(), body].concat())
}

fn good() -> Does {
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        r#"{"id":"o"}"#,
    )
}

/// A listener that does one thing after the other, the last one for ever, and keeps what it was asked.
struct Listener {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    /// The most requests that were there at a time.
    most: Arc<AtomicUsize>,
}

impl Listener {
    async fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let most = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&most);
        tokio::spawn(async move {
            let next = Arc::new(AtomicUsize::new(0));
            let now = Arc::new(AtomicUsize::new(0));
            loop {
                let (mut socket, _) = listener.accept().await.expect("the listener stays open");
                let (log, next, script) = (Arc::clone(&log), Arc::clone(&next), script.clone());
                let (now, most) = (Arc::clone(&now), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut part = [0; 4096];
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        match socket.read(&mut part).await {
                            Ok(read) if read > 0 => request.extend_from_slice(&part[..read]),
                            _ => return,
                        }
                    }
                    let request = String::from_utf8_lossy(&request).into_owned();
                    log.lock().expect("no test panics here").push(request);
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    match &script[at.min(script.len() - 1)] {
                        Does::Says(bytes) => {
                            let _ = socket.write_all(bytes).await;
                        }
                        Does::Meets(barrier) => {
                            let before = now.fetch_add(1, Ordering::SeqCst) + 1;
                            most.fetch_max(before, Ordering::SeqCst);
                            barrier.wait().await;
                            // Down before the answer: the next request may come right after it.
                            now.fetch_sub(1, Ordering::SeqCst);
                            if let Does::Says(bytes) = good() {
                                let _ = socket.write_all(&bytes).await;
                            }
                        }
                        Does::Hangs => std::future::pending().await,
                    }
                });
            }
        });
        Self {
            address,
            asked,
            most,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics here").clone()
    }
}

const TOKEN: &str = "tok-0123456789abcdef";

fn impatient() -> ClientOptions {
    ClientOptions {
        backoff: Duration::from_millis(1),
        request_timeout: Duration::from_millis(200),
        ..ClientOptions::default()
    }
}

fn client(address: &str, options: ClientOptions) -> Client {
    let address = address.parse().expect("an address");
    Client::new(address, TOKEN.into(), options).expect("a client")
}

fn ask(path: &str) -> Request {
    Request {
        path: path.to_owned(),
        query: "$fields=id".to_owned(),
        body: None,
    }
}

/// What comes of one request when the listener goes by `script`: how often it was sent, and the result.
async fn outcome(script: Vec<Does>) -> (u32, Result<serde_json::Value, Error>) {
    let listener = Listener::start(script).await;
    let client = client(&listener.address, impatient());
    let exchange = client.exchange(&ask("organization")).await;
    assert_eq!(listener.asked().len(), exchange.tries as usize);
    assert!(!format!("{client:?}{exchange:?}").contains(TOKEN));
    (exchange.tries, exchange.result)
}

fn error(code: &str, text: &str) -> String {
    format!(r#"{{"error":"{code}","error_description":"{text}"}}"#)
}

#[tokio::test]
async fn a_failure_that_may_pass_is_tried_again() {
    let broken = |status: &str| answer(status, "", "oops");
    for trouble in [
        broken("500 Internal Server Error"),
        broken("502 Bad Gateway"),
        broken("503 Service Unavailable"),
        answer(
            "400 Bad Request",
            "",
            &error("internal-server-error", "again"),
        ),
        answer("429 Too Many Requests", "", ""),
        answer(
            "429 Too Many Requests",
            "retry-after: 0\r\n",
            &error("rate-limited", "wait"),
        ),
        answer("503 Service Unavailable", "retry-after: 0\r\n", ""),
        answer("400 Bad Request", "", &error("rate-limited", "wait")),
        answer("200 OK", "", r#"{"id":"#),
        answer("200 OK", "", ""),
        Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\"".to_vec()),
        Does::Says(Vec::new()),
        Does::Hangs,
    ] {
        let (tries, result) = outcome(vec![trouble.clone(), trouble, good()]).await;
        assert_eq!(tries, 3);
        assert_eq!(result.expect("the third try is answered")["id"], "o");
    }
}

#[tokio::test]
async fn a_failure_that_stays_ends_after_six_tries() {
    let (tries, result) = outcome(vec![answer("503 Service Unavailable", "", "oops")]).await;
    let error = result.expect_err("it never works");
    assert!(
        matches!(error, Error::Unavailable { tries: 6, .. }),
        "{error}"
    );
    assert_eq!(tries, 6);
    assert!(
        error.to_string().contains("/api/http/organization"),
        "{error}"
    );
    assert!(error.to_string().contains("503"), "{error}");

    let (tries, result) = outcome(vec![answer("429 Too Many Requests", "", "")]).await;
    assert!(matches!(result, Err(Error::RateLimited { wait: None, .. })));
    assert_eq!(tries, 6);

    let (tries, result) = outcome(vec![answer(
        "429 Too Many Requests",
        "retry-after: 86400\r\n",
        "",
    )])
    .await;
    let error = result.expect_err("a day is too long");
    assert!(error.to_string().ends_with("for 86400 s"), "{error}");
    assert_eq!(tries, 1);
}

#[tokio::test]
async fn a_refusal_is_final_and_says_what_the_server_said() {
    let expired = error("authentication-required", "Access token has expired");
    for (status, body, shown, unauthorized) in [
        (
            "401 Unauthorized",
            expired.as_str(),
            "Access token has expired",
            true,
        ),
        (
            "400 Bad Request",
            expired.as_str(),
            "Access token has expired",
            true,
        ),
        ("401 Unauthorized", "", "HTTP status 401", true),
        (
            "403 Forbidden",
            &error("permission-denied", "You may not"),
            "You may not",
            false,
        ),
        (
            "500 Internal",
            &error("permission-denied", "You may not"),
            "You may not",
            false,
        ),
        ("403 Forbidden", "<h1>no</h1>", "HTTP status 403", false),
        ("404 Not Found", &error("not-found", ""), "not-found", false),
        (
            "400 Bad Request",
            &error("validation-error", "what"),
            "what",
            false,
        ),
        (
            "403 Forbidden",
            &error("permission-denied", &format!("not with {TOKEN}")),
            "not with ********************",
            false,
        ),
        (
            "403 Forbidden",
            &error("permission-denied", "\\u001b[31mred"),
            "␛[31mred",
            false,
        ),
    ] {
        let (tries, result) = outcome(vec![answer(status, "", body)]).await;
        let error = result.expect_err("it is refused");
        assert_eq!(tries, 1, "{error}");
        assert!(error.to_string().ends_with(shown), "{error}");
        assert!(
            error.to_string().contains("/api/http/organization"),
            "{error}"
        );
        assert_eq!(
            matches!(error, Error::Unauthorized { .. }),
            unauthorized,
            "{error}"
        );
        assert_eq!(
            matches!(error, Error::Refused { .. }),
            !unauthorized,
            "{error}"
        );
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_web_page_is_not_taken_for_an_answer() {
    for page in [
        answer(
            "200 OK",
            "content-type: text/html; charset=utf-8\r\n",
            "<html>hello",
        ),
        answer("200 OK", "", "  <!doctype html>"),
        answer("200 OK", "", "OK"),
    ] {
        let (tries, result) = outcome(vec![page]).await;
        let error = result.expect_err("it is a web page");
        assert!(matches!(error, Error::NotSpace { .. }), "{error}");
        assert_eq!(tries, 1);
        assert!(
            error.hint().expect("a next step").contains("path"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let other = Listener::start(vec![good()]).await;
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("location: {}/api/http/organization\r\n", other.address);
        let (tries, result) = outcome(vec![answer(status, &location, "")]).await;
        let error = result.expect_err("it leads elsewhere");
        assert!(error.to_string().contains(&other.address), "{error}");
        assert_eq!(tries, 1);
    }
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let listener = Listener::start(vec![answer("200 OK", "", &" ".repeat(5000))]).await;
    let options = ClientOptions {
        answer_limit: 4999,
        ..impatient()
    };
    let exchange = client(&listener.address, options)
        .exchange::<serde_json::Value>(&ask("organization"))
        .await;
    assert!(matches!(
        exchange.result,
        Err(Error::TooLarge { limit: 4999, .. })
    ));
    assert_eq!(exchange.tries, 1);
}

#[tokio::test]
async fn every_request_carries_what_space_expects() {
    let listener = Listener::start(vec![
        answer("200 OK", "epoch: 41\r\n", "{}"),
        answer("200 OK", "epoch: 17\r\n", "{}"),
        good(),
    ])
    .await;
    let client = client(&listener.address, impatient());
    for _ in 0..3 {
        let exchange = client
            .exchange::<serde_json::Value>(&ask("team-directory/teams"))
            .await;
        assert!(exchange.result.is_ok());
    }
    let asked = listener.asked();
    for request in &asked {
        assert!(
            request.starts_with("GET /api/http/team-directory/teams?$fields=id HTTP/1.1"),
            "{request}"
        );
        assert!(
            request.contains(&format!("authorization: Bearer {TOKEN}")),
            "{request}"
        );
        assert!(request.contains("accept: application/json"), "{request}");
        assert!(request.contains("accept-encoding: gzip"), "{request}");
        assert!(
            request.contains(concat!("user-agent: muster/", env!("CARGO_PKG_VERSION"))),
            "{request}"
        );
    }
    let epochs: Vec<bool> = asked
        .iter()
        .map(|request| request.contains("epoch: 41"))
        .collect();
    assert_eq!(epochs, [false, true, true]);
}

#[tokio::test]
async fn when_one_request_is_told_to_wait_all_wait() {
    let listener = Listener::start(vec![
        answer("429 Too Many Requests", "retry-after: 300\r\n", ""),
        good(),
    ])
    .await;
    let client = client(&listener.address, impatient());
    let (first, second) = (ask("organization"), ask("projects"));
    let mut first = Box::pin(client.exchange::<serde_json::Value>(&first));
    tokio::select! {
        () = client.held() => {}
        _ = &mut first => panic!("the server has not let it through yet"),
    }
    assert!(client.wait().expect("all wait") > Duration::from_secs(200));
    let second = client.exchange::<serde_json::Value>(&second);
    let patience = Duration::from_millis(50);
    assert!(tokio::time::timeout(patience, second).await.is_err());
    assert_eq!(listener.asked().len(), 1);
}

#[tokio::test]
async fn a_token_that_an_answer_repeats_is_blotted_out() {
    let body = format!(r#"{{"id":"o","header":"Bearer {TOKEN}","again":"{TOKEN}"}}"#);
    let listener = Listener::start(vec![answer("200 OK", "", &body)]).await;
    let client = client(&listener.address, impatient());
    let exchange = client
        .exchange::<serde_json::Value>(&ask("organization"))
        .await;
    let received = exchange.received.expect("an answer came");
    let body = String::from_utf8(received.body).expect("it is text");
    assert!(
        !body.contains(TOKEN) && body.contains(r#""id":"o""#),
        "{body}"
    );
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let exchange = client(&address, impatient())
        .exchange::<serde_json::Value>(&ask("organization"))
        .await;
    let error = exchange.result.expect_err("nobody listens");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&address), "{error}");
    assert!(error.hint().expect("a next step").contains("host"));
    assert_eq!(exchange.tries, 2);
}

#[test]
fn a_token_that_cannot_be_one_is_refused_unseen() {
    for token in ["", "two words", "line\n", "tök", "\u{1}"] {
        let address = "https://acme.example".parse().expect("an address");
        let error = Client::new(address, token.into(), ClientOptions::default()).expect_err(token);
        assert!(matches!(error, Error::BadToken { .. }));
        assert!(token.is_empty() || !error.to_string().contains(token));
    }
}

#[test]
fn the_server_says_how_long_to_wait_in_two_ways() {
    for (asked, date, wait) in [
        ("120", "", Some(120)),
        (" 0 ", "", Some(0)),
        (
            "Wed, 21 Oct 2026 07:28:30 GMT",
            "Wed, 21 Oct 2026 07:28:00 GMT",
            Some(30),
        ),
        (
            "Wed, 21 Oct 2026 07:27:00 GMT",
            "Wed, 21 Oct 2026 07:28:00 GMT",
            Some(0),
        ),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "", None),
        ("soon", "", None),
        ("-1", "", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, asked.parse().expect("a header"));
        headers.insert(header::DATE, date.parse().expect("a header"));
        assert_eq!(
            retry_after(&headers),
            wait.map(Duration::from_secs),
            "{asked}"
        );
    }
}

#[test]
fn waits_double_up_to_their_limit() {
    let client = client("http://127.0.0.1:1", ClientOptions::default());
    let waits: Vec<u128> = (1..=9)
        .map(|failure| client.backoff(failure).as_millis())
        .collect();
    assert_eq!(
        waits,
        [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]
    );
    assert_eq!(client.backoff(u32::MAX).as_secs(), 15);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let meet = Does::Meets(Arc::new(tokio::sync::Barrier::new(4)));
    let listener = Listener::start(vec![meet]).await;
    let options = ClientOptions {
        concurrency: 4,
        request_timeout: Duration::from_secs(20),
        ..ClientOptions::default()
    };
    let client = client(&listener.address, options);
    let requests: Vec<Request> = (0..40).map(|n| ask(&format!("projects/{n}"))).collect();
    let exchanges = requests
        .iter()
        .map(|request| client.exchange::<serde_json::Value>(request));
    // The listener answers only when four requests are there: fewer would never end, more would show.
    let exchanges = futures_util::future::join_all(exchanges).await;
    assert!(exchanges.iter().all(|exchange| exchange.result.is_ok()));
    assert_eq!(listener.most.load(Ordering::SeqCst), 4);
    assert_eq!(client.requests(), 40);
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_limited_by_what_it_unpacks_to() {
    let packed = unhex("1f8b0800000000000203ab56ca4c51b252ca57aa050049cb3a900a000000");
    let (_, result) = outcome(vec![bytes("200 OK", "content-encoding: gzip\r\n", &packed)]).await;
    assert_eq!(result.expect("it is unpacked")["id"], "o");

    // 100,000 blanks in 133 bytes.
    let zeros = "0".repeat(192);
    let packed = format!(
        "1f8b0800000000000203edc13101000000c2a02aeb9fd21a1e4001{zeros}af062df079caa0860100"
    );
    let packed = unhex(&packed);
    let listener =
        Listener::start(vec![bytes("200 OK", "content-encoding: gzip\r\n", &packed)]).await;
    let options = ClientOptions {
        answer_limit: 99_999,
        ..impatient()
    };
    let client = client(&listener.address, options);
    let exchange = client
        .exchange::<serde_json::Value>(&ask("organization"))
        .await;
    assert!(
        matches!(exchange.result, Err(Error::TooLarge { .. })),
        "{:?}",
        exchange.result
    );
}
