//! Keys that ssh-agent holds: a small client of its protocol.
//!
//! The agent is another program and is not trusted to behave: its answers are limited in size and in time,
//! and each request uses a connection of its own, so an agent that was restarted in between does no harm.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ssh_encoding::Decode;

use super::{
    Error, PublicKeyInfo, Signer,
    envelope::{armor, put_string, signed_data},
};

/// The largest answer that is taken.
const MAX_ANSWER: usize = 256 * 1024;
/// The most identities that are taken.
const MAX_IDENTITIES: u32 = 1024;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// RSA signs with SHA-512; SSHSIG forbids SHA-1, which agents use unless told.
const RSA_SHA2_512: u32 = 4;

/// One ssh-agent.
#[derive(Debug, Clone)]
pub struct Agent {
    socket: PathBuf,
    /// How long it may take to list its keys.
    list_wait: Duration,
    /// How long a signature may take; a person may have to touch the key.
    sign_wait: Duration,
}

/// One key of an agent.
#[derive(Debug, Clone)]
pub struct Identity {
    agent: Agent,
    blob: Vec<u8>,
    public: PublicKeyInfo,
}

impl Agent {
    /// The agent that listens at `socket`, which is what `SSH_AUTH_SOCK` names.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn connect(socket: &Path) -> Result<Self, Error> {
        Self::with_waits(socket, Duration::from_secs(5), Duration::from_secs(60))
    }

    /// The same with other time limits.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn with_waits(
        socket: &Path,
        list_wait: Duration,
        sign_wait: Duration,
    ) -> Result<Self, Error> {
        let agent = Self {
            socket: socket.to_owned(),
            list_wait,
            sign_wait,
        };
        transport::connect(&agent.socket, list_wait)?;
        Ok(agent)
    }

    /// The keys it offers that can sign a record, in its order. Keys of unknown or withdrawn kinds are left
    /// out.
    ///
    /// # Errors
    /// When it does not answer, or not as the protocol says.
    pub fn identities(&self) -> Result<Vec<Identity>, Error> {
        let answer = transport::exchange(&self.socket, &[REQUEST_IDENTITIES], self.list_wait)?;
        let mut rest = match answer.split_first() {
            Some((&IDENTITIES_ANSWER, rest)) => rest,
            Some((&FAILURE, _)) => return Err(Error::AgentRefused),
            _ => return Err(Error::AgentProtocol("not a list of keys")),
        };
        let cut = |_| Error::AgentProtocol("its list of keys is cut short");
        let count = u32::decode(&mut rest).map_err(cut)?;
        if count > MAX_IDENTITIES {
            return Err(Error::AgentProtocol("it offers more than 1,024 keys"));
        }
        let mut identities = Vec::new();
        for _ in 0..count {
            let blob = Vec::<u8>::decode(&mut rest).map_err(cut)?;
            let comment = Vec::<u8>::decode(&mut rest).map_err(cut)?;
            let public = PublicKeyInfo::of_blob(&blob, &String::from_utf8_lossy(&comment));
            if let Some(public) = public.filter(|public| can_sign(&public.key_type)) {
                identities.push(Identity {
                    agent: self.clone(),
                    blob,
                    public,
                });
            }
        }
        Ok(identities)
    }
}

impl Identity {
    /// The public half of the key.
    pub fn public(&self) -> &PublicKeyInfo {
        &self.public
    }

    /// A signer that asks the agent each time.
    pub fn signer(self) -> Box<dyn Signer> {
        Box::new(self)
    }
}

