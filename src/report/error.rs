//! What can go wrong while a report is drawn or read back.

/// A report that could not be drawn or read. Messages complete "failed to draw the report: {error}".
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A layout is not valid Handlebars.
    #[error("the layout `{name}` cannot be read: {reason}; mend or remove the file")]
    Layout {
        /// Name under `templates/report/`.
        name: String,
        /// What Handlebars says.
        reason: String,
    },
    /// A layout or style that drawing needs is not there.
    #[error("the layout `{name}` is missing; restore `templates/report/{name}`")]
    MissingLayout {
        /// Name under `templates/report/`.
        name: String,
    },
    /// A layout asks for something that the report does not have.
    #[error("the layout `{name}` does not fit the report: {reason}; mend or remove the file")]
    Drawing {
        /// Name under `templates/report/`.
        name: String,
        /// What Handlebars says.
        reason: String,
    },
    /// A claim cites a fact that the report lacks.
    #[error("claim `{claim}` cites fact `{fact}`, which the report lacks; run `gaai verify`")]
    UnknownFact {
        /// The claim.
        claim: String,
        /// The fact.
        fact: String,
    },
    /// JSON that is no report, or a report that JSON cannot hold.
    #[error("the JSON is not a report of this version: {reason}")]
    Json {
        /// What serde says.
        reason: String,
    },
}
