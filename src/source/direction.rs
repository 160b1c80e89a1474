//! Guesses whether the direction of an edge collection means something.
//!
//! Directed unless the name says otherwise or nearly every edge is there both ways.

use rustc_hash::FxHashSet;

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

/// Guesses from the collection's `name` and its ends (any identifying values).
pub(super) fn guess<T: Copy + Eq + std::hash::Hash>(name: &str, from: &[T], to: &[T]) -> Guessed {
    let pairs: FxHashSet<(T, T)> = from.iter().copied().zip(to.iter().copied()).collect();
    let mut proper = 0_usize;
    let mut mutual = 0_usize;
    for (a, b) in from.iter().zip(to).filter(|(a, b)| a != b) {
        proper += 1;
        mutual += usize::from(pairs.contains(&(*b, *a)));
    }
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

    #[test]
    fn names_and_mutual_edges_make_it_undirected() {
        assert!(!guess("train_connections", &[1], &[2]).directed);
        assert!(!guess("e", &[1, 2], &[2, 1]).directed);
        assert!(guess("depends", &[1, 2], &[2, 3]).directed);
        assert!(guess("empty", &[] as &[u32], &[]).directed);
    }
}
