//! [`Walk`]: reading a list page by page, and knowing whether it was read whole.
//!
//! Space has no snapshots: a list can change while it is walked. A reading counts as whole when as many
//! different ids were seen as the server said there are, or, without such a number, when an empty page came;
//! and when that number stood still. Anything else is read again.

use std::collections::BTreeSet;

/// One reading of one list: what was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    ids: BTreeSet<Box<str>>,
    /// Rows that do not tell their id; each counts as one of its own.
    nameless: u64,
    rows: u64,
    pages: u64,
    /// The total that the first page told, and whether another page told another.
    total: Option<u64>,
    moved: bool,
    /// The `$skip` of the page that was asked last.
    used: Option<Box<str>>,
    /// Whether the server ended the list, by an empty page or by naming no next one.
    ended: bool,
}

/// What one page says, apart from its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageEnd<'a> {
    /// The `next` of the page.
    pub(crate) next: Option<&'a str>,
    /// The `totalCount` of the page.
    pub(crate) total: Option<u64>,
    /// How many rows it has.
    pub(crate) rows: usize,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask with this `$skip`.
    Next(Box<str>),
    /// The reading is over.
    End(End),
}

/// How a reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything the server told of was seen.
    Whole,
    /// Something may be missing; the reason.
    Short(String),
}

