//! Connections: HTTP in, HTTP out, and what goes wrong on the way.

use std::{
    borrow::Cow,
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http_body_util::{BodyExt, Limited};
use hyper::{
    Response,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    REVIEW_RIGHTS, REVIEWERS_TOKEN, Request, Shared,
    faults::{Bend, Fault},
    fields::Known,
    oauth,
    objects::View,
    request::{Caller, Query, Refusal, Rights, decode},
    routes::{Call, Settings},
    state::State,
};

/// Bodies of requests longer than this are refused.
const LARGEST_BODY: usize = 64 << 10;

/// Accepts connections until it is dropped, which ends them all.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // An error only means that the other end does not mind: each answer was written at once.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Wire {
        stream,
        reset: Arc::clone(&reset),
    });
    let service = service_fn(move |request| {
        let (shared, reset) = (Arc::clone(&shared), Arc::clone(&reset));
        async move { Ok::<_, Infallible>(respond(&shared, request, reset).await) }
    });
    // A client that hangs up ends its connection and nothing else.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

/// An answer before it is on the wire.
struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    retry_after: Option<u32>,
}

impl Answer {
    fn json(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            kind: "application/json",
            body,
            retry_after: None,
        }
    }

    fn page() -> Self {
        let page = "<!DOCTYPE html>\n<html><head><title>Space</title></head>\
            <body><p>Version 2024.3.0-DEV.185349</p></body></html>\n";
        Self {
            kind: "text/html; charset=utf-8",
            ..Self::json(page.into())
        }
    }

    fn refusal(refusal: &Refusal) -> Self {
        Self {
            status: refusal.status,
            ..Self::json(refusal.body())
        }
    }
}

async fn respond(
    shared: &Shared,
    request: hyper::Request<Incoming>,
    reset: Arc<AtomicBool>,
) -> Response<Sent> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes);
    let text = body.as_deref().map(String::from_utf8_lossy);
    shared.seen().push(Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: text.map(Cow::into_owned).unwrap_or_default(),
    });

    let token_endpoint = format!("{}/oauth/token", shared.options.prefix);
    if head.uri.path() == token_endpoint {
        // Faults meet it under this name.
        let bend = shared.faults.meet(&["oauth/token".to_owned()]);
        let answer = if let Some(answer) = before(&bend).await {
            answer
        } else {
            let header = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
            let body = body.unwrap_or_default();
            let (status, body) = oauth::token(shared, head.method.as_str(), header, &body);
            Answer {
                status,
                ..Answer::json(body)
            }
        };
        return send(answer, &bend, reset, shared);
    }
    let api = format!("{}/api/http/", shared.options.prefix);
    let Some(path) = head.uri.path().strip_prefix(&api) else {
        return send(Answer::page(), &Bend::default(), reset, shared);
    };
    let path: Vec<String> = path.split('/').map(|part| decode(part, false)).collect();
    let bend = shared.faults.meet(&path);
    let answer = if let Some(answer) = before(&bend).await {
        answer
    } else {
        let too_large = |_| Refusal {
            status: 413,
            code: "payload-too-large",
            text: "The body is too large".to_owned(),
        };
        let token = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let answered = body.map_err(too_large).and_then(|body| {
            answer(
                shared,
                head.method.as_str(),
                &path,
                query,
                &body,
                token,
                &bend,
            )
        });
        answered.map_or_else(|refusal| Answer::refusal(&refusal), Answer::json)
    };
    send(answer, &bend, reset, shared)
}

/// What goes wrong before a request is looked at; the answer, when there is one already.
async fn before(bend: &Bend) -> Option<Answer> {
    let mut answer = None;
    for fault in &bend.faults {
        match fault {
            Fault::Latency(time) | Fault::Stall(Some(time)) => tokio::time::sleep(*time).await,
            Fault::Stall(None) => std::future::pending().await,
            Fault::Status(status) => answer = Some(Answer::refusal(&documented(*status))),
            Fault::Expired => {
                let refusal = Refusal::unauthorized("Access token has expired");
                answer = Some(Answer::refusal(&refusal));
            }
            Fault::RateLimited { retry_after } => {
                answer = Some(Answer {
                    retry_after: *retry_after,
                    ..Answer::refusal(&documented(429))
                });
            }
            Fault::Html => answer = Some(Answer::page()),
            _ => {}
        }
    }
    answer
}

