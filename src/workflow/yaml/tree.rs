//! A YAML document as nodes that know their place in the text.
//!
//! Bounds: 64 levels, and aliases may add 100,000 nodes to those of the text, so that a file of a few lines
//! cannot ask for gigabytes. Aliases share their node; nothing is copied.
//! `<<` merges as it does elsewhere: keys that a mapping has itself win.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::fault::Report;
use super::scalar::resolved;
use crate::source::near_names;

/// Levels of lists and mappings within each other at most.
const DEEPEST: usize = 64;

/// Nodes that aliases may add to those that are written out.
const MOST_ALIASED: u64 = 100_000;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::workflow) struct NodeId(u32);

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// `plain` scalars may mean a number; quoted ones are text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<NodeId>),
    /// Keys are scalars; no two are equal.
    Map(Vec<(NodeId, NodeId)>),
}

#[derive(Clone, Debug)]
struct Node {
    content: Content,
    bytes: (usize, usize),
    /// Nodes below and this one, aliases counted in full.
    size: u64,
    is_left_out: bool,
}

/// A document.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct Tree {
    nodes: Vec<Node>,
    root: NodeId,
}

/// A step on the way from a node to one below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum At<'a> {
    /// The value of a key.
    Key(&'a str),
    /// The key itself.
    KeyOf(&'a str),
    /// An element of a list, from 0, of those that were not left out.
    Index(usize),
}

impl Tree {
    pub(in crate::workflow) fn root(&self) -> NodeId {
        self.root
    }

    pub(super) fn content(&self, node: NodeId) -> &Content {
        &self.nodes[node.0 as usize].content
    }

    /// Where the node stands in the text.
    pub(in crate::workflow) fn bytes(&self, node: NodeId) -> (usize, usize) {
        self.nodes[node.0 as usize].bytes
    }

    pub(super) fn leave_out(&mut self, node: NodeId) {
        self.nodes[node.0 as usize].is_left_out = true;
    }

    pub(super) fn is_left_out(&self, node: NodeId) -> bool {
        self.nodes[node.0 as usize].is_left_out
    }

    /// The elements of a list that were not left out; none of anything else.
    pub(in crate::workflow) fn elements(&self, node: NodeId) -> Vec<NodeId> {
        match self.content(node) {
            Content::List(elements) => elements
                .iter()
                .copied()
                .filter(|it| !self.is_left_out(*it))
                .collect(),
            Content::Scalar { .. } | Content::Map(_) => Vec::new(),
        }
    }

    /// Whether it is a list, or nothing.
    pub(in crate::workflow) fn is_list_or_empty(&self, node: NodeId) -> bool {
        match self.content(node) {
            Content::List(_) => true,
            Content::Scalar { text, plain } => *plain && resolved(text).is_null(),
            Content::Map(_) => false,
        }
    }

    /// The entry of a mapping under `key`, left out or not.
    pub(in crate::workflow) fn entry(&self, node: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let Content::Map(entries) = self.content(node) else {
            return None;
        };
        entries
            .iter()
            .copied()
            .find(|(name, _)| self.text(*name) == Some(key))
    }

    /// Whether the entry under `key` was left out, or one whose key resembles it.
    pub(super) fn lost(&self, node: NodeId, key: &str) -> bool {
        let Content::Map(entries) = self.content(node) else {
            return false;
        };
        entries.iter().any(|(name, value)| {
            let name_text = self.text(*name).unwrap_or("");
            let is_near = || !near_names(name_text, [key]).is_empty();
            (self.is_left_out(*value) && name_text == key) || (self.is_left_out(*name) && is_near())
        })
    }

    /// The text of a scalar.
    pub(in crate::workflow) fn text(&self, node: NodeId) -> Option<&str> {
        match self.content(node) {
            Content::Scalar { text, .. } => Some(text),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The node at the end of the way from `node`, or the last one that is there.
    pub(in crate::workflow) fn find(&self, node: NodeId, way: &[At<'_>]) -> NodeId {
        let mut at = node;
        for step in way {
            let next = match step {
                At::Key(key) => self.entry(at, key).map(|it| it.1),
                At::KeyOf(key) => self.entry(at, key).map(|it| it.0),
                At::Index(index) => self.elements(at).get(*index).copied(),
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
}

/// The tree of a document; `None` and a fault in `report` when its text is no YAML.
///
/// Faults that leave a tree (a key that stands twice) are reported, and the tree is returned without them.
pub(in crate::workflow) fn parse(text: &str, report: &mut Report<'_>) -> Option<Tree> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = byte_of(text, error.marker().byte_offset(), error.marker().index());
                report.fault((at, at), error.info(), None);
                return None;
            }
        };
        let bytes = span.byte_range().map_or((0, 0), |it| (it.start, it.end));
        if let Err((message, hint)) = builder.take(event, bytes, report) {
            report.fault(bytes, message, hint);
            return None;
        }
    }
    if builder.root.is_none() {
        report.fault((0, 0), "the file is empty", None);
    }
    Some(Tree {
        root: builder.root?,
        nodes: builder.nodes,
    })
}

fn byte_of(text: &str, byte: Option<usize>, character: usize) -> usize {
    byte.unwrap_or_else(|| text.char_indices().nth(character).map_or(text.len(), |it| it.0))
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    /// Lists and mappings that have begun: anchor, start, children so far, whether a mapping.
    open: Vec<Open>,
    anchors: BTreeMap<usize, NodeId>,
    root: Option<NodeId>,
}

struct Open {
    anchor: usize,
    start: usize,
    children: Vec<NodeId>,
    is_map: bool,
}

type Refusal = (String, Option<String>);

impl Builder {
    fn take(
        &mut self,
        event: Event<'_>,
        bytes: (usize, usize),
        report: &mut Report<'_>,
    ) -> Result<(), Refusal> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err((
                "a second document begins here".to_owned(),
                Some("keep one workflow a file".to_owned()),
            )),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let content = Content::Scalar {
                    text: text.into_owned(),
                    plain,
                };
                untagged(tag.as_deref(), true)?;
                self.add(content, bytes, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(anchor, bytes.0, tag.as_deref(), false),
            Event::MappingStart(_, anchor, tag) => self.begin(anchor, bytes.0, tag.as_deref(), true),
            Event::SequenceEnd | Event::MappingEnd => self.end(bytes.1, report),
            Event::Alias(anchor) => match self.anchors.get(&anchor).copied() {
                Some(node) => self.place(node),
                None => Err(("the alias stands within what it names".to_owned(), None)),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, start: usize, tag: Option<&Tag>, is_map: bool) -> Result<(), Refusal> {
        untagged(tag, false)?;
        self.open.push(Open {
            anchor,
            start,
            children: Vec::new(),
            is_map,
        });
        Ok(())
    }

    fn end(&mut self, end: usize, report: &mut Report<'_>) -> Result<(), Refusal> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = if open.is_map {
            Content::Map(self.entries(&open.children, report))
        } else {
            Content::List(open.children)
        };
        self.add(content, (open.start, end), open.anchor)
    }

    fn add(&mut self, content: Content, bytes: (usize, usize), anchor: usize) -> Result<(), Refusal> {
        let below = match &content {
            Content::Scalar { .. } => 0,
            Content::List(elements) => self.sizes(elements.iter().copied()),
            Content::Map(entries) => self.sizes(entries.iter().flat_map(|(key, value)| [*key, *value])),
        };
        let node = NodeId(u32::try_from(self.nodes.len()).map_err(|_| too_large())?);
        self.nodes.push(Node {
            content,
            bytes,
            size: below.saturating_add(1),
            is_left_out: false,
        });
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
        self.place(node)
    }

    fn sizes(&self, nodes: impl Iterator<Item = NodeId>) -> u64 {
        nodes.fold(0, |sum: u64, it| {
            sum.saturating_add(self.nodes[it.0 as usize].size)
        })
    }

    fn place(&mut self, node: NodeId) -> Result<(), Refusal> {
        if self.nodes[node.0 as usize].size > self.nodes.len() as u64 + MOST_ALIASED {
            return Err(too_large());
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    /// Pairs keys and values, reports what is no key or stands twice, and merges `<<`.
    fn entries(&self, children: &[NodeId], report: &mut Report<'_>) -> Vec<(NodeId, NodeId)> {
        let mut entries = Vec::with_capacity(children.len() / 2);
        let mut merged = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for pair in children.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            let node = &self.nodes[key.0 as usize];
            let Content::Scalar { text, plain } = &node.content else {
                report.fault(node.bytes, "a key is a text, not a list or a mapping", None);
                continue;
            };
            if *plain && text == "<<" {
                merged.push(value);
            } else if let Some(first) = known.insert(text, node.bytes.0) {
                let line = report.line_of(first);
                report.fault(
                    node.bytes,
                    format!("key `{text}` stands twice"),
                    Some(format!("the first is in line {line}")),
                );
                known.insert(text, first);
            } else {
                entries.push((key, value));
            }
        }
        for value in merged {
            let sources = match &self.nodes[value.0 as usize].content {
                Content::List(elements) => elements.clone(),
                Content::Map(_) | Content::Scalar { .. } => vec![value],
            };
            for source in sources {
                let node = &self.nodes[source.0 as usize];
                let Content::Map(more) = &node.content else {
                    report.fault(node.bytes, "`<<` merges mappings only", None);
                    continue;
                };
                for (key, value) in more {
                    if let Content::Scalar { text, .. } = &self.nodes[key.0 as usize].content
                        && !known.contains_key(text.as_str())
                    {
                        known.insert(text, 0);
                        entries.push((*key, *value));
                    }
                }
            }
        }
        entries
    }
}

fn too_large() -> Refusal {
    (
        "with its aliases written out, the document is too large".to_owned(),
        Some(format!("aliases may add {MOST_ALIASED} values")),
    )
}

/// `!!str` makes a scalar text; other tags mean nothing here, and what means nothing misleads.
fn untagged(tag: Option<&Tag>, is_scalar: bool) -> Result<(), Refusal> {
    match tag {
        None => Ok(()),
        Some(tag) if is_scalar && tag.core_suffix() == Some("str") => Ok(()),
        Some(tag) => {
            let written = format!("{}{}", tag.original_handle(), tag.suffix());
            Err((
                format!("tag `{written}` has no meaning here"),
                Some("leave it out".to_owned()),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut report = Report::new("x", text, text);
        parse(text, &mut report);
        report.finish().map_or_else(
            |it| it.faults.into_iter().map(|it| it.message).collect(),
            |_| Vec::new(),
        )
    }

    fn keys(text: &str) -> Vec<String> {
        let tree = parse(text, &mut Report::new("x", text, text)).unwrap();
        let Content::Map(entries) = tree.content(tree.find(tree.root(), &[At::Key("b")])) else {
            panic!("no mapping")
        };
        let key = |it: &(NodeId, NodeId)| tree.text(it.0).unwrap().to_owned();
        entries.iter().map(key).collect()
    }

    #[test]
    fn merged_keys_yield_to_own_ones() {
        assert_eq!(keys("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n"), ["y", "x"]);
        assert_eq!(
            keys("a: &a {x: 1}\nc: &c {x: 2, z: 3}\nb: {<<: [*a, *c]}\n"),
            ["x", "z"]
        );
        assert_eq!(faults("b: {<<: 3}"), ["`<<` merges mappings only"]);
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_is_walked() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        assert_eq!(
            faults(&text),
            ["with its aliases written out, the document is too large"]
        );
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        assert_eq!(faults("a: &a [*a]"), ["the alias stands within what it names"]);
        assert_eq!(faults("a: 1\n---\nb: 2\n"), ["a second document begins here"]);
        assert_eq!(
            faults("a: 1\nb: 2\na: 3\na: 4\n"),
            ["key `a` stands twice", "key `a` stands twice"]
        );
        assert_eq!(faults("[a, b]: 1"), ["a key is a text, not a list or a mapping"]);
        assert_eq!(faults("a: !secret x"), ["tag `!secret` has no meaning here"]);
        assert_eq!(faults(&"[".repeat(100)).len(), 1);
        assert_eq!(faults(""), ["the file is empty"]);
    }
}
