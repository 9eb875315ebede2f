use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

fn shown(text: &str) -> String {
    SafeText::of(text).to_string()
}

#[test]
fn what_acts_on_a_terminal_is_shown_as_a_picture_or_a_code_point() {
    for (text, expected) in [
        ("keep\rrevoke", "keep␍revoke"),
        ("ad\0min", "ad␀min"),
        ("\u{1b}]52;c;cm0=\u{7}", "␛]52;c;cm0=␇"),
        ("\u{7f}", "␡"),
        ("\u{9b}31m", "‹U+009B›31m"),
        ("a\tb\nc", "a␉b␊c"),
        ("\u{202e}nimda", "‹U+202E›nimda"),
        ("\u{2066}x\u{2069}", "‹U+2066›x‹U+2069›"),
        ("ad\u{200b}min", "ad‹U+200B›min"),
        ("soft\u{ad}ware", "soft‹U+00AD›ware"),
        ("a\u{2028}b", "a‹U+2028›b"),
        ("x\u{e0061}", "x‹U+E0061›"),
        ("\u{e000}\u{10fffd}", "‹U+E000›‹U+10FFFD›"),
        ("a\u{fe0f}", "a‹U+FE0F›"),
        ("1\u{fe0f}", "1‹U+FE0F›"),
        ("ad\u{200d}min", "ad‹U+200D›min"),
        ("\u{301}a", "‹U+0301›a"),
        ("a\u{3164}b", "a‹U+3164›b"),
        ("a\u{2800}b", "a‹U+2800›b"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
        assert!(Raw::from(text).has_hidden(), "{text:?}");
    }
}

#[test]
fn writing_in_any_script_stays_as_it_is() {
    for text in [
        "",
        "Dmitri Okafor",
        "Jomo O’Neill",
        "Eva Müller-Tanaka",
        "Mu\u{308}ller",
        "会計レポート",
        "ﾊﾞﾝﾄﾞ",
        "Farid al-Ḥasan",
        "می\u{200c}خواهم",
        "क\u{94d}\u{200d}ष",
        "র\u{200d}\u{9cd}য",
        "שָׁלוֹם",
        "ที่นี่",
        "한국어",
        "\u{1112}\u{1161}\u{11ab}",
        "☠\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "👩\u{200d}👩\u{200d}👧",
        "👍🏽",
        "🏳\u{fe0f}\u{200d}🌈",
        "🇩🇪",
        "a\u{301}\u{302}\u{303}\u{304}",
        "✓ ✗ » ▌",
    ] {
        assert_eq!(shown(text), text);
        assert!(!Raw::from(text).has_hidden(), "{text:?}");
    }
}

#[test]
fn only_four_marks_stand_on_one_letter() {
    assert_eq!(
        shown("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{302}b\u{301}"),
        "a\u{301}\u{301}\u{301}\u{301}‹U+0301›‹U+0302›b\u{301}"
    );
}

#[test]
fn a_joiner_that_changes_nothing_is_shown() {
    // After alef, which never connects, and at the end.
    assert_eq!(shown("ا\u{200c}ب"), "ا‹U+200C›ب");
    assert_eq!(shown("ب\u{200c}"), "ب‹U+200C›");
    assert_eq!(shown("क\u{200d}ष"), "क‹U+200D›ष");
    assert_eq!(shown("👍\u{200d}a"), "👍‹U+200D›a");
}

#[test]
fn long_text_is_cut_between_graphemes() {
    for (text, width, end, middle) in [
        ("atlas-ledger-archive", 9, "atlas-le…", "atla…hive"),
        (
            "atlas-ledger-archive",
            20,
            "atlas-ledger-archive",
            "atlas-ledger-archive",
        ),
        ("会計レポート", 6, "会計…", "会…ト"),
        ("会計レポート", 1, "…", "…"),
        ("会計レポート", 0, "", ""),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…", "e\u{301}…"),
    ] {
        let text = SafeText::of(text);
        assert_eq!(text.truncate(width).as_str(), end, "{text}");
        assert_eq!(text.truncate_middle(width).as_str(), middle, "{text}");
    }
}

#[test]
fn a_column_shows_the_base_of_a_composed_emoji() {
    for (text, expected) in [
        ("☠\u{fe0f} bot", "☠ bot"),
        ("👩\u{200d}👩\u{200d}👧", "👩"),
        ("👍🏽", "👍"),
        ("1\u{fe0f}\u{20e3}", "1"),
        ("team 🇩🇪", "team □"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("Mu\u{308}ller", "Mu\u{308}ller"),
        ("🦀", "🦀"),
    ] {
        assert_eq!(SafeText::of(text).simple().as_str(), expected, "{text}");
    }
}

/// Text that is likely to hit the rules: letters, marks, joiners, emoji, controls, and anything else.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "a", "1", " ", "é", "\u{301}", "\u{200d}", "\u{200c}", "\u{fe0f}", "\u{fe0e}", "\u{20e3}", "👩", "🏽",
            "☠", "🇩", "会", "ﾊ", "ﾞ", "ب", "ا", "ً", "क", "\u{94d}", "র", "\u{9cd}", "\u{202e}", "\u{1b}", "\u{9b}",
            "\r", "\u{e0061}", "‹", "›", "\u{1161}", "\u{1112}", "\u{11ab}", "\u{600}", "\u{ad}", "\u{e33}", "ᩕ",
        ])
        .prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => (0u32..0x3000).prop_filter_map("not a character", char::from_u32).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// The cells a widget fills with `text`.
