//! [`nearness`]: how far a typed name is from one that exists.

/// How far a folded name is from the one that was meant; `None` when they have little in common.
pub(in crate::domain) fn nearness(wanted: &str, name: &str) -> Option<usize> {
    // Ids and names are short. What is longer is compared by its start.
    let (wanted, name): (Vec<char>, Vec<char>) = (
        wanted.chars().take(64).collect(),
        name.chars().take(64).collect(),
    );
    let within = |long: &[char], short: &[char]| {
        short.len() > 2 && long.windows(short.len()).any(|part| part == short)
    };
    if within(&name, &wanted) || within(&wanted, &name) {
        return Some(1);
    }
    let allowed = (wanted.len() / 3).max(1);
    if wanted.len().abs_diff(name.len()) > allowed {
        return None;
    }
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
