//! The embedded organization, asked over HTTP by a client that knows nothing of its insides.

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
