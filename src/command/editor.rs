//! A text in the editor that the person chose: `$VISUAL`, `$EDITOR`, or what the system has.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the editor is run on a file of its own"
)]

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
    process::{Command, ExitStatus},
};

use crate::config;

/// The longest text that is read back.
const LIMIT: u64 = 64 << 20;

/// Why a text was not edited.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The variable names no program.
    #[error("the editor in {variable} is not understood: {why}")]
    NotUnderstood {
        variable: &'static str,
        why: &'static str,
    },
    /// It could not be started.
    #[error("the editor {program} cannot be run; set VISUAL or EDITOR to another")]
    Start { program: String, source: io::Error },
    /// It ended in a way that says not to take the text.
    #[error("the editor ended with {status}; the text is not taken")]
    Failed {
        status: ExitStatus,
        /// The text, when it was changed and can be read.
        text: Option<String>,
    },
    /// The text could not be written for it.
    #[error("the text for the editor cannot be written below {folder}")]
    Write { folder: String, source: io::Error },
    /// The text could not be read back.
    #[error("the text that was edited cannot be read")]
    Read(#[source] io::Error),
    /// It is longer than anybody types.
    #[error("the text that was edited is longer than {} MB", LIMIT >> 20)]
    TooLong,
    /// It is no text.
    #[error("the text that was edited is not UTF-8")]
    NotText {
        /// The text, with a sign for what is none.
        text: String,
    },
}

impl Error {
    /// What was typed all the same, for another try.
    pub(super) fn take_text(&mut self) -> Option<String> {
        match self {
            Self::Failed { text, .. } => text.take(),
            Self::NotText { text } => Some(std::mem::take(text)),
            _ => None,
        }
    }
}

/// Lets the person edit `text`; the answer is what it is afterwards.
///
/// It stands in a folder below `place` that nobody else may look into and that is gone afterwards. The editor gets none
/// of the variables that hold secrets.
pub(super) fn edit(place: &Path, text: &str) -> Result<String, Error> {
    let (program, arguments) = editor(config::variable)?;
    let unwritten = |source| Error::Write {
        folder: place.display().to_string(),
        source,
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix("edit-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let folder = builder.tempdir_in(place).map_err(unwritten)?;
    let path = folder.path().join("decisions.muster");
    write(&path, text).map_err(unwritten)?;
    let mut editor = Command::new(&program);
    for name in config::SECRET_VARIABLES {
        editor.env_remove(name);
    }
    let ended = editor.args(arguments).arg(&path).status();
    let status = ended.map_err(|source| Error::Start { program, source })?;
    if !status.success() {
        let left = read(&path).ok().filter(|left| left != text);
        return Err(Error::Failed { status, text: left });
    }
    read(&path)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn read(path: &Path) -> Result<String, Error> {
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(Error::Read)?;
    let mut file = file.take(LIMIT + 1);
    file.read_to_end(&mut text).map_err(Error::Read)?;
    if text.len() as u64 > LIMIT {
        return Err(Error::TooLong);
    }
    String::from_utf8(text).map_err(|error| Error::NotText {
        text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// What some systems have, when nobody chose.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// The editor and its arguments, from the environment that `variable` reads.
fn editor(variable: impl Fn(&str) -> Option<String>) -> Result<(String, Vec<String>), Error> {
    for name in ["VISUAL", "EDITOR"] {
        let Some(line) = variable(name).filter(|line| !line.trim().is_empty()) else {
            continue;
        };
        let mut words = words(&line).map_err(|why| Error::NotUnderstood {
            variable: name,
            why,
        })?;
        if !words.is_empty() {
            let program = words.remove(0);
            return Ok((program, words));
        }
    }
    Ok((USUAL.to_owned(), Vec::new()))
}

/// Splits a line into words at blanks; quotes of either kind keep blanks, and a backslash the next character outside of
/// single ones. Nothing else is special: there is no shell.
fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            // A path on Windows is full of backslashes.
            (_, '\\') if !cfg!(windows) => {
                let next = chars.next().ok_or("it ends with a backslash")?;
                word.get_or_insert_default().push(next);
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_may_have_arguments_and_blanks_but_no_shell() {
        for (visual, other, expected) in [
            (None, None, &[USUAL][..]),
            (Some(" "), Some("nano"), &["nano"]),
            (Some("code --wait"), Some("nano"), &["code", "--wait"]),
            (
                Some("'/opt/my editor/bin/ed'  -n \"a b\""),
                None,
                &["/opt/my editor/bin/ed", "-n", "a b"],
            ),
            (
                Some("vi; rm -rf $HOME"),
                None,
                &["vi;", "rm", "-rf", "$HOME"],
            ),
            (Some("a''b \"\""), None, &["ab", ""]),
        ] {
            let variable = |name: &str| match name {
                "VISUAL" => visual.map(str::to_owned),
                "EDITOR" => other.map(str::to_owned),
                _ => None,
            };
            let (program, arguments) = editor(variable).expect("it is understood");
            let words: Vec<String> = [program].into_iter().chain(arguments).collect();
            assert_eq!(words, expected);
        }
        for bad in ["'vi", "vi \"", "vi \\"] {
            let refused = editor(|_| Some(bad.to_owned()));
            assert_eq!(
                refused.is_err(),
                !cfg!(windows) || !bad.ends_with('\\'),
                "{bad}"
            );
        }
    }
}
