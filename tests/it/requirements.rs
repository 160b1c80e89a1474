//! The same brief in other words, another order and another form asks for the same.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gaai::agents::requirements::extract;
use gaai::agents::vertical::{VerticalChoice, resolve};
use gaai::agents::vertical_files::load;
use gaai::assets::Assets;
use gaai::documents::{from_text, read_files};
use gaai::model::requirements::{Requirements, StatementKind};
use gaai::model::schema::Census;
use gaai::model::vertical::Vertical;
use gaai::source::demo::{DemoKind, Scale, generate};

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

/// The requirements in few words, for people and snapshots.
fn outline(found: &Requirements) -> String {
    let mut text = format!("# {}\n", found.title);
    for it in &found.objectives {
        let cites = format!("line {}: {}", it.source.line, it.text);
        let extras = (
            it.limit,
            it.unit.as_deref().unwrap_or("-"),
            it.priority,
            &it.needs,
        );
        text.push_str(&format!(
            "{} {extras:?} {:?}\n    {cites}\n",
            it.id,
            it.cues.join(" ")
        ));
    }
    for it in &found.statements {
        text.push_str(&format!(
            "{} {:?} {:?}: {}\n",
            it.id, it.priority, it.topics, it.text
        ));
    }
    for it in &found.thresholds {
        text.push_str(&format!(
            "{} {:?} {} {}: {}\n",
            it.id, it.bound, it.value, it.subject, it.text
        ));
    }
    for it in &found.stakeholders {
        text.push_str(&format!("{}: {}\n", it.role, it.name));
    }
    for it in &found.unplaced {
        text.push_str(&format!("unplaced: {}\n", it.quote));
    }
    text
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
    for file in ["brief.md", "prose.txt", "bullets.md", "table.md", "imperative.md"] {
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
    for file in ["brief.md", "prose.md", "bullets.txt", "questions.md", "table.md"] {
        let found = read("debian", file);
        assert_eq!(ids(&found), expected, "{file}: {:#?}", found.objectives);
        let owned = found.objectives.iter().find(|it| it.id.0 == "ownership").unwrap();
        assert_eq!(owned.needs, ["maintainer"], "{file}");
        assert_eq!(limit(&found, "blast_radius"), Some(20), "{file}: {found:#?}");
    }
}

#[test]
fn the_london_brief_is_read_whole() {
    insta::assert_snapshot!("requirements_london", outline(&read("london", "brief.md")));
}

#[test]
fn the_debian_brief_is_read_whole() {
    insta::assert_snapshot!("requirements_debian", outline(&read("debian", "brief.md")));
}

#[test]
fn prose_without_headings_is_read_whole() {
    insta::assert_snapshot!("requirements_london_prose", outline(&read("london", "prose.txt")));
    insta::assert_snapshot!("requirements_debian_prose", outline(&read("debian", "prose.md")));
}

fn ask(vertical: &Vertical, text: &str) -> Requirements {
    extract(&[from_text(text, 1).unwrap()], vertical)
}

#[test]
fn every_topic_is_known_in_many_words() {
    let table = include_str!("../data/briefs/questions.tsv");
    let verticals: Vec<Vertical> = ["generic", "fraud", "supply_chain", "social"]
        .into_iter()
        .map(vertical)
        .collect();
    let mut faults = Vec::new();
    for line in table.lines() {
        let [name, topics, question] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let spoken = verticals.iter().find(|it| it.name == name).unwrap();
        let expected: BTreeSet<&str> = topics.split(',').collect();
        let found = ask(spoken, question);
        if ids(&found) != expected {
            faults.push(format!("{question}: {:?}, not {expected:?}", ids(&found)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn tales_are_not_questions() {
    let tale = "# The network\n\nThe network is a century old and carries five million journeys a day. \
        Last winter a fault at Bank cut the northern branch off for two hours. Most traffic passes through \
        the centre. Communities along the outer branches have grown.\n\nWhich stations strand others when closed?";
    let found = ask(&vertical("generic"), tale);
    assert_eq!(ids(&found), ["critical_points"].into());
    assert_eq!(found.objectives[0].source.line, 5);
}

#[test]
fn what_no_topic_knows_is_kept_and_not_forced_into_one() {
    let found = ask(
        &vertical("generic"),
        "## Questions\n- What colour is the roof of each station?\n- Which stations strand others when shut?\n",
    );
    let asked: Vec<(&str, Option<&str>)> = found
        .objectives
        .iter()
        .map(|it| (it.id.0.as_str(), it.topic.as_deref()))
        .collect();
    assert_eq!(
        asked,
        [("other-1", None), ("critical_points", Some("critical_points"))]
    );
    let german = ask(
        &vertical("generic"),
        "# Netz\n\n## Ziele\n1. Welche Bahnhöfe schneiden andere ab?\n2. Wo fahren die meisten durch?\n",
    );
    assert_eq!(ids(&german), ["other-1", "other-2"].into());
    let unheaded = ask(&vertical("generic"), "Bahnhöfe prüfen. Züge zählen.");
    assert_eq!(ids(&unheaded), ["other-1", "other-2"].into());
}

#[test]
fn asking_the_same_twice_is_one_objective_and_a_requirement() {
    let found = ask(
        &vertical("generic"),
        "## Goals\n- Find single points of failure.\n- Which stations strand others when they close?\n",
    );
    assert_eq!(ids(&found), ["critical_points"].into());
    assert_eq!(found.statements.len(), 1);
    assert_eq!(found.statements[0].kind, StatementKind::Requirement);
    assert_eq!(found.statements[0].topics, ["critical_points"]);
}

#[test]
fn a_fragment_given_inline_is_a_question() {
    for (text, topic) in [
        ("single points of failure", "critical_points"),
        ("circular dependencies", "circularity"),
        ("hardest to reach stations", "remoteness"),
    ] {
        let found = ask(&vertical("generic"), text);
        assert_eq!(ids(&found), [topic].into(), "{text}");
    }
    let five = ask(
        &vertical("generic"),
        "the top 5 stations that are hardest to reach",
    );
    assert_eq!(limit(&five, "remoteness"), Some(5));
}

#[test]
fn reading_twice_gives_the_same_and_several_documents_cite_their_own() {
    let documents = [
        from_text("Which stations strand others when closed?", 1).unwrap(),
        from_text("Find the bottlenecks. Find single points of failure.", 2).unwrap(),
    ];
    let generic = vertical("generic");
    let found = extract(&documents, &generic);
    assert_eq!(found, extract(&documents, &generic));
    let cited: Vec<(&str, &str)> = found
        .objectives
        .iter()
        .map(|it| (it.id.0.as_str(), it.source.document.0.as_str()))
        .collect();
    assert_eq!(cited, [("critical_points", "D1"), ("through_traffic", "D2")]);
}

#[test]
fn every_question_of_the_demo_briefs_has_its_topic() {
    let expected = |kind: DemoKind| -> BTreeSet<&str> {
        match kind {
            DemoKind::Fraud => [
                "money_rings",
                "money_mules",
                "synthetic_identities",
                "structuring",
                "through_traffic",
            ]
            .into(),
            DemoKind::SupplyChain => [
                "hidden_dependencies",
                "circular_supply",
                "concentration",
                "overload",
            ]
            .into(),
            DemoKind::Social => [
                "communities",
                "brokers",
                "coordination",
                "fake_followers",
                "influence",
            ]
            .into(),
        }
    };
    for kind in DemoKind::ALL {
        let brief = generate(kind, 1, Scale::S).brief;
        let found = ask(&vertical(kind.name()), &brief);
        assert_eq!(ids(&found), expected(kind), "{:#?}", found.objectives);
    }
}
