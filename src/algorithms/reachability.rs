//! How many vertices each vertex reaches, is reached from, and alone gives access to.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Reachability`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReachabilityConfig {}
