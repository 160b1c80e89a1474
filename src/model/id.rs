//! Identifiers as types, so that one kind cannot be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

macro_rules! text_id {
    ($(#[$note:meta])* $name:ident) => {
        $(#[$note])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id!(
    /// One run of the pipeline; the name of its directory under `output/`. Sorts by start time.
    RunId
);
text_id!(
    /// A document of a run: `D1`, `D2`, … in the order given.
    DocumentId
);
text_id!(
    /// A requirement, objective, threshold or other item read from a brief, e.g. `critical_points`
    /// or `constraint-2`. Does not depend on the order of items of other kinds.
    RequirementId
);
text_id!(
    /// A use case: its topic, e.g. `critical_points`.
    UseCaseId
);
text_id!(
    /// A template: algorithm and a short content hash, e.g. `betweenness-3fa92c`.
    TemplateId
);
text_id!(
    /// A fact within one report: `F1`, `F2`, …
    FactId
);
text_id!(
    /// A claim within one report: finding and number, e.g. `critical_points.1.2`.
    ClaimId
);
text_id!(
    /// A finding within one run: use case and number, e.g. `critical_points.1`.
    FindingId
);
text_id!(
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    ContentHash
);

impl ContentHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = ContentHasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Its first 12 digits: enough for file names and reports, never for comparing.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// Hashes content that comes in pieces; where it is cut does not matter.
#[derive(Clone, Debug, Default)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Adds a piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all pieces.
    pub fn finish(self) -> ContentHash {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        ContentHash(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of "abc" as FIPS 180-2 prints it.
    #[test]
    fn hash_is_sha_256_in_lower_case() {
        let hash = ContentHash::of(b"abc");
        assert_eq!(
            hash.0,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash.short(), "ba7816bf8f01");
        assert_eq!(ContentHash::default().short(), "");
    }
}
