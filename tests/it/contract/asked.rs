//! `$fields`, read apart from how the program reads and writes it.

/// What `$fields` asks for.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked {
    pub(super) star: bool,
    pub(super) names: Vec<(String, Sub)>,
}

#[derive(Debug, Clone)]
pub(super) enum Sub {
    Default,
    List(Asked),
    Again(usize),
}

impl Asked {
    pub(super) fn everything() -> Self {
        Self {
            star: true,
            names: Vec::new(),
        }
    }

    pub(super) fn sub(&self, name: &str) -> Option<&Sub> {
        let found = self.names.iter().find(|(known, _)| known == name);
        found.map(|(_, sub)| sub)
    }
}

/// Reads `$fields`.
pub(super) fn parse_fields(text: &str) -> Result<Asked, String> {
    let compact: String = text.split_whitespace().collect();
    let mut rest = compact.as_str();
    let asked = parse_list(&mut rest);
    match asked {
        Some(asked) if rest.is_empty() => Ok(asked),
        _ => Err(format!("$fields does not read: '{text}' at '{rest}'")),
    }
}

fn parse_list(rest: &mut &str) -> Option<Asked> {
    let mut asked = Asked::default();
    loop {
        let end = rest.find(|c| "(),!".contains(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        if name.is_empty() || name.contains('*') && name != "*" {
            return None;
        }
        let mut sub = Sub::Default;
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            sub = Sub::List(parse_list(rest)?);
            *rest = rest.strip_prefix(')')?;
        } else if let Some(after) = rest.strip_prefix('!') {
            let end = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            let (digits, after) = after.split_at(end);
            *rest = after;
            sub = Sub::Again(digits.parse().unwrap_or(1));
        }
        if name == "*" {
            asked.star = true;
        } else {
            asked.names.push((name.to_owned(), sub));
        }
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(asked),
        }
    }
}
