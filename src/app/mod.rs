//! Builds the parts from settings; the only room that names all concrete types.

mod graphs;

pub use graphs::{DEMO_SEED, Location, NamedGraph, resolve};