/// The documented body for a status.
fn documented(status: u16) -> Refusal {
    let (code, text) = match status {
        401 => ("authentication-required", "Authentication is required"),
        403 => ("permission-denied", "The permission is missing"),
        404 => ("not-found", "Not found"),
        413 => ("payload-too-large", "The request is too large"),
        429 => ("rate-limited", "Too many requests"),
        500.. => ("internal-server-error", "Something went wrong"),
        _ => ("request-error", "The request cannot be answered"),
    };
    Refusal {
        status,
        code,
        text: text.to_owned(),
    }
}

fn answer(
    shared: &Shared,
    method: &str,
    path: &[String],
    query: Query,
    body: &[u8],
    token: Option<&[u8]>,
    bend: &Bend,
) -> Result<Vec<u8>, Refusal> {
    let state = shared.state();
    let caller = caller(shared, &state, token)?;
    let options = &shared.options;
    if options.older.calls.iter().any(|call| call.matches(path)) {
        return Err(Refusal::not_found(&path.join("/")));
    }
    let call = Call {
        view: View {
            state: &state,
            caller: &caller,
            bend,
            now: options.now,
            url: &shared.url,
        },
        query,
        body,
        tokens: &options.tokens,
        settings: &Settings {
            largest_page: options.largest_page,
            list_implicit_holders: options.list_implicit_holders,
            list_archived_projects: options.list_archived_projects,
            fields: Known {
                lenient: options.ignore_unknown_fields,
                vague: options.older.vague,
                missing: &options.older.fields,
            },
        },
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    call.answer(method, &path)
}

fn caller(shared: &Shared, state: &State, header: Option<&[u8]>) -> Result<Caller, Refusal> {
    let required = || Refusal::unauthorized("Authentication is required");
    let secret = header
        .and_then(|header| header.strip_prefix(b"Bearer "))
        .ok_or_else(required)?;
    if secret == REVIEWERS_TOKEN.as_bytes() {
        let rights: Vec<String> = REVIEW_RIGHTS.iter().map(ToString::to_string).collect();
        return Ok(Caller {
            me: state.account(&state.reviewer),
            application: None,
            rights: Rights::new(&rights),
        });
    }
    match shared.desk().spend(secret) {
        Some(Ok(application)) => {
            let application = &shared.options.applications[application];
            return Ok(Caller {
                me: None,
                application: Some((application.id.clone(), application.name.clone())),
                rights: Rights::new(&application.rights),
            });
        }
        Some(Err(())) => return Err(Refusal::unauthorized("Access token has expired")),
        None => {}
    }
    let mut tokens = shared.options.tokens.iter();
    let token = tokens
        .find(|token| token.secret.as_bytes() == secret)
        .ok_or_else(required)?;
    if token.expired {
        return Err(Refusal::unauthorized("Access token has expired"));
    }
    Ok(Caller {
        me: token.me.as_deref().and_then(|me| state.account(me)),
        application: None,
        rights: Rights::new(&token.rights),
    })
}

fn send(answer: Answer, bend: &Bend, reset: Arc<AtomicBool>, shared: &Shared) -> Response<Sent> {
    let mut body = answer.body;
    let half = body.len() / 2;
    let cut = bend.has(&Fault::Reset);
    if bend.has(&Fault::TruncatedJson) {
        body.truncate(half);
    }
    let mut response = Response::new(Sent {
        length: body.len() as u64,
        rest: Some(Bytes::from(if cut { body[..half].to_vec() } else { body })),
        reset: cut.then_some(reset),
        paused: false,
    });
    *response.status_mut() = answer
        .status
        .try_into()
        .expect("statuses have three digits");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    headers.insert("epoch", shared.state().version.into());
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The body of an answer. One that is to be reset breaks off in the middle.
struct Sent {
    length: u64,
    rest: Option<Bytes>,
    reset: Option<Arc<AtomicBool>>,
    paused: bool,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(reset) = self.reset.clone() else {
            return Poll::Ready(None);
        };
        if !self.paused {
            // Lets the first half reach the wire.
            self.paused = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        reset.store(true, Ordering::Relaxed);
        self.reset = None;
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.reset.is_none()
    }
}

/// A connection that can end with a reset.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Without it the other end sees an early end instead, which is as much of a fault.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
