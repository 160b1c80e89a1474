//! Typed values from a tree, all faults at once.
//!
//! [`decode`] reads a `serde` type; where that fails it reports the innermost node at fault, leaves it out and
//! reads again, until the rest fits or nothing is left. So types with `#[derive(Deserialize)]` are the only
//! description of what a file may hold.
//!
//! Differences from other YAML readers: where text is wanted, a plain scalar stands for itself (`8080`, `1.0`,
//! `true`); an empty value is an empty list or mapping where one is wanted; unknown keys that begin with `x-`
//! are left out in silence. A field named [`TYPE_AND_CONFIG`] takes the keys `type` and `config` together,
//! as an enum whose variant is the type.

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Visitor};
use serde_json::Value;

use super::decode_error::DecodeError;
use super::fault::Report;
use super::scalar::resolved;
use super::tree::{Content, NodeId, Tree};
use crate::workflow::near::listed;

/// The field that stands for the keys `type` and `config`.
pub(in crate::workflow) const TYPE_AND_CONFIG: &str = "type+config";

/// The value of `node`, without what is at fault; `None` when the fault is the whole of it.
pub(in crate::workflow) fn decode<'de, T: Deserialize<'de>>(
    tree: &mut Tree,
    node: NodeId,
    report: &mut Report<'_>,
) -> Option<T> {
    while !tree.is_left_out(node) && !report.is_full() {
        let error = match T::deserialize(Reader { tree, node }) {
            Ok(value) => return Some(value),
            Err(error) => error.at(node),
        };
        let at = error.node.unwrap_or(node);
        let follows = error.missing.is_some_and(|key| tree.lost(at, key));
        if !error.is_told && !follows {
            report.fault(tree.bytes(at), error.message, error.hint);
        }
        // Reading again cannot meet a node that was left out, so this ends.
        if tree.is_left_out(at) {
            return None;
        }
        tree.leave_out(at);
    }
    None
}

/// [`decode`] as if the key `without` were not there, whose value is read on its own.
pub(in crate::workflow) fn decode_with_left_out<'de, T: Deserialize<'de>>(
    tree: &mut Tree,
    node: NodeId,
    without: &str,
    report: &mut Report<'_>,
) -> Option<T> {
    if let Some((key, _)) = tree.entry(node, without) {
        tree.leave_out(key);
    }
    decode(tree, node, report)
}

#[derive(Clone, Copy)]
struct Reader<'t> {
    tree: &'t Tree,
    node: NodeId,
}

