//! Prompts, layouts and verticals: embedded at build, overridable on disk, content-hashed.
