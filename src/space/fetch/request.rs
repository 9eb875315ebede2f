//! What a call looks like on the way: path and query, percent-encoded.

use super::{calls::Call, fields::Unasked};
use crate::space::client::Request;

/// The request of `call` at `path`.
pub(crate) fn request(
    call: Call,
    unasked: Unasked,
    path: &str,
    paging: &str,
    body: Option<String>,
) -> Request {
    let particulars = call.particulars();
    let fields = unasked.query(particulars.fields);
    let mut query = Vec::new();
    if !paging.is_empty() {
        query.push(paging.to_owned());
    }
    if body.is_none() && !particulars.parameters.is_empty() {
        query.push(particulars.parameters.to_owned());
    }
    match (fields.is_empty(), paging.is_empty()) {
        // What is answered is no object.
        (true, _) => {}
        (false, true) => query.push(format!("$fields={fields}")),
        (false, false) => query.push(format!("$fields=next,totalCount,data({fields})")),
    }
    Request {
        path: path.to_owned(),
        query: query.join("&"),
        body,
    }
}

/// Percent-encodes one value for a path or a query.
pub(crate) fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
                encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    encoded
}
