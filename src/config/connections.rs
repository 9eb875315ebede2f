//! [`Connections`]: which organizations are connected. The list holds no secret; those are in the keyring.
#![expect(clippy::disallowed_methods, reason = "this is where the list is kept")]

use std::{
    fs, io,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A list longer than this is not ours.
const LIMIT: u64 = 1 << 20;

/// The version of the file.
const SCHEMA: &str = "muster-connections/1";

/// One connected organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Connection {
    /// Where it answers, as [`crate::config`]'s callers write addresses.
    pub(crate) url: String,
    /// What the server calls it; not safe to show as it is.
    pub(crate) organization: String,
    /// The server's id of it.
    pub(crate) organization_id: String,
    /// The login name or the application the token belongs to, when the server told; not safe to show as it is.
    pub(crate) who: Option<String>,
    /// Whose kind of secret the keyring holds.
    #[serde(flatten)]
    pub(crate) kind: Kind,
    /// When it was connected, in UTC.
    pub(crate) connected_at: String,
}

/// How an organization is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// With a token.
    Token,
    /// With the client credentials of an application.
    Application {
        /// What the application is called by when it asks for a token.
        client_id: String,
    },
}

impl Kind {
    /// One word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Application { .. } => "application",
        }
    }
}

/// Why the list could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    /// The file is no list of connections, or one of a newer version.
    #[error("{path} is no list of connections: {why}")]
    Damaged { path: PathBuf, why: String },
    /// The file cannot be written.
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    connections: Vec<Connection>,
}

/// The connected organizations, in order of their addresses.
#[derive(Debug)]
pub(crate) struct Connections {
    folder: PathBuf,
}

impl Connections {
    /// The list in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("connections.json")
    }

    /// All of them; none when nothing was ever connected.
    pub(crate) fn all(&self) -> Result<Vec<Connection>, Error> {
        let path = self.path();
        let read = |source| Error::Read {
            path: path.clone(),
            source,
        };
        let damaged = |why: String| Error::Damaged {
            path: path.clone(),
            why,
        };
        let mut text = String::new();
        match fs::File::open(&path) {
            Ok(file) => file
                .take(LIMIT + 1)
                .read_to_string(&mut text)
                .map_err(read)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(read(error)),
        };
        if text.len() as u64 > LIMIT {
            return Err(damaged(format!("it is larger than {LIMIT} bytes")));
        }
        let file: File = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(damaged("another version of muster wrote it".to_owned()));
        }
        Ok(file.connections)
    }

    /// Adds `connection`, in place of the one with the same address.
    pub(crate) fn keep(&self, connection: Connection) -> Result<(), Error> {
        self.change(|list| {
            list.retain(|known| known.url != connection.url);
            list.push(connection);
            list.sort_by(|one, other| one.url.cmp(&other.url));
        })
    }

    /// Takes the one with this address out.
    pub(crate) fn remove(&self, url: &str) -> Result<(), Error> {
        self.change(|list| list.retain(|known| known.url != url))
    }

    /// Changes the list. It is written aside, synced and renamed, so it is never half written; a lock keeps
    /// another process from losing what this one adds.
    fn change(&self, change: impl FnOnce(&mut Vec<Connection>)) -> Result<(), Error> {
        let write = |source| Error::Write {
            path: self.path(),
            source,
        };
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options
            .open(self.folder.join("connections.lock"))
            .map_err(write)?;
        lock.lock().map_err(write)?;
        let mut connections = self.all()?;
        change(&mut connections);
        let mut text = serde_json::to_string_pretty(&File {
            schema: SCHEMA.to_owned(),
            connections,
        })
        .map_err(|error| write(error.into()))?;
        text.push('\n');
        // Its owner's alone from the start.
        let mut aside = tempfile::NamedTempFile::new_in(&self.folder).map_err(write)?;
        aside
            .write_all(text.as_bytes())
            .and_then(|()| aside.as_file().sync_all())
            .map_err(write)?;
        aside
            .persist(self.path())
            .map_err(|error| write(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(url: &str, who: &str) -> Connection {
        Connection {
            url: url.to_owned(),
            organization: "Acme".to_owned(),
            organization_id: "o1".to_owned(),
            who: Some(who.to_owned()),
            kind: Kind::Token,
            connected_at: "2026-11-01T09:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_list_keeps_one_connection_an_address() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let list = Connections::new(folder.path());
        assert_eq!(list.all().expect("nothing yet"), []);
        let application = Connection {
            kind: Kind::Application {
                client_id: "c-1".to_owned(),
            },
            ..connection("https://b.example", "Reviews")
        };
        list.keep(application.clone()).expect("it is kept");
        list.keep(connection("https://a.example", "ada"))
            .expect("it is kept");
        list.keep(connection("https://a.example", "eve"))
            .expect("it is kept");
        assert_eq!(
            list.all().expect("it reads"),
            [connection("https://a.example", "eve"), application.clone()]
        );
        list.remove("https://a.example").expect("it is removed");
        list.remove("https://c.example").expect("nothing to remove");
        assert_eq!(list.all().expect("it reads"), [application]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(list.path())
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_list_is_named_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let list = Connections::new(folder.path());
        for text in [
            "",
            "[]",
            "{\"schema\":\"muster-connections/2\",\"connections\":[]}",
        ] {
            fs::write(list.path(), text).expect("a file of ours");
            let error = list.keep(connection("https://a.example", "ada"));
            let error = error.expect_err(text).to_string();
            assert!(error.contains("connections.json"), "{error}");
            assert_eq!(fs::read_to_string(list.path()).expect("it is there"), text);
        }
    }
}
