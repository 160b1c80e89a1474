//! Degrees: entries, distinct neighbours and weights, in and out.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Degree`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DegreeConfig {}
