//! The values that a configuration gives, for what serde reads.
//!
//! By hand, because the reader of the TOML library has dates and numbers of every
//! width in it, once for each type that is read: a fortieth of what a browser loads.

use crate::config::ConfigError;
use crate::rule::OptionValue;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use std::vec;
use toml::de::{DeInteger, DeString, DeValue};

/// Reads what a configuration gives.
///
/// # Errors
/// When it is of another type, or a table has a key that is not known.
pub(crate) fn read<'de, T: Deserialize<'de>>(value: OptionValue<'de>) -> Result<T, ConfigError> {
    T::deserialize(Given(value))
}

impl de::Error for ConfigError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            span: None,
        }
    }

    // serde's own words for what was given can say numbers with a fraction, which
    // takes more code than all else here.
    fn invalid_type(given: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "invalid type: {}, expected {expected}",
            named(given)
        ))
    }

    fn invalid_value(given: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "invalid value: {}, expected {expected}",
            named(given)
        ))
    }
}

/// What was given, in serde's words.
fn named(given: Unexpected<'_>) -> String {
    match given {
        Unexpected::Bool(value) => format!("boolean `{value}`"),
        Unexpected::Signed(number) => format!("integer `{number}`"),
        Unexpected::Unsigned(number) => format!("integer `{number}`"),
        Unexpected::Str(text) => format!("string \"{text}\""),
        Unexpected::Seq => "sequence".to_owned(),
        Unexpected::Map => "map".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
        _ => "something else".to_owned(),
    }
}

struct Given<'de>(OptionValue<'de>);

impl<'de> Given<'de> {
    /// What else was given than what was wanted.
    fn refuse(&self, wanted: &dyn Expected) -> ConfigError {
        let given = match self.0.get_ref() {
            DeValue::Boolean(value) => Unexpected::Bool(*value),
            DeValue::Integer(value) => match number(value) {
                Some(value) => Unexpected::Signed(value),
                None => return self.error("the number is too large"),
            },
            DeValue::String(value) => Unexpected::Str(value),
            DeValue::Array(_) => Unexpected::Seq,
            DeValue::Table(_) => Unexpected::Map,
            DeValue::Float(_) => Unexpected::Other("a number with a fraction"),
            DeValue::Datetime(_) => Unexpected::Other("a date"),
        };
        ConfigError::invalid_type(given, wanted).or_at(self.0.span())
    }

    fn entries(self, wanted: &dyn Expected) -> Result<Entries<'de>, ConfigError> {
        if !matches!(self.0.get_ref(), DeValue::Table(_)) {
            return Err(self.refuse(wanted));
        }
        let DeValue::Table(table) = self.0.into_inner() else {
            return Ok(Entries::default());
        };
        let entries: Vec<_> = table.into_iter().collect();
        Ok(Entries {
            entries: entries.into_iter(),
            value: None,
        })
    }

    fn items(self, wanted: &dyn Expected) -> Result<Items<'de>, ConfigError> {
        if !matches!(self.0.get_ref(), DeValue::Array(_)) {
            return Err(self.refuse(wanted));
        }
        match self.0.into_inner() {
            DeValue::Array(items) => Ok(Items(items.into_iter())),
            _ => Ok(Items::default()),
        }
    }

    fn error(&self, message: &str) -> ConfigError {
        ConfigError::custom(message).or_at(self.0.span())
    }
}

fn number(value: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(value.as_str(), value.radix()).ok()
}

/// A number of any width: the visitor knows which are too large.
macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
            let DeValue::Integer(value) = self.0.get_ref() else {
                return Err(self.refuse(&visitor));
            };
            let Some(value) = number(value) else {
                return Err(self.refuse(&visitor));
            };
            visitor.visit_i64(value).map_err(|error: ConfigError| error.or_at(self.0.span()))
        })*
    };
}

// Each kind by itself: what reads numbers has no tables in it.
impl<'de> Deserializer<'de> for Given<'de> {
    type Error = ConfigError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        Err(self.refuse(&visitor))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        match self.0.get_ref() {
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            _ => Err(self.refuse(&visitor)),
        }
    }

    numbers! { deserialize_u8 deserialize_u32 deserialize_u64 }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        match self.0.get_ref() {
            DeValue::String(value) => visitor.visit_str(value),
            _ => Err(self.refuse(&visitor)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        let span = self.0.span();
        let items = self.items(&visitor)?;
        visitor.visit_seq(items).map_err(|error| error.or_at(span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        let span = self.0.span();
        let entries = self.entries(&visitor)?;
        visitor
            .visit_map(entries)
            .map_err(|error| error.or_at(span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        let span = self.0.span();
        let DeValue::String(name) = self.0.get_ref() else {
            return Err(self.error("this is the name of a choice, in quotes"));
        };
        let name: de::value::StrDeserializer<'_, ConfigError> = (&**name).into_deserializer();
        let read = visitor.visit_enum(name);
        read.map_err(|error| error.or_at(span))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u16 u128 f32 f64 char str bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map identifier ignored_any
    }
}

#[derive(Default)]
struct Items<'de>(vec::IntoIter<OptionValue<'de>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ConfigError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ConfigError> {
        let item = self.0.next();
        item.map(|item| seed.deserialize(Given(item))).transpose()
    }
}

#[derive(Default)]
struct Entries<'de> {
    entries: vec::IntoIter<(toml::Spanned<DeString<'de>>, OptionValue<'de>)>,
    value: Option<OptionValue<'de>>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ConfigError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ConfigError> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let name: de::value::StrDeserializer<'_, ConfigError> =
            (&**key.get_ref()).into_deserializer();
        let read = seed.deserialize(name);
        read.map(Some).map_err(|error| error.or_at(key.span()))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, ConfigError> {
        match self.value.take() {
            Some(value) => seed.deserialize(Given(value)),
            None => Err(ConfigError::custom("a value without a key")),
        }
    }
}
