//! What loading, checking and choosing a vertical must hold.

use std::fs;

use super::vertical::{GENERIC, Resolved, VerticalChoice, resolve, with_examples};
use super::vertical_files::{VerticalError, load, parse};
use crate::assets::Assets;
use crate::documents::from_text;
use crate::model::schema::{Attribute, Census, EdgeCollection, VertexCollection};
use crate::model::vertical::Vertical;

fn shipped() -> Vec<Vertical> {
    load(&Assets::embedded()).unwrap()
}

fn attributes(names: &[&str]) -> Vec<Attribute> {
    names
        .iter()
        .map(|it| Attribute {
            name: (*it).to_owned(),
            ..Attribute::default()
        })
        .collect()
}

/// A census of collections with their attributes.
fn census(vertices: &[(&str, &[&str])], edges: &[(&str, &[&str])]) -> Census {
    Census {
        vertices: vertices
            .iter()
            .map(|(name, own)| VertexCollection {
                name: (*name).to_owned(),
                attributes: attributes(own),
                ..VertexCollection::default()
            })
            .collect(),
        edges: edges
            .iter()
            .map(|(name, own)| EdgeCollection {
                name: (*name).to_owned(),
                attributes: attributes(own),
                ..EdgeCollection::default()
            })
            .collect(),
        ..Census::default()
    }
}

fn auto(census: &Census, brief: &str) -> Resolved {
    let documents = [from_text(brief, 1).unwrap()];
    resolve(&VerticalChoice::Auto, &shipped(), census, &documents).unwrap()
}

#[test]
fn every_shipped_vertical_loads_and_is_named_as_its_file() {
    let names: Vec<String> = shipped().into_iter().map(|it| it.name).collect();
    let files: Vec<String> = Assets::embedded()
        .list("verticals/")
        .iter()
        .filter(|it| it.ends_with(".toml"))
        .map(|it| {
            it.trim_start_matches("verticals/")
                .trim_end_matches(".toml")
                .to_owned()
        })
        .collect();
    assert_eq!(names, files);
}

#[test]
fn every_shipped_topic_has_examples_and_what_fits_nothing_is_refused() {
    for vertical in shipped() {
        for topic in &vertical.topics {
            assert!(topic.examples.len() >= 50, "{}: {}", vertical.name, topic.id);
        }
        assert!(!vertical.background.is_empty(), "{}", vertical.name);
    }
    let folder = tempfile::tempdir().unwrap();
    let examples = folder.path().join("verticals/examples");
    fs::create_dir_all(&examples).unwrap();
    let refused = |file: &str, text: &str| {
        fs::write(examples.join(file), text).unwrap();
        let error = load(&Assets::with_override(folder.path()))
            .unwrap_err()
            .to_string();
        fs::remove_file(examples.join(file)).unwrap();
        error
    };
    let error = refused("fraud.txt", "[money_rings]\nWhich?\n[nonsense]\nWho?");
    assert!(
        error.contains("examples/fraud.txt, line 3") && error.contains("`nonsense`"),
        "{error}"
    );
    let error = refused("frod.txt", "[other]\nWhich?");
    assert!(
        error.contains("examples/frod.txt") && error.contains("no vertical"),
        "{error}"
    );
    let error = refused("fraud.txt", "[other]\nWhy?\n???");
    assert!(
        error.contains("line 3") && error.contains("without words"),
        "{error}"
    );
    let error = refused("fraud.txt", "# note\n\nWhich?");
    assert!(
        error.contains("line 3") && error.contains("before the first topic"),
        "{error}"
    );
}

#[test]
fn examples_are_not_written_down_and_come_back() {
    let all = shipped();
    let choice = VerticalChoice::Named("social".to_owned());
    let resolved = resolve(&choice, &all, &Census::default(), &[]).unwrap().vertical;
    let written = serde_json::to_string(&resolved).unwrap();
    let read: Vertical = serde_json::from_str(&written).unwrap();
    assert!(read.topics.iter().all(|it| it.examples.is_empty()));
    assert_eq!(with_examples(&read, &choice, &all).unwrap(), resolved);
}

#[test]
fn auto_knows_a_field_by_its_names() {
    let bank = census(
        &[("accounts", &["opened"]), ("devices", &[])],
        &[("transfers", &["amount", "time"])],
    );
    let resolved = auto(&bank, "Find rings of accounts that launder money.");
    assert_eq!(resolved.vertical.name, "fraud", "{}", resolved.reason);
    assert!(resolved.reason.contains("accounts"), "{}", resolved.reason);
    let people = census(
        &[("users", &[]), ("posts", &[])],
        &[("follows", &[]), ("shared", &[])],
    );
    assert_eq!(
        auto(&people, "Which people bridge communities?").vertical.name,
        "social"
    );
    let chain = census(
        &[("suppliers", &["tier", "region"]), ("plants", &[])],
        &[("supplies", &["lead_time"])],
    );
    assert_eq!(
        auto(&chain, "Where does supply depend on one region?")
            .vertical
            .name,
        "supply_chain"
    );
}

