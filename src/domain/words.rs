//! Numbers in words and groups, as people read them; and the word that was probably meant.

/// `1234567` as `1 234 567`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `n thing` or `n things`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The known word that differs least from `word`, when it differs so little that it was probably meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const LONGEST: usize = 64;
    let word: Vec<char> = word.chars().take(LONGEST).collect();
    let far = |known: &'k str| (distance(&word, known), known);
    let (distance, nearest) = known.into_iter().map(far).min_by_key(|(far, _)| *far)?;
    (distance <= nearest.chars().count() / 3 + 1).then_some(nearest)
}

/// How many characters have to be put in, taken out or replaced.
fn distance(word: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for c in other.chars() {
        let mut before = row[0];
        row[0] += 1;
        for (place, own) in word.iter().enumerate() {
            let replaced = before + usize::from(*own != c);
            before = row[place + 1];
            row[place + 1] = replaced.min(before + 1).min(row[place] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups_of_three() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (10_240, "10 240"),
            (1_000_000, "1 000 000"),
        ] {
            assert_eq!(number(n), text);
        }
        assert_eq!(count(1, "item", "items"), "1 item");
    }

    #[test]
    fn a_word_with_a_slip_is_known() {
        let known = ["sign-in-days", "snapshot-days", "revoke"];
        for (word, meant) in [
            ("sign-in-day", Some("sign-in-days")),
            ("sign_in_days", Some("sign-in-days")),
            ("revok", Some("revoke")),
            ("reovke", Some("revoke")),
            ("keep", None),
            ("", None),
            (&"x".repeat(100_000), None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest("revoke", []), None);
    }
}