impl Signer for Identity {
    fn public(&self) -> &PublicKeyInfo {
        &self.public
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        let mut request = vec![SIGN_REQUEST];
        put_string(&mut request, &self.blob);
        put_string(&mut request, &signed_data(namespace, message));
        let flags = if self.public.key_type.starts_with("ssh-rsa") {
            RSA_SHA2_512
        } else {
            0
        };
        request.extend(flags.to_be_bytes());
        let answer = transport::exchange(&self.agent.socket, &request, self.agent.sign_wait)?;
        let mut rest = match answer.split_first() {
            Some((&SIGN_RESPONSE, rest)) => rest,
            Some((&FAILURE, _)) => return Err(Error::AgentRefused),
            _ => return Err(Error::AgentProtocol("not a signature")),
        };
        let signature = Vec::<u8>::decode(&mut rest)
            .map_err(|_| Error::AgentProtocol("its signature is cut short"))?;
        armor(&self.blob, namespace, &signature)
    }
}

/// Whether a record can be signed with a key of this type, certificates of such keys included.
fn can_sign(key_type: &str) -> bool {
    let plain = key_type
        .strip_suffix("-cert-v01@openssh.com")
        .or_else(|| key_type.strip_suffix("@openssh.com"))
        .unwrap_or(key_type);
    matches!(
        plain,
        "ssh-ed25519"
            | "ssh-rsa"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
            | "sk-ssh-ed25519"
            | "sk-ecdsa-sha2-nistp256"
    )
}

#[cfg(unix)]
mod transport {
    use std::{
        io::{self, Read, Write},
        os::unix::net::UnixStream,
        path::Path,
        sync::mpsc,
        thread,
        time::{Duration, Instant},
    };

    use super::{Error, MAX_ANSWER};

    /// Connects, but does not wait for ever: an agent that accepts nobody blocks the call.
    pub(super) fn connect(socket: &Path, wait: Duration) -> Result<UnixStream, Error> {
        let (send, receive) = mpsc::channel();
        let path = socket.to_owned();
        thread::spawn(move || send.send(UnixStream::connect(path)));
        match receive.recv_timeout(wait) {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(source)) => Err(Error::NoAgent {
                socket: socket.to_owned(),
                source,
            }),
            Err(_) => Err(Error::AgentSilent { waited: wait }),
        }
    }

    /// Sends one request and reads the whole answer within `wait`.
    pub(super) fn exchange(socket: &Path, body: &[u8], wait: Duration) -> Result<Vec<u8>, Error> {
        let end = Instant::now() + wait;
        let mut stream = connect(socket, wait)?;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Error::AgentSilent { waited: wait }
            }
            io::ErrorKind::UnexpectedEof => Error::AgentProtocol("its answer is cut short"),
            _ => Error::NoAgent {
                socket: socket.to_owned(),
                source,
            },
        };
        let length = u32::try_from(body.len()).expect("requests are small");
        let request = [&length.to_be_bytes(), body].concat();
        stream
            .set_write_timeout(Some(wait))
            .and_then(|()| stream.write_all(&request))
            .map_err(failed)?;
        let mut length = [0; 4];
        read_until(&mut stream, &mut length, end).map_err(failed)?;
        let length = u32::from_be_bytes(length) as usize;
        if !(1..=MAX_ANSWER).contains(&length) {
            return Err(Error::AgentProtocol("an answer of an unreasonable size"));
        }
        let mut answer = vec![0; length];
        read_until(&mut stream, &mut answer, end).map_err(failed)?;
        Ok(answer)
    }

    /// Fills `into` before `end`, also when the bytes trickle.
    fn read_until(stream: &mut UnixStream, mut into: &mut [u8], end: Instant) -> io::Result<()> {
        while !into.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(into) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => into = &mut into[n..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod transport {
    use std::{io, path::Path, time::Duration};

    use super::Error;

    /// Agents listen on Unix sockets only.
    pub(super) fn connect(socket: &Path, _: Duration) -> Result<(), Error> {
        Err(Error::NoAgent {
            socket: socket.to_owned(),
            source: io::ErrorKind::Unsupported.into(),
        })
    }

    /// Agents listen on Unix sockets only.
    pub(super) fn exchange(socket: &Path, _: &[u8], wait: Duration) -> Result<Vec<u8>, Error> {
        connect(socket, wait).map(|()| Vec::new())
    }
}
