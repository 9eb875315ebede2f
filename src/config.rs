//! Where things live on this machine, and what the environment says.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the environment is read"
)]

pub(crate) mod connections;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

/// The folders muster uses, by the platform's conventions.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Reviews in progress and sealed records.
    pub(crate) data: PathBuf,
    /// The key muster made, when it made one, the list of connections, the policy, and the reviewer's views.
    pub(crate) config: PathBuf,
    /// The person's home folder.
    pub(crate) home: PathBuf,
}

/// The platform does not tell where a person's files live.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell where your files live, because no home folder is set")]
pub(crate) struct NoHome;

impl Places {
    /// The usual places; `data` replaces the first.
    pub(crate) fn find(data: Option<PathBuf>) -> Result<Self, NoHome> {
        let folders = directories::ProjectDirs::from("", "", "muster").ok_or(NoHome)?;
        let home = directories::BaseDirs::new()
            .ok_or(NoHome)?
            .home_dir()
            .to_owned();
        Ok(Self {
            data: data.unwrap_or_else(|| folders.data_dir().to_owned()),
            config: folders.config_dir().to_owned(),
            home,
        })
    }

    /// The rules for new reviews, when somebody wrote some.
    pub(crate) fn policy(&self) -> PathBuf {
        self.config.join("policy.toml")
    }

    /// The reviewer's own views.
    pub(crate) fn views(&self) -> PathBuf {
        self.config.join("views.toml")
    }

    /// The key that `seal --new-key` makes and uses.
    pub(crate) fn own_key(&self) -> PathBuf {
        self.config.join("muster_ed25519")
    }

    /// The key file most people have.
    pub(crate) fn usual_key(&self) -> PathBuf {
        self.home.join(".ssh").join("id_ed25519")
    }

    /// Makes the config folder, for its owner only.
    pub(crate) fn make_config(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.config)
    }
}

/// The variable the token may stand in.
pub(crate) const TOKEN_VARIABLE: &str = "SPACE_TOKEN";

/// Variables that hold a secret: no child process gets them.
pub(crate) const SECRET_VARIABLES: &[&str] = &[TOKEN_VARIABLE];

/// The token from the environment, when there is one.
pub(crate) fn token() -> Option<SecretString> {
    env::var(TOKEN_VARIABLE)
        .ok()
        .filter(|token| !token.trim().is_empty())
        .map(|token| SecretString::from(token.trim().to_owned()))
}

/// The socket of a running ssh-agent.
pub(crate) fn agent_socket() -> Option<PathBuf> {
    env::var_os("SSH_AUTH_SOCK")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// What git would put on a commit: offered as the principal, never taken unasked.
pub(crate) fn mail_address() -> Option<String> {
    ["MUSTER_PRINCIPAL", "EMAIL", "GIT_AUTHOR_EMAIL"]
        .iter()
        .find_map(|name| env::var(name).ok())
        .filter(|it| !it.trim().is_empty())
}

/// Whether the terminal can do nothing but print lines.
pub(crate) fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// A variable that tells how the terminal wants to be drawn on. Secrets have functions of their own.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether there is something at `path`, be it a link that leads nowhere.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether the program is told to panic at `place`: in debug builds only, so that tests see what it says and leaves
/// behind then.
pub(crate) fn breaks_down(place: &str) -> bool {
    cfg!(debug_assertions) && env::var("MUSTER_BREAK_DOWN").is_ok_and(|told| told == place)
}

/// Reads a small text file whole.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let not_text = |_| {
        let what = "stream did not contain valid UTF-8";
        io::Error::new(io::ErrorKind::InvalidData, what)
    };
    String::from_utf8(read_bytes(path, limit)?).map_err(not_text)
}

/// Reads a small file whole.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    let read = fs::File::open(path)?
        .take(limit + 1)
        .read_to_end(&mut bytes)? as u64;
    if read > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

/// Changes a small text file that may not be there yet, in a folder that is; the answer of `change` is its new text and
/// more to know.
///
/// It is written aside, synced and renamed, so it is never half written; a lock keeps another process from losing what
/// this one changes. A link stays one.
pub(crate) fn change_text<T>(
    path: &Path,
    limit: u64,
    change: impl FnOnce(&str) -> Result<(String, T), String>,
) -> io::Result<Result<T, String>> {
    use io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(path.with_extension("lock"))?;
    lock.lock()?;
    let text = if is_there(path) {
        read_text(path, limit)?
    } else {
        String::new()
    };
    let (text, told) = match change(&text) {
        Ok(changed) => changed,
        Err(why) => return Ok(Err(why)),
    };
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(&path);
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_all()?;
    aside.persist(&path).map_err(|error| error.error)?;
    Ok(Ok(told))
}
