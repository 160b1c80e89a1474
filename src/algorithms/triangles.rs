//! Triangles and local clustering coefficient.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Triangles`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrianglesConfig {}
