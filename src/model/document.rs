//! What people wrote: documents and their passages.

use serde::{Deserialize, Serialize};

use super::id::{ContentHash, DocumentId};

/// A document that was read whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its id within the run.
    pub id: DocumentId,
    /// File name, or `inline-1` for text given directly.
    pub name: String,
    /// SHA-256 of the bytes as given.
    pub hash: ContentHash,
    /// Its text, UTF-8, line ends normalised to `\n`.
    pub text: String,
    /// Its passages in order; they do not overlap.
    pub passages: Vec<Passage>,
}

/// What a passage is on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// A heading.
    Heading,
    /// A list item.
    Item,
    /// A sentence of a paragraph.
    Sentence,
    /// A row of a table.
    Row,
}

/// A citable piece of a document: a heading, a list item, a sentence or a table row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Position among the document's passages, from 0.
    pub index: u32,
    /// What it is.
    pub kind: PassageKind,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Byte offset of its first byte in [`Document::text`].
    pub start: usize,
    /// Byte offset behind its last byte.
    pub end: usize,
    /// Line of its first byte, from 1.
    pub line: u32,
    /// Its words without markup.
    pub text: String,
}

/// Points at the passage that something was read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Citation {
    /// The document.
    pub document: DocumentId,
    /// Its name, for people.
    pub name: String,
    /// Index of the passage.
    pub passage: u32,
    /// Line of the passage, from 1.
    pub line: u32,
    /// The passage's words.
    pub quote: String,
}

impl Citation {
    /// Where it stands, for people.
    pub fn place(&self) -> String {
        format!("{}, line {}", self.name, self.line)
    }
}
