//! Guesses whether the direction of an edge collection means something.
//!
//! Directed unless the name says otherwise or nearly every edge is there both ways.

use super::pairs::Pairs;
use super::rows::has_word;

/// Words in a collection's name that mean "both ways".
const MUTUAL_WORDS: [&str; 30] = [
    "connection",
    "connections",
    "link",
    "links",
    "line",
    "lines",
    "friend",
    "friends",
    "friendship",
    "friendships",
    "road",
    "roads",
    "pipe",
    "pipes",
    "cable",
    "cables",
    "track",
    "tracks",
    "street",
    "streets",
    "rail",
    "rails",
    "border",
    "borders",
    "neighbours",
    "neighbors",
    "collaborations",
    "coauthors",
    "coauthorship",
    "acquaintances",
];

/// Share of edges with a counterpart from which a collection counts as undirected.
const MUTUAL_SHARE: f64 = 0.95;

/// A guess with its reason, in one sentence.
pub(super) struct Guessed {
    pub(super) directed: bool,
    pub(super) reason: String,
}

/// Guesses from the collection's `name` and its `edges` edges, counted by `pairs`.
pub(super) fn guess(name: &str, edges: usize, pairs: &Pairs) -> Guessed {
    let proper = edges as u64 - pairs.self_loops;
    let mutual = pairs.mutual;
    let share = if proper == 0 {
        0.0
    } else {
        mutual as f64 / proper as f64
    };
    if has_word(name, &MUTUAL_WORDS) {
        return Guessed {
            directed: false,
            reason: format!(
                "`{name}` is undirected: its name says that edges go both ways ({mutual} of {proper} edges are there \
                 both ways)"
            ),
        };
    }
    if share >= MUTUAL_SHARE {
        return Guessed {
            directed: false,
            reason: format!("`{name}` is undirected: {mutual} of {proper} edges are there both ways"),
        };
    }
    Guessed {
        directed: true,
        reason: format!("`{name}` is directed: {mutual} of {proper} edges are there both ways"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::Control;

    #[test]
    fn names_and_mutual_edges_make_it_undirected() {
        let pairs = |from: &[u32], to: &[u32]| Pairs::of(from, to, 4, &Control::default()).unwrap();
        assert!(!guess("train_connections", 1, &pairs(&[1], &[2])).directed);
        assert!(!guess("e", 2, &pairs(&[1, 2], &[2, 1])).directed);
        assert!(guess("depends", 2, &pairs(&[1, 2], &[2, 3])).directed);
        assert!(guess("empty", 0, &pairs(&[], &[])).directed);
    }
}
