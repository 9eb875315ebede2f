//! [`Selection`]: the items that are marked, and how they came to be.

use super::marks::Marks;
use crate::domain::{items::Item, journal::Chosen, text::Raw};

/// The items that are marked. They stay marked whatever is shown, until somebody unmarks or decides them.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    now: Marked,
    /// What was marked before it was unmarked, decided or replaced.
    before: Marked,
    /// Counts up with each change.
    version: u64,
}

#[derive(Debug, Clone, Default)]
struct Marked {
    marks: Marks,
    /// The filter whose answer was marked last, with that answer.
    answer: Option<(String, Marks)>,
}

impl Selection {
    /// The marked items.
    pub(crate) fn marks(&self) -> &Marks {
        &self.now.marks
    }

    /// Counts up with each change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// How the marked items were chosen: by a filter, as far as something of its answer is marked.
    pub(crate) fn chosen(&self) -> Chosen {
        let Some((filter, answer)) = &self.now.answer else {
            return Chosen::Marked;
        };
        let marks = &self.now.marks;
        let shared = marks.shared(answer);
        let less = |set: &Marks| u32::try_from(set.len() - shared).unwrap_or(u32::MAX);
        let filter = Raw::from(filter.as_str());
        match (less(marks), less(answer)) {
            (0, 0) => Chosen::Filter(filter),
            _ if shared == 0 => Chosen::Marked,
            (added, removed) => Chosen::Adjusted {
                filter,
                added,
                removed,
            },
        }
    }

    /// Marks `item`, or unmarks it.
    pub(crate) fn toggle(&mut self, item: Item) {
        if self.now.marks.contains(item) {
            self.now.marks.remove(item);
        } else {
            self.now.marks.insert(item);
        }
        self.version += 1;
    }

    /// Marks `items` besides what is marked; unmarks them when all of them are marked.
    pub(crate) fn toggle_all(&mut self, items: &Marks) {
        if self.now.marks.shared(items) == items.len() {
            self.now.marks.remove_all(items);
        } else {
            self.now.marks.insert_all(items);
        }
        self.version += 1;
    }

    /// Marks `items` besides what is marked.
    pub(crate) fn add(&mut self, items: &Marks) {
        self.now.marks.insert_all(items);
        self.version += 1;
    }

    /// Marks what `filter` shows besides what is marked; without a filter everything is shown.
    pub(crate) fn add_answer(&mut self, filter: Option<&str>, answer: &Marks) {
        self.now.marks.insert_all(answer);
        self.now.answer = filter.map(|filter| (filter.to_owned(), answer.clone()));
        self.version += 1;
    }

    /// Marks those of `shown` that are not marked, and unmarks those that are.
    pub(crate) fn invert(&mut self, shown: &Marks) {
        self.before = self.now.clone();
        self.now.marks.invert(shown);
        self.version += 1;
    }

    /// Unmarks everything; it can be restored.
    pub(crate) fn clear(&mut self) {
        if !self.now.marks.is_empty() {
            self.before = std::mem::take(&mut self.now);
            self.version += 1;
        }
        self.now = Marked::default();
    }

    /// Marks again what was marked before, instead of what is marked now; whether there was something.
    pub(crate) fn restore(&mut self) -> bool {
        if self.before.marks.is_empty() {
            return false;
        }
        std::mem::swap(&mut self.now, &mut self.before);
        self.version += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::items::ItemSet;

    fn marks(items: &[u32]) -> Marks {
        let mut marks = Marks::default();
        for item in items {
            marks.insert(Item(*item));
        }
        marks
    }

    fn marked(selection: &Selection) -> Vec<u32> {
        let marks = ItemSet::from(selection.marks());
        marks.iter().map(|item| item.0).collect()
    }

    #[test]
    fn marks_of_a_filter_keep_its_text_and_what_was_changed_by_hand() {
        let filter = || Raw::from("role:admin");
        let adjusted = |added, removed| Chosen::Adjusted {
            filter: filter(),
            added,
            removed,
        };
        let mut selection = Selection::default();
        selection.add_answer(Some("role:admin"), &marks(&[1, 2, 3]));
        assert_eq!(selection.chosen(), Chosen::Filter(filter()));
        selection.toggle(Item(2));
        assert_eq!(selection.chosen(), adjusted(0, 1));
        selection.toggle(Item(2));
        assert_eq!(selection.chosen(), Chosen::Filter(filter()));
        selection.add(&marks(&[7, 8]));
        selection.toggle(Item(1));
        assert_eq!(selection.chosen(), adjusted(2, 1));
        selection.toggle_all(&marks(&[2, 3]));
        assert_eq!(selection.chosen(), Chosen::Marked);
        selection.add_answer(None, &marks(&[1]));
        assert_eq!(marked(&selection), [1, 7, 8]);
        assert_eq!(selection.chosen(), Chosen::Marked);
    }

    #[test]
    fn what_was_unmarked_comes_back_with_its_filter() {
        let mut selection = Selection::default();
        assert!(!selection.restore());
        selection.add_answer(Some("role:admin"), &marks(&[1, 2, 3]));
        selection.clear();
        selection.clear();
        assert!(marked(&selection).is_empty());
        assert!(selection.restore());
        assert_eq!(marked(&selection), [1, 2, 3]);
        assert!(matches!(selection.chosen(), Chosen::Filter(_)));
        selection.invert(&marks(&[3, 4]));
        assert_eq!(marked(&selection), [1, 2, 4]);
        assert!(selection.restore() && marked(&selection) == [1, 2, 3]);
        assert!(selection.restore() && marked(&selection) == [1, 2, 4]);
    }

    #[test]
    fn a_whole_group_is_marked_and_unmarked() {
        let mut selection = Selection::default();
        selection.toggle(Item(4));
        selection.toggle_all(&marks(&[4, 5]));
        assert_eq!(marked(&selection), [4, 5]);
        selection.toggle_all(&marks(&[4, 5]));
        assert!(marked(&selection).is_empty());
    }
}
