//! Strongly connected components.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Scc`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SccConfig {}
