//! Numbers in words and groups, as people read them.

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
}
