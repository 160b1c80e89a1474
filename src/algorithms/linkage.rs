//! Links vertices that share attribute values or out-neighbours.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Linkage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkageConfig {
    /// Shared items that link a pair, from 1.
    pub min_shared: u32,
    /// Items held by more vertices link nobody.
    pub max_holders: u32,
    /// Whether out-neighbours count as items (else only the projection's attributes do).
    pub through_edges: bool,
    /// Through edges: times of the two edges at most this far apart; 0 ignores time.
    pub window_ms: i64,
}

impl Default for LinkageConfig {
    fn default() -> Self {
        Self {
            min_shared: 1,
            max_holders: 50,
            through_edges: false,
            window_ms: 0,
        }
    }
}
