//! A setting that cannot be used.

/// Names the setting, says what is wrong and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A flag or key has a value that cannot be used.
    #[error("setting `{key}`: {problem}")]
    Setting {
        /// Flag or key.
        key: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// The project file cannot be read.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong, with line where there is one.
        problem: String,
    },
}
