//! The token endpoint: access tokens for applications, which end by a number of calls or by a clock.

use super::{Desk, Issued, Shared, request::Query};

/// What the token endpoint answers: a status and a body.
pub(super) fn token(
    shared: &Shared,
    method: &str,
    authorization: Option<&[u8]>,
    body: &[u8],
) -> (u16, Vec<u8>) {
    let refuse = |status, code: &str, text: &str| {
        let body = serde_json::json!({"error": code, "error_description": text});
        (status, body.to_string().into_bytes())
    };
    if method != "POST" {
        return refuse(405, "invalid_request", "Only POST is allowed");
    }
    let form = Query::parse(&String::from_utf8_lossy(body));
    if form.get("grant_type") != Some("client_credentials") {
        return refuse(
            400,
            "unsupported_grant_type",
            "Only client_credentials is supported",
        );
    }
    if form.get("scope") != Some("**") {
        return refuse(400, "invalid_scope", "The scope is not granted");
    }
    let credentials = authorization
        .and_then(|header| header.strip_prefix(b"Basic "))
        .and_then(from_base64);
    let mut applications = shared.options.applications.iter();
    let found = applications.position(|one| {
        let expected = format!("{}:{}", one.id, one.secret);
        credentials.as_deref() == Some(expected.as_bytes())
    });
    let Some(application) = found else {
        return refuse(401, "invalid_client", "Client authentication failed");
    };
    let settings = &shared.options.applications[application];
    let mut desk = shared.desk();
    let secret = format!("access-token-{}-of-{}", desk.issued.len() + 1, settings.id);
    let issued = Issued {
        secret: secret.clone(),
        application,
        ends_at: desk.seconds + settings.expires_in,
        calls: settings.calls,
    };
    desk.issued.push(issued);
    let body = serde_json::json!({
        "access_token": secret,
        "expires_in": settings.expires_in,
        "token_type": "Bearer",
        "scope": "**",
    });
    (200, body.to_string().into_bytes())
}

impl Desk {
    /// The application a token was given to, one call nearer to its end; `Err` when it is over.
    pub(super) fn spend(&mut self, secret: &[u8]) -> Option<Result<usize, ()>> {
        let seconds = self.seconds;
        let mut issued = self.issued.iter_mut();
        let token = issued.find(|one| one.secret.as_bytes() == secret)?;
        // One that is given for no time at all ends as soon as the clock moves.
        if seconds > token.ends_at || token.calls == Some(0) {
            return Some(Err(()));
        }
        token.calls = token.calls.map(|calls| calls - 1);
        Some(Ok(token.application))
    }
}

fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.iter().filter(|byte| **byte != b'=') {
        let digit = DIGITS.iter().position(|digit| digit == byte)?;
        held = held << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in [
            ("", ""),
            ("YQ==", "a"),
            ("YWI=", "ab"),
            ("YWJj", "abc"),
            ("YTpi", "a:b"),
        ] {
            assert_eq!(
                from_base64(text.as_bytes()).as_deref(),
                Some(bytes.as_bytes())
            );
        }
        assert_eq!(from_base64(b"Y*=="), None);
    }
}
