//! Prompts, layouts, verticals and workflows: embedded at build, overridable on disk, content-hashed.
//!
//! Asset paths are relative, with `/`, and begin with their folder: `verticals/fraud.toml`. A
//! folder on disk may hold some of the same paths; its files win one by one. No path leaves it.

mod error;
mod store;

pub use error::AssetError;
pub use store::{Asset, Assets};
