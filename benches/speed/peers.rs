//! [`Peers`]: the programs that muster is measured beside, as far as they are here.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::machine::said;

/// The version of csvlens that is built when it is asked for.
const CSVLENS: &str = "0.15.1";

/// A program that does a part of the same.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    version: String,
}

/// The programs that are here.
#[derive(Debug)]
pub(crate) struct Peers {
    found: Vec<Peer>,
    missing: Vec<&'static str>,
}

impl Peers {
    /// Looks for them on the path; `install` builds csvlens first when it is not there.
    pub(crate) fn find(install: bool) -> anyhow::Result<Self> {
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench-peers");
        if install && find("csvlens", &built).is_none() {
            eprintln!("building csvlens {CSVLENS}");
            let status = Command::new("cargo")
                .args([
                    "install",
                    "csvlens",
                    "--version",
                    CSVLENS,
                    "--locked",
                    "--root",
                ])
                .arg(&built)
                .status()?;
            anyhow::ensure!(status.success(), "csvlens cannot be built");
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for (name, program) in [
            ("csvlens", "csvlens"),
            ("less", "less"),
            ("VisiData", "vd"),
            ("fzf", "fzf"),
            ("ssh-keygen", "ssh-keygen"),
            ("sha256sum", "sha256sum"),
        ] {
            let Some(path) = find(program, &built) else {
                missing.push(name);
                continue;
            };
            let version = match name {
                // It tells none.
                "ssh-keygen" => said("ssh", &["-V"]).unwrap_or_default(),
                _ => said(&path.display().to_string(), &["--version"]).unwrap_or_default(),
            };
            found.push(Peer {
                name,
                path,
                version,
            });
        }
        Ok(Self { found, missing })
    }

    /// The peer of this name, when it is here.
    pub(crate) fn get(&self, name: &str) -> Option<&Peer> {
        self.found.iter().find(|peer| peer.name == name)
    }

    /// Which were found and which were not.
    pub(crate) fn words(&self) -> String {
        let found: Vec<String> = self.found.iter().map(Peer::words).collect();
        let missing = match self.missing.as_slice() {
            [] => String::new(),
            missing => format!(" Not found: {}.", missing.join(", ")),
        };
        format!("Peers: {}.{missing}", found.join(", "))
    }
}

impl Peer {
    fn words(&self) -> String {
        // Programs say "csvlens 0.15.1", "less 590 (GNU …)", "saul.pw/VisiData v2.11", "0.38 (…)".
        let words = self.version.split([' ', '(', ',', '_']);
        let number = words
            .map(|word| word.trim_start_matches('v'))
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        match number {
            Some(number) => format!("{} {number}", self.name),
            None => self.name.to_owned(),
        }
    }
}

fn find(program: &str, built: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(built.join("bin"))
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
