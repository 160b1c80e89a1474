//! Weakly connected components.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Wcc`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WccConfig {}
