//! [`Ground`]: the organization to measure on, as a review that the real program made, and the same rows for the peers.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context as _;
use muster::{
    demo::{self, Server, Size, State},
    domain::{grant::Holder, items::Item, text::SafeText},
    store::{Review, Store},
};
use tempfile::TempDir;

/// The program that is measured.
pub(crate) const MUSTER: &str = env!("CARGO_BIN_EXE_muster");

/// The review that is measured.
pub(crate) const NAME: &str = "bench";

/// Who signs.
pub(crate) const PRINCIPAL: &str = "bench@example.com";

/// The organization, kept between runs below `target`. It is only read: what changes a review gets a [`Copy`].
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) size: Size,
    folder: PathBuf,
    home: Home,
    items: usize,
    accounts: usize,
}

/// A data folder, and how programs are started that use it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) data: PathBuf,
}

/// A review that can be changed, and goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) home: Home,
    folder: TempDir,
}

impl Home {
    /// muster, on this data folder and with nothing else of the environment.
    pub(crate) fn muster(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(MUSTER);
        command.args(arguments).env_clear().stdin(Stdio::null());
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command
    }

    /// What programs see of the environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let data = self.data.display().to_string();
        vec![
            ("HOME", data.clone()),
            ("XDG_CONFIG_HOME", format!("{data}/config")),
            ("MUSTER_DATA_DIR", data),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
        ]
    }

    /// Where the review is.
    pub(crate) fn review(&self) -> PathBuf {
        self.data.join("reviews").join(NAME)
    }

    /// The review, opened in this process.
    pub(crate) fn open(&self) -> anyhow::Result<Review> {
        Ok(Store::new(&self.data).open(NAME, now())?)
    }
}

impl Ground {
    /// The organization of this size; made through the embedded server when it is not there, or was made by another
    /// version.
    pub(crate) fn prepare(size: Size) -> anyhow::Result<Self> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("speed");
        let folder = kept.join(format!("{size}-{}", env!("CARGO_PKG_VERSION")));
        let home = Home {
            data: folder.join("data"),
        };
        let known = home
            .muster(&["status", NAME])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?
            .success();
        if !(known && folder.join("rows.csv").is_file()) {
            eprintln!("making the organization {size}, once");
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::create_dir_all(&home.data)?;
            let server = Serving::start(size, |_| ())?;
            server.snapshot(&home)?;
            write_rows(&home, &folder)?;
        }
        let review = Store::new(&home.data).look(NAME)?;
        let snapshot = review.campaign().snapshot();
        Ok(Self {
            size,
            items: snapshot.len(),
            accounts: snapshot.accounts().len(),
            folder,
            home,
        })
    }

    /// How large it is.
    pub(crate) fn words(&self) -> String {
        format!(
            "The organization `{}`: {} accounts, {} grants, {:.0} MB of files.",
            self.size,
            self.accounts,
            self.items,
            self.bytes() as f64 / 1e6
        )
    }

    /// The review that is only read.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The same rows as a table for others.
    pub(crate) fn rows(&self) -> PathBuf {
        self.folder.join("rows.csv")
    }

    /// How many bytes the files of the review have.
    fn bytes(&self) -> u64 {
        let files = files(&self.home.review()).unwrap_or_default();
        files.iter().map(|(_, size)| size).sum()
    }

    /// A review that can be changed. The files that never change are shared.
    pub(crate) fn copy(&self) -> anyhow::Result<Copy> {
        let folder = TempDir::with_prefix_in("copy-", &self.folder)?;
        let home = Home {
            data: folder.path().join("data"),
        };
        fs::create_dir_all(home.review())?;
        for (path, _) in files(&self.home.review())? {
            let name = path.file_name().context("a file has a name")?;
            let copy = home.review().join(name);
            match name.to_str() {
                Some("journal.jsonl" | "lock") => {
                    fs::copy(&path, copy)?;
                }
                _ => fs::hard_link(&path, copy)?,
            }
        }
        Ok(Copy { home, folder })
    }
}

impl Copy {
    /// A place beside the review that goes with it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The embedded server, in this process.
pub(crate) struct Serving {
    runtime: tokio::runtime::Runtime,
    server: Server,
}

impl Serving {
    /// Serves an organization of this size, after `arm` told the server what it does wrong.
    pub(crate) fn start(size: Size, arm: impl FnOnce(&demo::Faults)) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let server = runtime.block_on(Server::start(
            State::of(size),
            demo::Options {
                now: now(),
                ..demo::Options::default()
            },
        ))?;
        arm(server.faults());
        Ok(Self { runtime, server })
    }

    /// Makes the review in `home` with the real program.
    pub(crate) fn snapshot(&self, home: &Home) -> anyhow::Result<()> {
        let output = home
            .muster(&["snapshot", NAME, "--org", &self.server.url()])
            .env("SPACE_TOKEN", self.server.token())
            .output()?;
        anyhow::ensure!(
            output.status.success(),
            "the snapshot failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// The server, to be asked what it saw.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The server's task ends within its runtime.
        let _within = self.runtime.enter();
    }
}

/// Writes the rows of the review as a table for others: the same accounts, places and roles.
fn write_rows(home: &Home, folder: &Path) -> anyhow::Result<()> {
    let review = Store::new(&home.data).look(NAME)?;
    let snapshot = review.campaign().snapshot();
    let mut out = BufWriter::new(File::create(folder.join("rows.csv"))?);
    writeln!(out, "item,holder,login,role,resource,id")?;
    for subject in snapshot.subjects() {
        let holder = snapshot.holder_label(subject.holder).safe();
        let login = match subject.holder {
            Holder::Account(account) => snapshot.account(account).username.safe(),
            Holder::Team(_) | Holder::Everyone(_) => SafeText::default(),
        };
        for item in subject.items() {
            writeln!(
                out,
                "{},{},{},{},{},{}",
                Item::number(item),
                cell(holder.as_str()),
                cell(login.as_str()),
                cell(snapshot.role_label(item).safe().as_str()),
                cell(snapshot.resource_label(item).safe().as_str()),
                snapshot.grant(item).id,
            )?;
        }
    }
    out.flush()?;
    Ok(())
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The files in `folder` and their sizes, by name.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        if data.is_file() {
            files.push((entry.path(), data.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// This moment.
pub(crate) fn now() -> muster::domain::time::Timestamp {
    let ms = chrono::Utc::now().timestamp_millis();
    muster::domain::time::Timestamp::from_ms(ms).expect("the clock shows a year before 10000")
}
