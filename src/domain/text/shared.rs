//! [`Shared`]: many short texts in one piece of memory.

use std::{cmp::Ordering, collections::HashMap, fmt, hash, ops::Deref, sync::Arc};

/// Text that never changes, in a piece of memory that others share. A snapshot has millions of short texts, and a place
/// of its own for each would cost more than the texts.
#[derive(Clone)]
pub struct Shared {
    all: Arc<Box<str>>,
    start: u32,
    length: u32,
}

/// Collects texts that are to share memory.
#[derive(Debug, Default)]
pub struct Pack {
    text: String,
    common: HashMap<Box<str>, Place>,
}

/// Where a text stands in its [`Pack`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    start: u32,
    length: u32,
}

/// The texts of a [`Pack`], which can be taken out now.
#[derive(Debug, Clone)]
pub struct Packed(Arc<Box<str>>);

impl Pack {
    /// Adds a text.
    ///
    /// # Panics
    /// When all together would have more than four billion bytes.
    pub fn add(&mut self, text: &str) -> Place {
        let place = Place {
            start: small(self.text.len()),
            length: small(text.len()),
        };
        self.text.push_str(text);
        small(self.text.len());
        place
    }

    /// Adds a text that is likely to come again; it is kept once.
    ///
    /// # Panics
    /// As [`Pack::add`].
    pub fn add_common(&mut self, text: &str) -> Place {
        if let Some(place) = self.common.get(text) {
            return *place;
        }
        let place = self.add(text);
        self.common.insert(text.into(), place);
        place
    }

    /// Freezes what was added, and begins anew.
    pub fn finish(&mut self) -> Packed {
        let text = Box::from(self.text.as_str());
        self.text.clear();
        self.common.clear();
        Packed(Arc::new(text))
    }
}

impl Packed {
    /// The text at `place`, which comes from the same pack.
    pub fn get(&self, place: Place) -> Shared {
        Shared {
            all: Arc::clone(&self.0),
            start: place.start,
            length: place.length,
        }
    }
}

fn small(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("texts that share memory have less than 4 GB together")
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        let start = self.start as usize;
        &self.all[start..start + self.length as usize]
    }
}

impl From<&str> for Shared {
    /// The text by itself.
    fn from(text: &str) -> Self {
        Box::<str>::from(text).into()
    }
}

impl From<String> for Shared {
    fn from(text: String) -> Self {
        text.into_boxed_str().into()
    }
}

impl From<Box<str>> for Shared {
    fn from(text: Box<str>) -> Self {
        Self {
            start: 0,
            length: small(text.len()),
            all: Arc::new(text),
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self::from("")
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Shared {}

impl PartialOrd for Shared {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Shared {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl hash::Hash for Shared {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::borrow::Borrow<str> for Shared {
    fn borrow(&self) -> &str {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_comes_out_of_a_pack_as_it_went_in(texts in prop::collection::vec((any::<String>(), any::<bool>()), 0..40)) {
            let mut pack = Pack::default();
            // What an earlier use left must not show.
            pack.add_common("before");
            pack.finish();
            let places: Vec<Place> = texts
                .iter()
                .map(|(text, common)| if *common { pack.add_common(text) } else { pack.add(text) })
                .collect();
            let packed = pack.finish();
            for ((text, _), place) in texts.iter().zip(places) {
                prop_assert_eq!(&*packed.get(place), text.as_str());
                prop_assert_eq!(packed.get(place), Shared::from(text.as_str()));
            }
        }
    }

    #[test]
    fn a_common_text_is_kept_once() {
        let mut pack = Pack::default();
        let (one, other) = (pack.add_common("Controller"), pack.add_common("Controller"));
        assert_eq!(one, other);
        assert_ne!(pack.add("Controller"), one);
    }
}
