//! [`fold`]: text as it is compared, so that a person finds what they see.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Text as filters and scopes compare it: without case, accents, compatibility forms and characters that cannot be
/// seen.
///
/// `Łukasz` is found by `lukasz`, `Straße` by `strasse`, `ﾃﾞｰﾀ` and `データ` by `でーた`, `O’Neill` by `o'neill`. What
/// makes another letter of a kana stays: `は` does not become `ば`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        let seen = text.chars().filter(|c| !c.is_ascii_control());
        folded.extend(seen.map(|c| c.to_ascii_lowercase()));
        return folded;
    }
    let seen = text.nfkd().filter(|c| !is_accent(*c) && !is_unseen(*c));
    for c in seen.flat_map(char::to_lowercase) {
        plain(c, &mut folded);
    }
    folded
}

/// Text without the characters that cannot be seen, which are not compared either.
pub(super) fn seen(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).collect()
}

/// A mark on a letter that people leave out. The voiced sound marks of kana make other letters.
fn is_accent(c: char) -> bool {
    is_combining_mark(c) && !matches!(c, '\u{3099}' | '\u{309a}')
}

/// A control character, or one that has no width by itself.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes a lower-case letter the way it is typed where it is not on the keyboard.
fn plain(c: char, into: &mut String) {
    match c {
        'ß' => into.push_str("ss"),
        'æ' => into.push_str("ae"),
        'œ' => into.push_str("oe"),
        'þ' => into.push_str("th"),
        'ø' => into.push('o'),
        'ł' => into.push('l'),
        'đ' | 'ð' => into.push('d'),
        'ħ' => into.push('h'),
        'ŧ' => into.push('t'),
        'ı' => into.push('i'),
        'ς' => into.push('σ'),
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => into.push('\''),
        '\u{201c}' | '\u{201d}' => into.push('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => into.push('-'),
        'ァ'..='ヶ' => into.push(hiragana(c)),
        _ => into.push(c),
    }
}

/// The hiragana for a katakana: the two blocks have one order.
fn hiragana(c: char) -> char {
    char::from_u32(u32::from(c) - 0x60).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_found_as_people_type_them() {
        for (typed, name) in [
            ("okafor", "Ôkafor"),
            ("lukasz", "ŁUKASZ"),
            ("soren", "Søren"),
            ("strasse", "Straße"),
            ("STRASSE", "STRAẞE"),
            ("istanbul", "İstanbul"),
            ("thor aesir", "Þór Æsir"),
            ("o'neill", "O’Neill"),
            ("a-b", "a–b"),
            ("σοφοσ", "ΣΟΦΌΣ"),
            ("σοφος", "ΣΟΦΟΣ"),
            ("はなこ", "ハナコ"),
            ("データ", "ﾃﾞｰﾀ"),
            ("会計", "会計"),
            ("admin", "ad\u{200b}min"),
            ("a b", "a\u{a0}b"),
            ("abc", "ＡＢＣ"),
            ("ﬁle", "file"),
        ] {
            assert_eq!(fold(typed), fold(name), "{typed} and {name}");
        }
        for (typed, name) in [("ば", "は"), ("パ", "ハ"), ("o", "e"), ("会", "計")] {
            assert_ne!(fold(typed), fold(name), "{typed} and {name}");
        }
        // The beginning of a letter finds it, as while it is typed.
        assert!(fold("がか").contains(&fold("か")));
    }

    proptest! {
        #[test]
        fn what_was_folded_stays_as_it_is(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(!once.contains('\n'));
        }
    }
}