impl Walk {
    /// Notes the ids of one page; `None` is a row that does not tell its id.
    pub(crate) fn see<'a>(&mut self, ids: impl Iterator<Item = Option<&'a str>>) {
        for id in ids {
            self.rows += 1;
            match id {
                Some(id) => {
                    if !self.ids.contains(id) {
                        self.ids.insert(id.into());
                    }
                }
                None => self.nameless += 1,
            }
        }
    }

    /// Takes the end of a page whose ids were seen, and tells what follows.
    pub(crate) fn turn(&mut self, page: PageEnd<'_>) -> Step {
        self.count(page);
        let next = page.next.filter(|next| !next.is_empty());
        self.ended = page.rows == 0 || next.is_none();
        if page.rows == 0 || self.enough() {
            return Step::End(self.end());
        }
        match next {
            Some(next) if self.used.as_deref() != Some(next) => {
                self.used = Some(next.into());
                Step::Next(next.into())
            }
            _ => Step::End(self.end()),
        }
    }

    /// Takes the end of a page that was asked by its offset, out of turn. `false`: the list does not keep
    /// to offsets, so this reading is worth nothing.
    pub(crate) fn turn_at(&mut self, offset: u64, stride: u64, page: PageEnd<'_>) -> bool {
        self.count(page);
        let rows = page.rows as u64;
        let expected = self
            .total
            .map_or(0, |total| total.saturating_sub(offset))
            .min(stride);
        let next = page.next.and_then(|next| next.parse::<u64>().ok());
        !self.moved && rows == expected && next == Some(offset + rows)
    }

    fn count(&mut self, page: PageEnd<'_>) {
        if self.pages == 0 {
            self.total = page.total;
        } else if self.total != page.total {
            self.moved = true;
            self.total = page.total;
        }
        self.pages += 1;
    }

    /// When the first page shows that this list goes by offsets: how many rows a page has, and the offsets
    /// of all further pages.
    pub(crate) fn offsets(&self, first: PageEnd<'_>) -> Option<(u64, Vec<u64>)> {
        let stride = first.rows as u64;
        let plain = first.next == Some(stride.to_string().as_str());
        let total = self
            .total
            .filter(|_| plain && stride > 0 && self.distinct() == stride)?;
        // The server's number is not trusted with this machine's memory.
        let pages = total.div_ceil(stride);
        (pages <= 1_000_000).then(|| (stride, (1..pages).map(|page| page * stride).collect()))
    }

    fn enough(&self) -> bool {
        self.total.is_some_and(|total| self.distinct() >= total)
    }

    /// How the reading ended, when nothing more is asked.
    pub(crate) fn end(&self) -> End {
        let distinct = self.distinct();
        match self.total {
            _ if self.moved => End::Short("the list kept changing while it was read".to_owned()),
            Some(total) if distinct < total => {
                End::Short(format!("the server counts {total} and listed {distinct}"))
            }
            Some(total) if distinct > total => {
                End::Short(format!("the server counts {total} and listed {distinct}"))
            }
            Some(_) => End::Whole,
            None if self.ended => End::Whole,
            None => End::Short("the server neither counts the list nor ends it".to_owned()),
        }
    }

    /// Different ids so far.
    pub(crate) fn distinct(&self) -> u64 {
        self.ids.len() as u64 + self.nameless
    }

    /// Rows so far, repeated ones included.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Pages so far.
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// What the server last said there are.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids, `next` and total.
    type Page<'a> = (&'a [&'a str], Option<&'a str>, Option<u64>);

    /// Walks pages, each with its ids, `next` and total; tells the `$skip`s that were asked and the end.
    fn walk(pages: &[Page<'_>]) -> (Vec<String>, End) {
        let mut walk = Walk::default();
        let mut asked = Vec::new();
        for (ids, next, total) in pages {
            walk.see(ids.iter().map(|id| (*id != "?").then_some(*id)));
            let end = PageEnd {
                next: *next,
                total: *total,
                rows: ids.len(),
            };
            match walk.turn(end) {
                Step::Next(skip) => asked.push(skip.into()),
                Step::End(end) => return (asked, end),
            }
        }
        panic!("asks beyond the last page: {asked:?}");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn a_list_ends_where_the_safe_rule_says() {
        let short = |text: &str| End::Short(text.to_owned());
        let moved = short("the list kept changing while it was read");
        let endless = short("the server neither counts the list nor ends it");
        let cases: &[(&str, &[Page<'_>], usize, End)] = &[
            ("empty list", &[(&[], Some("0"), Some(0))], 0, End::Whole),
            (
                "total reached",
                &[(&["a", "b"], Some("2"), Some(2))],
                0,
                End::Whole,
            ),
            (
                "a short page is not the end",
                &[
                    (&["a"], Some("1"), Some(3)),
                    (&["b", "c"], Some("3"), Some(3)),
                ],
                1,
                End::Whole,
            ),
            (
                "an opaque next",
                &[
                    (&["a"], Some("x/1=="), Some(2)),
                    (&["b"], Some("x/2=="), Some(2)),
                ],
                1,
                End::Whole,
            ),
            (
                "overlapping pages: ids count, not rows",
                &[
                    (&["a", "b"], Some("2"), Some(3)),
                    (&["b", "a"], Some("4"), Some(3)),
                    (&["c"], Some("5"), Some(3)),
                ],
                2,
                End::Whole,
            ),
            (
                "the pages run dry",
                &[(&["a", "b"], Some("2"), Some(3)), (&[], Some("2"), Some(3))],
                1,
                short("the server counts 3 and listed 2"),
            ),
            (
                "next repeats",
                &[(&["a"], Some("1"), Some(3)), (&["b"], Some("1"), Some(3))],
                1,
                short("the server counts 3 and listed 2"),
            ),
            (
                "next is missing",
                &[(&["a"], None, Some(2))],
                0,
                short("the server counts 2 and listed 1"),
            ),
            (
                "next is empty",
                &[(&["a"], Some(""), Some(2))],
                0,
                short("the server counts 2 and listed 1"),
            ),
            (
                "more than counted",
                &[(&["a", "b"], Some("2"), Some(1))],
                0,
                short("the server counts 1 and listed 2"),
            ),
            (
                "the total shrinks",
                &[
                    (&["a", "b"], Some("2"), Some(4)),
                    (&["d"], Some("3"), Some(3)),
                ],
                1,
                moved,
            ),
            (
                "no total: the empty page ends it",
                &[
                    (&["a"], Some("1"), None),
                    (&["b"], Some("2"), None),
                    (&[], Some("2"), None),
                ],
                2,
                End::Whole,
            ),
            (
                "no total, no next",
                &[(&["a"], Some("1"), None), (&["b"], None, None)],
                1,
                End::Whole,
            ),
            (
                "no total, next repeats",
                &[(&["a"], Some("1"), None), (&["b"], Some("1"), None)],
                1,
                endless,
            ),
            (
                "a row without an id",
                &[(&["a", "?"], Some("2"), Some(2))],
                0,
                End::Whole,
            ),
        ];
        for (name, pages, asked, end) in cases {
            let (skips, ended) = walk(pages);
            assert_eq!((skips.len(), &ended), (*asked, end), "{name}");
        }
    }

    #[test]
    fn only_a_list_of_plain_offsets_is_read_out_of_turn() {
        for (ids, next, total, offsets) in [
            (vec!["a", "b"], Some("2"), Some(5), Some((2, vec![2, 4]))),
            (vec!["a", "b"], Some("2"), Some(4), Some((2, vec![2]))),
            (vec!["a", "b"], Some("02"), Some(4), None),
            (vec!["a", "b"], Some("b"), Some(4), None),
            (vec!["a", "b"], Some("2"), None, None),
            (vec!["a", "a"], Some("2"), Some(4), None),
            (vec![], Some("0"), Some(4), None),
            (vec!["a"], Some("1"), Some(u64::MAX), None),
        ] {
            let mut walk = Walk::default();
            walk.see(ids.iter().map(|id| Some(*id)));
            let end = PageEnd {
                next,
                total,
                rows: ids.len(),
            };
            let _ = walk.turn(end);
            assert_eq!(walk.offsets(end), offsets, "{next:?} of {total:?}");
        }
    }

    #[test]
    fn a_page_out_of_turn_must_be_where_it_was_asked() {
        for (next, total, rows, good) in [
            (Some("4"), Some(5), 2, true),
            (Some("5"), Some(5), 2, false),
            (Some("3"), Some(5), 1, false),
            (None, Some(5), 2, false),
            (Some("4"), Some(6), 2, false),
        ] {
            let mut walk = Walk::default();
            let first = PageEnd {
                next: Some("2"),
                total: Some(5),
                rows: 2,
            };
            walk.see(["a", "b"].into_iter().map(Some));
            let _ = walk.turn(first);
            let page = PageEnd { next, total, rows };
            assert_eq!(walk.turn_at(2, 2, page), good, "{page:?}");
        }
    }
}