fn cells_drawn(text: &str) -> usize {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 400, 1));
    let (end, _) = buffer.set_stringn(0, 0, text, 400, ratatui::style::Style::default());
    usize::from(end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn safe_text_is_safe_already(text in tricky()) {
        let safe = SafeText::of(&text);
        prop_assert_eq!(SafeText::of(safe.as_str()), safe.clone());
        prop_assert!(!Raw::from(safe.as_str()).has_hidden());
        prop_assert_eq!(Raw::from(text.as_str()).has_hidden(), safe.as_str() != text);
    }

    #[test]
    fn nothing_hidden_comes_out(text in tricky()) {
        for c in shown(&text).chars() {
            let forbidden = c.is_control() || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
                | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
            prop_assert!(!forbidden, "{:?} in {:?}", c, text);
        }
    }

    #[test]
    fn a_hidden_character_always_tells_two_names_apart(
        before in "[a-zé会 ]{0,6}",
        hidden in prop::sample::select(vec![
            '\0', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}',
            '\u{2066}', '\u{2028}', '\u{feff}', '\u{fe0f}', '\u{e0061}', '\u{e0100}', '\u{3164}', '\u{e000}',
        ]),
        other in prop::sample::select(vec!['\n', '\u{200e}', '\u{2060}', '\u{180e}', '\u{fe00}', '\u{115f}']),
        after in "[a-zé会 ]{0,6}",
    ) {
        let with = |middle: &str| SafeText::of(&format!("{before}{middle}{after}")).simple();
        let texts = [with(""), with(&hidden.to_string()), with(&other.to_string())];
        prop_assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
        prop_assert!(texts[0].width() < texts[1].width());
    }

    #[test]
    fn the_width_is_the_cells_it_fills(text in tricky()) {
        for text in [SafeText::of(&text), SafeText::of(&text).simple()] {
            prop_assert_eq!(text.width(), cells_drawn(text.as_str()));
            let mut buffer = Buffer::empty(Rect::new(0, 0, 400, 1));
            Span::raw(text.as_str()).render(buffer.area, &mut buffer);
            for x in 0..400 {
                let symbol = buffer[(x, 0)].symbol();
                prop_assert!(!symbol.contains(char::is_control));
            }
        }
    }

    #[test]
    fn a_cut_text_fits_and_is_safe(text in tricky(), width in 0usize..30) {
        let whole = SafeText::of(&text);
        for cut in [whole.truncate(width), whole.truncate_middle(width)] {
            prop_assert!(cut.width() <= width);
            prop_assert_eq!(SafeText::of(cut.as_str()), cut.clone());
            prop_assert!(whole.width() > width || cut == whole);
        }
        prop_assert!(whole.simple().width() <= whole.width().max(whole.as_str().graphemes(true).count() * 2));
    }
}

#[test]
fn a_text_without_ink_is_blank() {
    for blank in [
        "",
        " ",
        "\t\r\n",
        "\u{200b}",
        "\u{3000}\u{feff}",
        "\u{2800}\u{ad}",
        "\u{85}\u{e0001}",
    ] {
        assert!(Raw::from(blank).is_blank(), "{blank:?}");
        assert!(!Raw::from(format!("{blank}x")).is_blank());
    }
    for said in [".", "静", "\u{200b}-", "é", "\u{301}"] {
        assert!(!Raw::from(said).is_blank(), "{said:?}");
    }
    // What is white space today stays so.
    for c in ('\0'..=char::MAX).filter(|c| c.is_whitespace()) {
        assert!(Raw::from(c.to_string()).is_blank(), "{c:?}");
    }
}
