//! The connection: who is trusted, through whom it goes, and how often it is made.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use hyper::{Response, body::Bytes, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use muster::{
    demo::{Server, Size},
    space::{ClientOptions, Error, authorities},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{assert_whole, impatient, run_at, serve};
use crate::program::Home;

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// An authority that only tests trust.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        Self::called("Halden Authority")
    }

    fn called(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is wrong");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("it is signed").pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn roots(&self) -> Vec<Vec<u8>> {
        authorities(self.pem.as_bytes()).expect("it is PEM")
    }

    /// What a server called `name` needs, valid in these years.
    fn server(&self, name: &str, years: [i32; 2], protocols: &[&[u8]]) -> rustls::ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a host name");
        params.not_before = date_time_ymd(years[0], 1, 1);
        params.not_after = date_time_ymd(years[1], 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("it is signed");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        let mut config = config.expect("key and certificate belong together");
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        config
    }
}

const ALWAYS: [i32; 2] = [2020, 4000];

/// An encrypted door in front of an organization.
struct Door {
    port: u16,
    connections: Arc<AtomicUsize>,
    /// Of these, connections that speak HTTP/2.
    newer: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Door {
    async fn open(config: rustls::ServerConfig, server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let behind = server.url();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (connections, newer) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, count_newer) = (Arc::clone(&connections), Arc::clone(&newer));
        let accepting = tokio::spawn(async move {
            let http = reqwest::Client::builder().no_proxy().tls_certs_only([]);
            let http = http.build().expect("a client");
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                let (acceptor, behind, http) = (acceptor.clone(), behind.clone(), http.clone());
                let (count, count_newer) = (Arc::clone(&count), Arc::clone(&count_newer));
                tokio::spawn(async move {
                    // A client that does not trust this server goes away.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    count.fetch_add(1, Ordering::SeqCst);
                    if stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
                        count_newer.fetch_add(1, Ordering::SeqCst);
                        let service =
                            service_fn(move |request| pass(http.clone(), behind.clone(), request));
                        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    } else {
                        let address = behind.trim_start_matches("http://");
                        let mut inner = TcpStream::connect(address).await.expect("it serves");
                        let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
                    }
                });
            }
        });
        Self {
            port,
            connections,
            newer,
            accepting,
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes a request on to the organization behind.
async fn pass(
    http: reqwest::Client,
    behind: String,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<Response<http_body_util::Full<Bytes>>, Infallible> {
    use http_body_util::BodyExt as _;
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("it comes whole").to_bytes();
    let path = head.uri.path_and_query().expect("a path").as_str();
    let mut sent = http
        .request(head.method, format!("{behind}{path}"))
        .body(body);
    for name in ["authorization", "content-type", "accept"] {
        if let Some(value) = head.headers.get(name) {
            sent = sent.header(name, value);
        }
    }
    let answer = sent.send().await.expect("it answers");
    let mut response = Response::builder().status(answer.status());
    for name in ["content-type", "epoch"] {
        if let Some(value) = answer.headers().get(name) {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.expect("it comes whole");
    Ok(response.body(body.into()).expect("it is sound"))
}

fn trusting(authority: &Authority) -> ClientOptions {
    ClientOptions {
        extra_roots: authority.roots(),
        ..impatient()
    }
}

#[tokio::test]
async fn a_server_of_an_authority_that_is_trusted_is_read() {
    let authority = Authority::new();
    let server = serve(Size::S).await;
    let door = Door::open(authority.server("localhost", ALWAYS, &[HTTP1]), &server).await;
    let url = format!("https://localhost:{}", door.port);
    let run = run_at(&url, server.token(), trusting(&authority)).await;
    assert_whole(&run, &server);
}

#[tokio::test]
async fn a_certificate_that_is_not_in_order_is_refused_and_says_why() {
    let authority = Authority::new();
    let other = Authority::called("Another Authority");
    let forger = Authority::new();
    let server = serve(Size::S).await;
    for (name, years, options, why) in [
        (
            "localhost",
            ALWAYS,
            impatient(),
            "no authority that this system trusts",
        ),
        (
            "localhost",
            ALWAYS,
            trusting(&other),
            "no authority that this system trusts",
        ),
        (
            "localhost",
            ALWAYS,
            trusting(&forger),
            "the authority it names has not signed it",
        ),
        (
            "localhost",
            [2019, 2020],
            trusting(&authority),
            "it has expired",
        ),
        (
            "localhost",
            [3000, 4000],
            trusting(&authority),
            "it is not valid yet",
        ),
        (
            "space.example.com",
            ALWAYS,
            trusting(&authority),
            "it is for another name",
        ),
    ] {
        let door = Door::open(authority.server(name, years, &[HTTP1]), &server).await;
        let url = format!("https://localhost:{}", door.port);
        let run = run_at(&url, server.token(), options).await;
        let error = run.error();
        assert!(matches!(error, Error::Certificate { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(
            error.hint().is_some_and(|hint| hint.contains("--ca-file")),
            "{error}"
        );
    }
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn connections_are_used_again_and_http_2_where_it_is_offered() {
    let authority = Authority::new();
    for protocols in [&[HTTP1] as &[_], &[HTTP2, HTTP1]] {
        let server = serve(Size::M).await;
        let door = Door::open(authority.server("localhost", ALWAYS, protocols), &server).await;
        let url = format!("https://localhost:{}", door.port);
        let run = run_at(&url, server.token(), trusting(&authority)).await;
        assert_whole(&run, &server);
        let connections = door.connections.load(Ordering::SeqCst);
        let in_flight = impatient().concurrency;
        // One for each place in flight, and some that were begun when another became free: the slower a machine
        // shakes hands, the more.
        let requests = server.requests().len();
        assert!(requests > 20 * in_flight);
        assert!(connections < requests / 3, "{connections} connections");
        let newer = door.newer.load(Ordering::SeqCst);
        assert_eq!(newer, if protocols.len() > 1 { connections } else { 0 });
    }
}

/// A proxy that leads every connection to one place and keeps what it was asked for.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                tokio::spawn(tunnel(stream, to, Arc::clone(&log)));
            }
        });
        Self {
            url,
            asked,
            accepting,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics here").clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn tunnel(mut stream: TcpStream, to: u16, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    log.lock().expect("no test panics here").push(head);
    let mut inner = TcpStream::connect(("127.0.0.1", to))
        .await
        .expect("it serves");
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_leads_to_the_organization_but_never_to_this_machine() {
    let authority = Authority::new();
    let server = serve(Size::S).await;
    let away = Door::open(
        authority.server("space.halden.test", ALWAYS, &[HTTP1]),
        &server,
    )
    .await;
    let here = Door::open(authority.server("localhost", ALWAYS, &[HTTP1]), &server).await;
    let home = Home::new();
    let file = home.path().join("authority.pem");
    std::fs::write(&file, &authority.pem).expect("a folder of ours");
    let local = format!("https://localhost:{}", here.port);
    let (there, all, none) = ("https://space.halden.test", "space.halden.test", "");
    for (name, org, no_proxy, by_variable, proxied, good) in [
        ("a", there, none, false, true, true),
        ("b", there, none, true, true, true),
        ("c", there, all, false, false, false),
        ("d", &*local, none, false, false, true),
    ] {
        let proxy = Proxy::start(away.port).await;
        let mut command = home.muster(&["snapshot", name, "--org", org]);
        command
            .env("SPACE_TOKEN", server.token())
            .env("HTTPS_PROXY", &proxy.url)
            .env("NO_PROXY", no_proxy);
        if by_variable {
            command.env("MUSTER_CA_FILE", &file);
        } else {
            command.arg("--ca-file").arg(&file);
        }
        let ended = tokio::task::spawn_blocking(move || command.output());
        let ended = ended
            .await
            .expect("it does not panic")
            .expect("the program starts");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.success(), good, "{name}: {told}");
        let asked = proxy.asked();
        assert_eq!(!asked.is_empty(), proxied, "{name}: {asked:?}");
        for head in asked {
            assert!(head.starts_with("CONNECT space.halden.test:443 "), "{head}");
            assert!(
                !head.contains(server.token()),
                "the proxy does not get the token"
            );
        }
        if !good {
            assert!(told.contains("cannot be reached"), "{told}");
        }
    }
}

#[test]
fn a_file_of_authorities_that_is_none_stops_before_anything_is_sent() {
    let home = Home::new();
    std::fs::write(home.path().join("empty.pem"), "nothing").expect("a folder of ours");
    for (file, why) in [
        ("empty.pem", "no certificate in PEM"),
        ("missing.pem", "missing.pem"),
    ] {
        let arguments = [
            "snapshot",
            "q4",
            "--org",
            "https://space.example.com",
            "--token-stdin",
            "--ca-file",
            file,
        ];
        let ended = home.run_with(&arguments, "a-token\n");
        assert_eq!(ended.code, Some(2));
        assert!(
            ended.err.contains(why) && ended.err.contains("hint:"),
            "{}",
            ended.err
        );
    }
}
