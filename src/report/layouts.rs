//! The layouts that reports are drawn with: Handlebars files, one style sheet, one script.
//!
//! Names are paths below `templates/report/`. Partials of a format begin with its name
//! (`partials/html_finding.hbs`) and are called without folder and ending (`{{> html_finding}}`).

use std::collections::BTreeMap;

/// Layout sources by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts(pub BTreeMap<String, String>);

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/report/", $name)))),+]
    };
}

impl Layouts {
    /// The layouts that gaai ships, as they stood when it was built.
    pub fn embedded() -> Self {
        let sources = shipped![
            "html.hbs",
            "index_html.hbs",
            "index_markdown.hbs",
            "index_text.hbs",
            "markdown.hbs",
            "page.css",
            "page.js",
            "partials/html_claim.hbs",
            "partials/html_end.hbs",
            "partials/html_failures.hbs",
            "partials/html_finding.hbs",
            "partials/html_foot.hbs",
            "partials/html_head.hbs",
            "partials/html_lineage.hbs",
            "partials/html_methods.hbs",
            "partials/html_null.hbs",
            "partials/html_run_facts.hbs",
            "partials/html_summary.hbs",
            "partials/html_table.hbs",
            "partials/html_top.hbs",
            "partials/markdown_claim.hbs",
            "partials/markdown_finding.hbs",
            "partials/markdown_foot.hbs",
            "partials/markdown_lineage.hbs",
            "partials/markdown_methods.hbs",
            "partials/markdown_top.hbs",
            "partials/text_claim.hbs",
            "partials/text_finding.hbs",
            "partials/text_foot.hbs",
            "partials/text_lineage.hbs",
            "partials/text_methods.hbs",
            "partials/text_top.hbs",
            "text.hbs",
        ];
        Self(
            sources
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        )
    }

    /// The source called `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
