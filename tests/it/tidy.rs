//! The layers: which module may know which, and what the pure ones may not know at all.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// For each module, the modules it may import. `lib.rs` and `main.rs` may import all.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("format", &["domain"]),
    ("verify", &["domain", "format"]),
    ("export", &["domain", "format"]),
    ("space", &["domain", "format", "verify", "export"]),
    ("store", &["domain", "format", "verify", "export"]),
    ("signing", &["domain", "format", "verify", "export"]),
    ("credentials", &[]),
    ("config", &[]),
    ("demo", &["domain"]),
    ("tui", &["domain"]),
    (
        "command",
        &[
            "domain",
            "format",
            "verify",
            "export",
            "space",
            "store",
            "signing",
            "credentials",
            "config",
            "demo",
            "tui",
        ],
    ),
    ("cli", &["domain", "command", "config"]),
    // Only in tests: it puts anything before all parsers.
    ("fuzz", &["domain", "format", "verify", "signing", "space"]),
];

/// Modules without clock, chance, environment, files or threads of their own.
const PURE: &[&str] = &["domain", "format", "verify", "export"];

/// What the pure modules never name: parts of the standard library, and crates.
const IMPURE_STD: &[&str] = &["fs", "env", "time", "net", "process", "thread"];
const IMPURE_CRATES: &[&str] = &[
    "tokio",
    "tokio_util",
    "rand",
    "getrandom",
    "reqwest",
    "hyper",
    "hyper_util",
    "keyring",
    "crossterm",
    "ratatui",
    "nix",
    "rustix",
    "signal_hook",
    "tempfile",
    "directories",
    "rpassword",
    "clap",
];

