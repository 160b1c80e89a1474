//! Builds the parts from settings; the only room that names all concrete types.
