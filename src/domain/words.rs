//! Numbers in words and groups, as people read them; and the word that was probably meant.

use super::filter::nearness;

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

/// The known word that was probably meant by `word`.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = |known: &'k str| nearness(word, known).map(|steps| (steps, known));
    let found = known.into_iter().filter_map(near);
    found
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, known)| known)
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
