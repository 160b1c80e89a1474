//! Core numbers.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::KCore`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KCoreConfig {}
