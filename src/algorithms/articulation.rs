//! Articulation points and bridges, with what each strands.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Articulation`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArticulationConfig {}