#[test]
fn auto_abstains_when_only_the_brief_or_only_a_little_speaks() {
    let packages = census(
        &[("packages", &["maintainer", "section"])],
        &[("depends", &["kind"])],
    );
    let resolved = auto(
        &packages,
        "Supply-chain risk in the distribution: circular dependencies downstream of a supplier.",
    );
    assert_eq!(resolved.vertical.name, GENERIC, "{}", resolved.reason);
    assert!(resolved.reason.contains("supply_chain"), "{}", resolved.reason);
    let stations = census(&[("stations", &["name"])], &[("connections", &["time", "line"])]);
    assert_eq!(
        auto(&stations, "Which stations strand others?").vertical.name,
        GENERIC
    );
}

#[test]
fn a_vertical_keeps_its_own_topics_and_takes_the_rest_from_generic() {
    let resolved = resolve(
        &VerticalChoice::Named("social".to_owned()),
        &shipped(),
        &Census::default(),
        &[],
    )
    .unwrap();
    let ids: Vec<&str> = resolved.vertical.topics.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids.iter().filter(|it| **it == "communities").count(), 1);
    assert!(ids.contains(&"brokers") && ids.contains(&"critical_points"));
    let influence = resolved
        .vertical
        .topics
        .iter()
        .find(|it| it.id == "influence")
        .unwrap();
    assert_eq!(influence.title, "Most influential people");
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let choice = VerticalChoice::Named("frod".to_owned());
    let error = resolve(&choice, &shipped(), &Census::default(), &[]).unwrap_err();
    assert!(matches!(error, VerticalError::Unknown { .. }));
    assert!(error.to_string().contains("fraud"), "{error}");
}

#[test]
fn faults_name_file_and_line() {
    let head = "name = \"x\"\ntitle = \"X\"\nversion = 1\ndescription = \"d\"\n";
    let message = |body: &str| {
        let choice = VerticalChoice::File {
            path: "mine.toml".into(),
            text: format!("{head}{body}"),
        };
        resolve(&choice, &shipped(), &Census::default(), &[])
            .unwrap_err()
            .to_string()
    };
    assert!(message("colour = 1\n").starts_with("mine.toml, line 5: unknown field `colour`"));
    let topic = "[[topics]]\nid = \"a\"\ntitle = \"A\"\nquestion = \"?\"\n";
    let twice = message(&format!("{topic}{topic}"));
    assert!(
        twice.starts_with("mine.toml, line 10: two topics have the id `a`"),
        "{twice}"
    );
    let faint = message(&format!("{topic}cues = [{{ weight = 0.5, any = [\"x\"] }}]\n"));
    assert!(
        faint.starts_with("mine.toml, line 6: no passage can ask"),
        "{faint}"
    );
    let pattern = |topic: &str, algorithm: &str| {
        message(&format!(
            "[[patterns]]\nid = \"p\"\ntopic = \"{topic}\"\ntitle = \"P\"\nwhy = \"w\"\nalgorithm = \"{algorithm}\"\n"
        ))
    };
    let lost = pattern("nowhere", "wcc");
    assert!(
        lost.starts_with("mine.toml, line 6: pattern `p` answers the topic `nowhere`"),
        "{lost}"
    );
    let odd = pattern("hubs", "wc");
    assert!(
        odd.starts_with("mine.toml, line 6: pattern `p`:") && odd.contains("wcc"),
        "{odd}"
    );
    assert!(parse("x.toml", "name = ").is_err());
}

/// A column that would be missing from the report without a word is refused by name.
#[test]
fn members_are_shown_of_groups_only() {
    let checked = |algorithm: &str, detector: &str| {
        let text = format!(
            "name = \"x\"\ntitle = \"X\"\nversion = 1\ndescription = \"d\"\n[[patterns]]\nid = \"p\"\n\
             topic = \"hubs\"\ntitle = \"P\"\nwhy = \"w\"\nalgorithm = \"{algorithm}\"\n\
             detector = {{ columns = [\"label\", \"members: Next\"]{detector} }}\n"
        );
        let choice = VerticalChoice::File {
            path: "mine.toml".into(),
            text,
        };
        let resolved = resolve(&choice, &shipped(), &Census::default(), &[]);
        resolved.map_err(|it| it.to_string()).map(|_| ())
    };
    let alone = checked("wcc", "").unwrap_err();
    assert!(
        alone.starts_with("mine.toml, line 6: pattern `p`: `columns` names `members`"),
        "{alone}"
    );
    assert!(alone.contains("`group_by`"), "{alone}");
    assert_eq!(checked("wcc", ", group_by = \"component\""), Ok(()));
    // The table of cycles has such a column itself.
    assert_eq!(checked("cycles", ", table = \"cycles\""), Ok(()));
    let both = checked("cycles", ", table = \"cycles\", group_by = \"length\"").unwrap_err();
    assert!(both.contains("`members_labels`"), "{both}");
}
