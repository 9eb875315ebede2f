//! [`nearness`]: how far a typed name is from one that exists.

/// How much of a name is compared. Ids and names are short.
const LONGEST: usize = 64;

/// How far a folded name is from the one that was meant; `None` when they have little in common.
pub(in crate::domain) fn nearness(wanted: &str, name: &str) -> Option<usize> {
    let (wanted, name) = (start(wanted), start(name));
    let within = |long: &str, short: &str, chars: usize| chars > 2 && long.contains(short);
    let (long, other) = (wanted.chars().count(), name.chars().count());
    if within(name, wanted, long) || within(wanted, name, other) {
        return Some(1);
    }
    let allowed = (long / 3).max(1);
    // Most names are told apart by their length and letters, without comparing them.
    let foreign = (letters(wanted) & !letters(name)).count_ones() as usize;
    if long.abs_diff(other) > allowed || foreign > allowed {
        return None;
    }
    let (wanted, name): (Vec<char>, Vec<char>) = (wanted.chars().collect(), name.chars().collect());
    // Letters left out, put in, mistaken, or swapped with the next one.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for at in 0..wanted.len() {
        let mut next = vec![at + 1];
        for to in 0..name.len() {
            let mistaken = row[to] + usize::from(wanted[at] != name[to]);
            let mut steps = mistaken.min(row[to + 1] + 1).min(next[to] + 1);
            if at > 0 && to > 0 && wanted[at] == name[to - 1] && wanted[at - 1] == name[to] {
                steps = steps.min(before[to - 1] + 1);
            }
            next.push(steps);
        }
        before = std::mem::replace(&mut row, next);
    }
    let steps = row[name.len()];
    (steps <= allowed).then_some(steps)
}

fn start(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Which characters are in a text, one bit for several of them.
pub(super) fn letters(text: &str) -> u64 {
    text.chars()
        .fold(0, |bits, c| bits | 1 << (u32::from(c) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near() {
        for (wanted, name, steps) in [
            ("admn", "admin", Some(1)),
            ("roel", "role", Some(1)),
            ("okafro", "okafor", Some(1)),
            ("paymetns", "payments", Some(1)),
            ("pay", "payments", Some(1)),
            ("kitten", "sitting", None),
            ("ab", "xy", None),
            ("", "x", Some(1)),
            ("会記", "会計", Some(1)),
        ] {
            assert_eq!(nearness(wanted, name), steps, "{wanted} {name}");
        }
    }
}
