//! The same brief in other words, another order and another form asks for the same.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gaai::agents::requirements::extract;
use gaai::agents::vertical::{VerticalChoice, load, resolve};
use gaai::assets::Assets;
use gaai::documents::read_files;
use gaai::model::requirements::Requirements;
use gaai::model::schema::Census;
use gaai::model::vertical::Vertical;

fn vertical(name: &str) -> Vertical {
    let all = load(&Assets::embedded()).unwrap();
    let choice = VerticalChoice::Named(name.to_owned());
    resolve(&choice, &all, &Census::default(), &[]).unwrap().vertical
}

fn read(folder: &str, file: &str) -> Requirements {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/data/briefs", folder, file]
        .iter()
        .collect();
    let documents = read_files(&[path]).unwrap();
    let found = extract(&documents, &vertical("generic"));
    for objective in &found.objectives {
        let passage = &documents[0].passages[objective.source.passage as usize];
        assert_eq!(
            objective.source.quote, passage.text,
            "{file}: the citation is the passage"
        );
        assert_eq!(objective.source.line, passage.line);
    }
    found
}

fn ids(found: &Requirements) -> BTreeSet<&str> {
    found.objectives.iter().map(|it| it.id.0.as_str()).collect()
}

fn limit(found: &Requirements, id: &str) -> Option<u32> {
    found.objectives.iter().find(|it| it.id.0 == id).unwrap().limit
}

#[test]
fn every_wording_of_the_london_brief_asks_its_four_questions() {
    let expected: BTreeSet<&str> = ["critical_points", "through_traffic", "remoteness", "communities"].into();
    for file in ["brief.md"] {
        let found = read("london", file);
        assert_eq!(ids(&found), expected, "{file}: {:#?}", found.objectives);
        let remote = found
            .objectives
            .iter()
            .find(|it| it.id.0 == "remoteness")
            .unwrap();
        assert_eq!(remote.unit.as_deref(), Some("minutes"), "{file}");
        assert_eq!(limit(&found, "through_traffic"), Some(10), "{file}: {found:#?}");
        assert_eq!(limit(&found, "critical_points"), None, "{file}: {found:#?}");
    }
}

#[test]
fn every_wording_of_the_debian_brief_asks_its_four_questions() {
    let expected: BTreeSet<&str> = ["blast_radius", "circularity", "ownership", "communities"].into();
    for file in ["brief.md"] {
        let found = read("debian", file);
        assert_eq!(ids(&found), expected, "{file}: {:#?}", found.objectives);
        let owned = found.objectives.iter().find(|it| it.id.0 == "ownership").unwrap();
        assert_eq!(owned.needs, ["maintainer"], "{file}");
        if file != "table.md" {
            assert_eq!(limit(&found, "blast_radius"), Some(20), "{file}: {found:#?}");
        }
    }
}