impl<'t> Reader<'t> {
    fn content(self) -> &'t Content {
        self.tree.content(self.node)
    }

    fn value(self) -> Option<Value> {
        match self.content() {
            Content::Scalar { text, plain: true } => Some(resolved(text)),
            Content::Scalar { text, plain: false } => Some(Value::String(text.clone())),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    fn is_null(self) -> bool {
        self.value() == Some(Value::Null)
    }

    fn list<'de, V: Visitor<'de>>(self, elements: &'t [NodeId], visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Elements {
            tree: self.tree,
            left: elements.iter(),
        })
    }

    fn entries<'de, V: Visitor<'de>>(self, visitor: V, folds: bool) -> Result<V::Value, DecodeError> {
        let entries = match self.content() {
            Content::Map(entries) => entries.as_slice(),
            Content::List(_) | Content::Scalar { .. } => &[],
        };
        let folded = if folds { self.folded()? } else { None };
        visitor.visit_map(Entries {
            tree: self.tree,
            left: entries.iter(),
            folds,
            folded,
            value: None,
        })
    }

    fn no_variant(self, variants: &[&str]) -> DecodeError {
        let message = format!("expected one of {}", listed(variants));
        <DecodeError as de::Error>::custom(message).at(self.node)
    }

    /// The keys `type` and `config` as one.
    fn folded(self) -> Result<Option<Fold<'t>>, DecodeError> {
        let gone =
            |(key, value): &(NodeId, NodeId)| self.tree.is_left_out(*key) || self.tree.is_left_out(*value);
        let (variant, config) = (
            self.tree.entry(self.node, "type"),
            self.tree.entry(self.node, "config"),
        );
        if variant.as_ref().is_some_and(gone) || config.as_ref().is_some_and(gone) {
            return Err(DecodeError::told(self.node));
        }
        Ok(variant.map(|(_, variant)| Fold {
            tree: self.tree,
            whole: self.node,
            variant,
            config: config.map(|it| it.1),
        }))
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let result = match (self.content(), self.value()) {
            (Content::List(elements), _) => self.list(elements, visitor),
            (Content::Map(_), _) | (_, None) => self.entries(visitor, false),
            (_, Some(Value::Bool(it))) => visitor.visit_bool(it),
            (_, Some(Value::String(it))) => visitor.visit_string(it),
            (_, Some(Value::Number(it))) => match (it.as_u64(), it.as_i64()) {
                (Some(it), _) => visitor.visit_u64(it),
                (None, Some(it)) => visitor.visit_i64(it),
                (None, None) => visitor.visit_f64(it.as_f64().unwrap_or_default()),
            },
            (_, Some(_)) => visitor.visit_unit(),
        };
        result.map_err(|it: DecodeError| it.at(self.node))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.content() {
            Content::Scalar { text, .. } if !self.is_null() => visitor
                .visit_str(text)
                .map_err(|it: DecodeError| it.at(self.node)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_null() {
            self.list(&[], visitor)
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_null() {
            self.entries(visitor, false)
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.content() {
            Content::Map(_) => self
                .entries(visitor, fields.contains(&TYPE_AND_CONFIG))
                .map_err(|it| it.at(self.node)),
            Content::Scalar { .. } => self.deserialize_map(visitor),
            // A derived visitor would take a list for the fields in their order.
            Content::List(_) => {
                Err(<DecodeError as de::Error>::invalid_type(de::Unexpected::Seq, &visitor).at(self.node))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let live = |it: &&(NodeId, NodeId)| !self.tree.is_left_out(it.0) && !self.tree.is_left_out(it.1);
        let (variant, config) = match self.content() {
            Content::Scalar { .. } if !self.is_null() => (self.node, None),
            Content::Map(entries) => {
                let mut left = entries.iter().filter(live);
                match (left.next(), left.next()) {
                    (Some((variant, config)), None) => (*variant, Some(*config)),
                    (None, None) if !entries.is_empty() => return Err(DecodeError::told(self.node)),
                    _ => return Err(self.no_variant(variants)),
                }
            }
            Content::Scalar { .. } | Content::List(_) => return Err(self.no_variant(variants)),
        };
        visitor.visit_enum(Fold {
            tree: self.tree,
            whole: self.node,
            variant,
            config,
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct tuple tuple_struct identifier
    }
}

struct Elements<'t> {
    tree: &'t Tree,
    left: std::slice::Iter<'t, NodeId>,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let tree = self.tree;
        let Some(node) = self.left.find(|it| !tree.is_left_out(**it)).copied() else {
            return Ok(None);
        };
        let value = seed.deserialize(Reader { tree, node });
        value.map(Some).map_err(|it| it.at(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

struct Entries<'t> {
    tree: &'t Tree,
    left: std::slice::Iter<'t, (NodeId, NodeId)>,
    /// Whether `type` and `config` come as one, and they are left to come.
    folds: bool,
    folded: Option<Fold<'t>>,
    value: Option<Next<'t>>,
}

enum Next<'t> {
    Node(NodeId),
    Fold(Fold<'t>),
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        if let Some(fold) = self.folded.take() {
            self.value = Some(Next::Fold(fold));
            let key = de::value::StrDeserializer::new(TYPE_AND_CONFIG);
            return seed.deserialize(key).map(Some);
        }
        for (key, value) in self.left.by_ref() {
            let text = self.tree.text(*key).unwrap_or("");
            let is_folded = self.folds && matches!(text, "type" | "config");
            if is_folded || self.tree.is_left_out(*key) || self.tree.is_left_out(*value) {
                continue;
            }
            self.value = Some(Next::Node(*value));
            let name = de::value::StrDeserializer::new(text);
            return seed
                .deserialize(name)
                .map(Some)
                .map_err(|it: DecodeError| it.at(*key));
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.value.take() {
            Some(Next::Node(node)) => seed
                .deserialize(Reader {
                    tree: self.tree,
                    node,
                })
                .map_err(|it| it.at(node)),
            Some(Next::Fold(fold)) => seed.deserialize(fold),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// A variant's name at one node and its content at another.
#[derive(Clone, Copy)]
struct Fold<'t> {
    tree: &'t Tree,
    whole: NodeId,
    variant: NodeId,
    config: Option<NodeId>,
}

impl<'de> Deserializer<'de> for Fold<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, 't> de::EnumAccess<'de> for Fold<'t> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let reader = Reader {
            tree: self.tree,
            node: self.variant,
        };
        let name = seed.deserialize(Text(reader)).map_err(|it| it.at(self.variant))?;
        Ok((name, self))
    }
}

impl<'de> de::VariantAccess<'de> for Fold<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.config {
            None => Ok(()),
            Some(node) => Err(<DecodeError as de::Error>::custom("nothing may stand below this").at(node)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        match self.config {
            Some(node) => seed
                .deserialize(Reader {
                    tree: self.tree,
                    node,
                })
                .map_err(|it| it.at(node)),
            None => {
                let nothing = de::value::MapDeserializer::new(std::iter::empty::<(&str, &str)>());
                seed.deserialize(nothing).map_err(|it: DecodeError| {
                    // What is missing is missing in `config`.
                    let missing = it
                        .missing
                        .map(|_| <DecodeError as de::Error>::missing_field("config"));
                    missing.unwrap_or(it).at(self.whole)
                })
            }
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        self.unit_variant()?;
        Err(de::Error::custom("a list may not stand here"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        name_fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.config {
            Some(node) => Reader {
                tree: self.tree,
                node,
            }
            .deserialize_struct("", name_fields, visitor),
            None => Err(<DecodeError as de::Error>::custom("expected a mapping").at(self.whole)),
        }
    }
}

/// A scalar as text, for names of variants.
struct Text<'t>(Reader<'t>);

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.0.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
