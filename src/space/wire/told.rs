//! [`Told`]: what an answer says about one field, in whatever shape it comes.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::domain::time::{Day, Timestamp};

/// What an answer says about one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Told<T> {
    /// The field is not there.
    #[default]
    Missing,
    /// The field is null.
    Null,
    /// The field has a value.
    Value(T),
    /// The field has a value of a shape that is not understood.
    Odd,
}

impl<T> Told<T> {
    /// The value, when there is one.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing | Self::Null | Self::Odd => None,
        }
    }

    /// The value, when there is one.
    pub(crate) fn get(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing | Self::Null | Self::Odd => None,
        }
    }
}

/// A value that can be read from some JSON shapes; `None` is a shape that is not understood.
pub(crate) trait Leaf: Sized {
    fn from_bool(_: bool) -> Option<Self> {
        None
    }
    fn from_int(_: i64) -> Option<Self> {
        None
    }
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Leaf> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Leaf> Visitor<'de> for Any<T> {
            type Value = Told<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Told<T>, E> {
                Ok(told(T::from_bool(value)))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Told<T>, E> {
                Ok(told(T::from_int(value)))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Told<T>, E> {
                Ok(told(i64::try_from(value).ok().and_then(T::from_int)))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Told<T>, E> {
                Ok(Told::Odd)
            }
            fn visit_str<E>(self, value: &str) -> Result<Told<T>, E> {
                Ok(told(T::from_text(value)))
            }
            fn visit_unit<E>(self) -> Result<Told<T>, E> {
                Ok(Told::Null)
            }
            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Told<T>, A::Error> {
                T::from_object(object).map(told)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Told<T>, A::Error> {
                T::from_list(list).map(told)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

fn told<T>(value: Option<T>) -> Told<T> {
    value.map_or(Told::Odd, Told::Value)
}

impl Leaf for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Leaf for u64 {
    fn from_int(value: i64) -> Option<Self> {
        Self::try_from(value).ok()
    }
}

/// Text; a number is taken as its digits, for ids may be either.
impl Leaf for Box<str> {
    fn from_text(value: &str) -> Option<Self> {
        Some(value.into())
    }
    fn from_int(value: i64) -> Option<Self> {
        Some(value.to_string().into())
    }
}

/// A datetime: `{"iso": …, "timestamp": …}`, RFC 3339 text, or milliseconds.
impl Leaf for Timestamp {
    fn from_int(value: i64) -> Option<Self> {
        Self::from_ms(value)
    }
    fn from_text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let time = Time::of(object)?;
        let ms = time.timestamp.value().and_then(Self::from_int);
        Ok(ms.or_else(|| time.iso.value().as_deref().and_then(Self::from_text)))
    }
}

/// A date: `{"iso": …}` or text. A datetime counts as its day.
impl Leaf for Day {
    fn from_text(value: &str) -> Option<Self> {
        value
            .parse()
            .ok()
            .or_else(|| value.parse::<Timestamp>().ok().map(Timestamp::day))
    }
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let time = Time::of(object)?;
        let day = time.iso.value().as_deref().and_then(Self::from_text);
        let ms = || time.timestamp.value().and_then(Timestamp::from_ms);
        Ok(day.or_else(|| ms().map(Timestamp::day)))
    }
}

impl Leaf for i64 {
    fn from_int(value: i64) -> Option<Self> {
        Some(value)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Time {
    iso: Told<Box<str>>,
    timestamp: Told<i64>,
}

impl Time {
    fn of<'de, A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Self::deserialize(serde::de::value::MapAccessDeserializer::new(object))
    }
}

/// A list; each element is read on its own terms.
impl<T: for<'a> Deserialize<'a>> Leaf for Vec<T> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Self::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Some(elements))
    }
}

/// Makes a struct readable as an object whose fields are all optional.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
        #[serde(default, rename_all = "camelCase")]
        pub(crate) struct $name {
            $($(#[$attribute])* pub(crate) $field: $type,)*
            /// The fields the caller may not read.
            #[serde(rename = "$errors")]
            pub(crate) errors: Withheld,
        }

        impl Leaf for $name {
            fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
                Self::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
            }
        }
    };
}

/// The fields of one object that the caller may not read: its `$errors`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Withheld {
    fields: Vec<Box<str>>,
    /// An entry does not say which fields: any missing field may be meant.
    any: bool,
    message: Box<str>,
}

impl Withheld {
    /// The server's words when it withheld `field`.
    pub(crate) fn reason(&self, field: &str) -> Option<&str> {
        let named = self.any || self.fields.iter().any(|name| &**name == field);
        named.then_some(if self.message.is_empty() {
            "the token may not read this"
        } else {
            &self.message
        })
    }
}

impl<'de> Deserialize<'de> for Withheld {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Entry {
            fields: Told<Vec<Told<Box<str>>>>,
            message: Told<Box<str>>,
        }
        impl Leaf for Entry {
            fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
                Self::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
            }
        }
        let entries = match Told::<Vec<Told<Entry>>>::deserialize(deserializer)? {
            Told::Value(entries) => entries,
            Told::Missing | Told::Null => return Ok(Self::default()),
            Told::Odd => {
                return Ok(Self {
                    any: true,
                    ..Self::default()
                });
            }
        };
        let mut withheld = Self::default();
        for entry in entries {
            let entry = entry.value().unwrap_or_default();
            let fields = entry.fields.value().unwrap_or_default();
            withheld.any |= fields.is_empty();
            withheld
                .fields
                .extend(fields.into_iter().filter_map(Told::value));
            if let Some(message) = entry.message.value()
                && withheld.message.is_empty()
            {
                withheld.message = message;
            }
        }
        Ok(withheld)
    }
}

pub(super) use object;