#[test]
fn modules_import_only_what_their_layer_allows() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(module) = file.module() else {
            continue;
        };
        let Some(allowed) = layers.get(module.as_str()) else {
            wrong.push(format!(
                "{}: the module {module} is in no layer",
                file.path.display()
            ));
            continue;
        };
        for name in file.crate_paths() {
            if name != module
                && layers.contains_key(name.as_str())
                && !allowed.contains(&name.as_str())
            {
                wrong.push(format!(
                    "{}: {module} may not import {name}",
                    file.path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_modules_name_nothing_of_the_outside() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file
            .module()
            .is_some_and(|module| PURE.contains(&module.as_str()))
        {
            continue;
        }
        let std = file
            .paths_after("std")
            .into_iter()
            .filter(|name| IMPURE_STD.contains(&name.as_str()));
        let crates = IMPURE_CRATES
            .iter()
            .filter(|name| file.names_crate(name))
            .map(|name| (*name).to_owned());
        for name in std.map(|name| format!("std::{name}")).chain(crates) {
            wrong.push(format!("{}: {name}", file.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_what_is_there() {
    let file = File {
        path: PathBuf::from("tui/app.rs"),
        tokens: tokens(
            r#"
            // use crate::comment;
            /* crate::block /* crate::nested */ */
            use crate::{domain::{text, time}, format, self::x};
            use crate::store::Store;
            const TEXT: &str = "crate::string \" crate::more"; const RAW: &str = r"crate::raw \";
            fn f<'a>(c: char) -> &'a str { if c == '"' || c == '\'' { crate::space::g() } else { super::super::verify::h() } }
            #[cfg(test)]
            mod tests { use crate::demo; fn x() { } }
            use std::{fs, io::{self, Write}};
            #[cfg(test)]
            mod fixture;
            use tokio::sync;
            "#,
        ),
    };
    assert_eq!(
        file.crate_paths(),
        ["domain", "format", "self", "store", "space", "verify"]
    );
    assert_eq!(file.paths_after("std"), ["fs", "io"]);
    assert!(file.names_crate("tokio") && !file.names_crate("rand"));
    assert_eq!(file.test_modules(), ["tests", "fixture"]);
}

/// A source file of the program, without comments, texts and tests.
struct File {
    /// Below `src`.
    path: PathBuf,
    tokens: Vec<String>,
}

impl File {
    /// The module of the first level it belongs to; `None` for `lib.rs` and `main.rs`.
    fn module(&self) -> Option<String> {
        let first = Path::new(self.path.components().next()?.as_os_str());
        let name = first.file_stem()?.to_str()?.to_owned();
        (!["lib", "main"].contains(&name.as_str())).then_some(name)
    }

    /// The modules of the first level that are named, by `crate::` or by climbing up to the root.
    fn crate_paths(&self) -> Vec<String> {
        let mut names = self.paths_after("crate");
        let depth = self.path.components().count();
        let code = self.code();
        for at in 0..code.len() {
            let climbs = code[at..]
                .chunks(2)
                .take_while(|pair| pair[0] == "super")
                .count();
            let inside = at >= 2 && code[at - 2] == "super";
            if climbs >= depth && !inside {
                names.extend(first_names(&code[at + 2 * climbs - 1..]));
            }
        }
        names
    }

    /// The names that follow `root::`, those of a group in braces one by one.
    fn paths_after(&self, root: &str) -> Vec<String> {
        let code = self.code();
        let at_root = |at: &usize| code[*at] == root && (*at == 0 || code[*at - 1] != "::");
        (0..code.len())
            .filter(at_root)
            .flat_map(|at| first_names(&code[at + 1..]))
            .collect()
    }

    fn names_crate(&self, name: &str) -> bool {
        let code = self.code();
        let names =
            |at: usize| code[at] == name && code.get(at + 1).is_some_and(|next| next == "::");
        (0..code.len()).any(|at| names(at) && (at == 0 || code[at - 1] != "::"))
    }

    /// The tokens outside modules that are only there for tests.
    fn code(&self) -> Vec<String> {
        let mut code = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if let Some((_, end)) = self.test_module_at(at) {
                at = end;
            } else {
                code.push(self.tokens[at].clone());
                at += 1;
            }
        }
        code
    }

    fn test_modules(&self) -> Vec<String> {
        (0..self.tokens.len())
            .filter_map(|at| Some(self.test_module_at(at)?.0))
            .collect()
    }

    /// The name of the module for tests that begins at token `at`, and where it ends.
    fn test_module_at(&self, at: usize) -> Option<(String, usize)> {
        const CFG: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let rest = &self.tokens[at..];
        if !rest.starts_with(&CFG.map(str::to_owned)) {
            return None;
        }
        let module = CFG.len()
            + rest[CFG.len()..]
                .iter()
                .take(8)
                .position(|token| token == "mod")?;
        let name = rest.get(module + 1)?.clone();
        let mut depth = 0;
        for (offset, token) in rest.iter().enumerate().skip(module + 2) {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((name, at + offset + 1));
            }
        }
        Some((name, self.tokens.len()))
    }
}

/// What follows a root: `:: name`, or `:: { name, name }`.
fn first_names(code: &[String]) -> Vec<String> {
    match code {
        [colons, open, group @ ..] if colons == "::" && open == "{" => {
            let (mut names, mut depth, mut expected) = (Vec::new(), 0, true);
            for token in group {
                match token.as_str() {
                    "{" => depth += 1,
                    "}" if depth == 0 => break,
                    "}" => depth -= 1,
                    "," if depth == 0 => expected = true,
                    name if expected && depth == 0 => {
                        names.push(name.to_owned());
                        expected = false;
                    }
                    _ => {}
                }
            }
            names
        }
        [colons, name, ..] if colons == "::" => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// All source files but those that are only there for tests.
fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    read_folder(&root, &root, &mut files);
    assert!(files.len() > 20, "the sources are found");
    let of_tests: Vec<PathBuf> = files
        .iter()
        .flat_map(|file| {
            let name = file
                .path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let front = ["lib.rs", "main.rs"].contains(&name);
            let folder = if front {
                PathBuf::new()
            } else {
                file.path.with_extension("")
            };
            file.test_modules()
                .into_iter()
                .map(move |module| folder.join(module))
        })
        .collect();
    files.retain(|file| {
        !of_tests
            .iter()
            .any(|module| file.path.with_extension("").starts_with(module))
    });
    files
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder of sources can be read") {
        let path = entry.expect("the folder of sources can be read").path();
        if path.is_dir() {
            read_folder(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file is text");
            let path = path
                .strip_prefix(root)
                .expect("it is below the root")
                .to_owned();
            files.push(File {
                path,
                tokens: tokens(&text),
            });
        }
    }
}

/// Words, `::`, and single signs; comments, texts and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match c {
            '/' if next == Some('/') => {
                at += chars[at..].iter().take_while(|c| **c != '\n').count();
            }
            '/' if next == Some('*') => at = after_block_comment(&chars, at),
            '"' => {
                let last = tokens.last().map(String::as_str);
                let hashes = chars[..at].iter().rev().take_while(|c| **c == '#').count();
                let raw = hashes > 0 || last.is_some_and(|last| ["r", "br", "cr"].contains(&last));
                at = if raw {
                    after_raw_text(&chars, at, hashes)
                } else {
                    after_text(&chars, at)
                };
            }
            '\'' if next == Some('\\') => {
                at += 3 + chars[at + 3..].iter().take_while(|c| **c != '\'').count() + 1;
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            ':' if next == Some(':') => {
                tokens.push("::".to_owned());
                at += 2;
            }
            _ if word(c) => {
                let length = chars[at..].iter().take_while(|c| word(**c)).count();
                tokens.push(chars[at..at + length].iter().collect());
                at += length;
            }
            _ => {
                if !c.is_whitespace() {
                    tokens.push(c.to_string());
                }
                at += 1;
            }
        }
    }
    tokens
}

fn after_block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    at
}

fn after_text(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn after_raw_text(chars: &[char], start: usize, hashes: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}
