//! The layouts that reports are drawn with: Handlebars files, one style sheet, one script.
//!
//! Names are paths below `templates/report/`. Partials of a format begin with its name
//! (`partials/html_finding.hbs`) and are called without folder and ending (`{{> html_finding}}`).

use std::collections::BTreeMap;

use super::ReportError;
use crate::assets::Assets;

const FOLDER: &str = "templates/report/";

/// Layout sources by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts(pub BTreeMap<String, String>);

impl Layouts {
    /// All layouts that `assets` has.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is not UTF-8.
    pub fn of(assets: &Assets) -> Result<Self, ReportError> {
        let mut sources = BTreeMap::new();
        for path in assets.list(FOLDER) {
            let name = path.strip_prefix(FOLDER).unwrap_or(&path).to_owned();
            sources.insert(name, assets.text(&path)?);
        }
        Ok(Self(sources))
    }

    /// The source called `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
