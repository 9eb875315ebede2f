//! Which characters cannot be seen or act on a terminal, and what is shown in their place.
//!
//! Control characters become their pictures (`␛`), everything else its code point (`‹U+202E›`). Joiners,
//! variation selectors and combining marks stay where they belong to writing and are replaced elsewhere. The
//! ranges are by hand and on the strict side: a rare character that is shown as its code point can still be
//! read, one that is not shown cannot.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::UnicodeWidthChar as _;

/// Marks that may stand on one base.
const MARKS: u8 = 4;

/// `text` with everything hidden made visible; borrowed when there is nothing to replace.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut before = Before::default();
    let mut out: Option<String> = None;
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        if before.keeps(c, next) {
            if let Some(out) = &mut out {
                out.push(c);
            }
        } else {
            let out = out.get_or_insert_with(|| text[..at].to_owned());
            write_visible(out, c);
            before = Before::default();
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A grapheme of shown text on whose width terminals agree.
pub(super) fn simple(grapheme: &str) -> &str {
    let mut chars = grapheme.chars();
    let (Some(first), Some(_)) = (chars.next(), chars.next()) else {
        return grapheme;
    };
    let risky = |c: char| {
        matches!(
            c,
            '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}'
        )
    };
    if is_regional(first) {
        "□"
    } else if grapheme.contains(risky) || (is_emoji(first) && grapheme.contains('\u{200d}')) {
        &grapheme[..first.len_utf8()]
    } else {
        grapheme
    }
}

/// What stands right before a character, as far as it was kept.
#[derive(Default)]
struct Before {
    last: Option<char>,
    /// The last character that takes cells of its own.
    base: Option<char>,
    marks: u8,
}

impl Before {
    /// Whether `c` may be shown as it is; it then becomes part of what stands before.
    fn keeps(&mut self, c: char, next: Option<char>) -> bool {
        let kept = match c {
            ' '..='~' => true,
            '\u{fe0e}' | '\u{fe0f}' => self.takes_selector(next),
            '\u{200d}' => self.takes_emoji_joiner(next) || self.takes_joiner(c, next),
            '\u{200c}' => self.takes_joiner(c, next),
            _ if is_hidden(c) => false,
            _ if c.width() == Some(0) => self.base.is_some() && self.marks < MARKS,
            _ => true,
        };
        if kept {
            if c.width() != Some(0) {
                self.base = Some(c);
                self.marks = 0;
            } else if !is_selector_or_joiner(c) {
                self.marks += 1;
            }
            self.last = Some(c);
        }
        kept
    }

    /// Selectors choose between the text and the emoji form of the character right before. A digit has the
    /// two forms only as a keycap.
    fn takes_selector(&self, next: Option<char>) -> bool {
        self.last.is_some_and(|last| match last {
            '0'..='9' | '#' | '*' => next == Some('\u{20e3}'),
            _ => is_emoji(last) && !is_regional(last),
        })
    }

    fn takes_emoji_joiner(&self, next: Option<char>) -> bool {
        let after = match self.last {
            Some('\u{fe0f}') => self.base.is_some_and(is_emoji),
            Some(last) => is_emoji(last),
            None => false,
        };
        after && next.is_some_and(|next| is_emoji(next) && !is_regional(next))
    }

    /// Scripts in which a joiner changes the letters beside it, where it does.
    fn takes_joiner(&self, joiner: char, next: Option<char>) -> bool {
        let (Some(last), Some(next)) = (self.last, next) else {
            return false;
        };
        if is_virama(last) {
            return is_indic(next);
        }
        if joiner == '\u{200d}' && last == '\u{09b0}' && next == '\u{09cd}' {
            return true;
        }
        // A vowel sign may stand between an Arabic letter and the joiner.
        let letter = if is_arabic_sign(last) {
            self.base
        } else {
            Some(last)
        };
        letter.is_some_and(joins_onwards) && is_arabic(next)
    }
}

fn write_visible(out: &mut String, c: char) {
    match c {
        '\0'..='\u{1f}' => {
            out.push(char::from_u32(0x2400 + u32::from(c)).expect("each C0 control has a picture"));
        }
        '\u{7f}' => out.push('␡'),
        _ => write!(out, "‹U+{:04X}›", u32::from(c)).expect("a string takes everything"),
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        // Soft hyphen, grapheme joiner, fillers, inherent vowels, Mongolian selectors, blank braille.
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{1d159}')
        // Direction, zero width, line and paragraph separators, invisible operators.
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        // Variation selectors, byte order mark, interlinear notes and what is unassigned around them.
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}')
        // Signs that enclose the digits after them, and format controls of scripts, shorthand and music.
        || matches!(c, '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}')
        || matches!(c, '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        // Private use, and what is not a character.
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..)
        || u32::from(c) & 0xfffe == 0xfffe
        // Unassigned planes, and the one of tags and more selectors.
        || matches!(c, '\u{3347a}'..='\u{effff}')
}

fn is_selector_or_joiner(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{200c}' | '\u{200d}')
}

/// Characters with an emoji form, keycaps apart.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
        | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f004}' | '\u{1f0cf}' | '\u{1f170}'..='\u{1f265}' | '\u{1f300}'..='\u{1faff}')
}

/// Half of a flag.
fn is_regional(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{1039}'
            | '\u{17d2}'
    )
}

fn is_indic(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17b3}')
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6fa}'..='\u{6ff}' | '\u{750}'..='\u{77f}')
}

fn is_arabic_sign(c: char) -> bool {
    matches!(c, '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Arabic letters that connect to the next one, so that a joiner after them can be seen.
fn joins_onwards(c: char) -> bool {
    is_arabic(c)
        && !matches!(c,
            '\u{621}'..='\u{625}' | '\u{627}' | '\u{629}' | '\u{62f}'..='\u{632}' | '\u{648}'
            | '\u{671}'..='\u{677}' | '\u{688}'..='\u{699}' | '\u{6c0}' | '\u{6c3}'..='\u{6cb}'
            | '\u{6cd}' | '\u{6cf}' | '\u{6d2}' | '\u{6d3}' | '\u{759}'..='\u{75b}'
            | '\u{76b}' | '\u{76c}' | '\u{771}' | '\u{773}' | '\u{774}' | '\u{778}' | '\u{779}')
}
