//! The layouts that reports are drawn with: Handlebars files, one style sheet, one script.
//!
//! Names are paths below `templates/report/`. Partials of a format begin with its name
//! (`partials/html_finding.hbs`) and are called without folder and ending (`{{> html_finding}}`).

use std::collections::BTreeMap;

use crate::assets::{AssetError, Assets};

/// Layout sources by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts(pub BTreeMap<String, String>);

/// Folder of the layouts among the assets.
const FOLDER: &str = "templates/report/";

impl Layouts {
    /// The layouts among `assets`.
    ///
    /// # Errors
    ///
    /// Those of a file that cannot be read or is not UTF-8.
    pub fn of(assets: &Assets) -> Result<Self, AssetError> {
        let source = |path: String| {
            let text = assets.text(&path)?;
            Ok((path.trim_start_matches(FOLDER).to_owned(), text))
        };
        assets
            .list(FOLDER)
            .into_iter()
            .filter(|path| [".hbs", ".css", ".js"].iter().any(|it| path.ends_with(it)))
            .map(source)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The source called `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What editors and file managers leave in a folder is no layout, and need not be text.
    #[test]
    fn other_files_in_the_folder_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layouts = folder.path().join("templates/report");
        std::fs::create_dir_all(&layouts).unwrap();
        for name in [".DS_Store", ".page.css.swp", "notes.bin", "html.hbs~"] {
            std::fs::write(layouts.join(name), [0xff, 0xfe]).unwrap();
        }
        std::fs::write(layouts.join("page.css"), "a {}").unwrap();
        let found = Layouts::of(&Assets::with_override(folder.path())).unwrap();
        assert_eq!(found.get("page.css"), Some("a {}"));
        assert_eq!(found.0.len(), Layouts::of(&Assets::embedded()).unwrap().0.len());
    }

    /// Else columns beyond the edge of a narrow screen are not known to be there.
    #[test]
    fn a_box_that_scrolls_shows_that_there_is_more() {
        let layouts = Layouts::of(&Assets::embedded()).unwrap();
        let style = layouts.get("page.css").unwrap();
        let rule = |selector: &str| {
            let from = style.split_once(&format!("\n{selector} {{")).unwrap().1;
            from.split('}').next().unwrap()
        };
        let scroll = rule(".scroll");
        assert_eq!(
            scroll.matches("var(--shadow)").count(),
            2,
            "a shadow at each side: {scroll}"
        );
        assert_eq!(
            scroll.matches("% local").count(),
            2,
            "and a cover that moves away: {scroll}"
        );
        assert!(
            !rule(".drawing svg").contains("min-width"),
            "charts fit and need no scrolling"
        );
    }
}
