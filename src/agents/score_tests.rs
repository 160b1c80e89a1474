//! Claims about scoring: what counts as found, as an answer, and as a decoy fallen for.

use super::score::score;
use crate::model::{
    fact::Claim,
    finding::{Evidence, Finding, Instance},
    vertical::{Detector, Severity},
};
use crate::source::demo::{Decoy, Planted, Truth};

fn finding(alert: bool, group_by: &str, instances: &[&[&str]]) -> Finding {
    let claim = Claim {
        id: "x.1".into(),
        text: String::new(),
        facts: Vec::new(),
        by_model: false,
    };
    let instance = |members: &&[&str]| Instance {
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        label: members.join(" "),
        value: 1.0,
    };
    Finding {
        id: "topic.1".into(),
        pattern: String::new(),
        template: "degree-1".into(),
        title: String::new(),
        headline: claim.clone(),
        claims: Vec::new(),
        so_what: None,
        severity: Severity::Info,
        severity_reason: claim,
        action: None,
        detector: Detector {
            group_by: group_by.to_owned(),
            ..Detector::default()
        },
        evidence: Evidence::default(),
        instances: instances.iter().map(instance).collect(),
        alert,
        found: true,
        tags: Vec::new(),
        caveats: Vec::new(),
        chart: None,
        picture: None,
    }
}

fn names(members: &[&str]) -> Vec<String> {
    members.iter().map(|it| (*it).to_owned()).collect()
}

fn truth(patterns: &[&[&str]], decoys: &[&[&str]]) -> Truth {
    Truth {
        patterns: patterns
            .iter()
            .map(|it| Planted {
                kind: "ring".to_owned(),
                members: names(it),
                note: String::new(),
            })
            .collect(),
        decoys: decoys
            .iter()
            .map(|it| Decoy {
                kind: "ring".to_owned(),
                members: names(it),
                why: String::new(),
            })
            .collect(),
    }
}

#[test]
fn half_an_overlap_is_found_and_less_is_not() {
    let truth = truth(&[&["a", "b", "c", "d"]], &[]);
    let half = score(&[finding(true, "", &[&["a", "b"]])], &truth);
    assert_eq!((half.recall, half.precision), (1.0, 1.0));
    let less = score(&[finding(true, "", &[&["a", "b", "x"]])], &truth);
    assert_eq!((less.recall, less.precision), (0.0, 0.0));
}

#[test]
fn a_single_vertex_is_found_by_few_and_lost_in_many() {
    let truth = truth(&[&["a"]], &[]);
    assert_eq!(
        score(&[finding(true, "", &[&["a", "b", "c"]])], &truth).recall,
        1.0
    );
    assert_eq!(
        score(&[finding(true, "", &[&["a", "b", "c", "d"]])], &truth).recall,
        0.0
    );
}

#[test]
fn members_named_one_by_one_count_when_they_are_half_of_the_pattern() {
    let truth = truth(&[&["a", "b", "c", "d"]], &[]);
    let found = score(&[finding(true, "", &[&["a"], &["b"], &["x"]])], &truth);
    assert_eq!((found.found, found.right, found.answers), (1, 2, 3));
    assert_eq!(score(&[finding(true, "", &[&["a"]])], &truth).found, 0);
}

#[test]
fn rankings_are_no_answers_and_communities_are() {
    let truth = truth(&[&["a", "b"]], &[]);
    let ranking = score(&[finding(false, "", &[&["a", "b"], &["x"]])], &truth);
    assert_eq!(
        (ranking.answers, ranking.recall, ranking.precision),
        (0, 0.0, 1.0)
    );
    assert_eq!(
        score(&[finding(false, "community", &[&["a", "b"]])], &truth).recall,
        1.0
    );
}

#[test]
fn falling_for_a_decoy_is_counted_and_named() {
    let found = score(
        &[finding(true, "", &[&["d", "e"], &["x"]])],
        &truth(&[], &[&["d", "e", "f"]]),
    );
    assert_eq!((found.answers, found.right, found.fooled), (2, 0, 1));
    assert_eq!(found.wrong[0].decoy.as_deref(), Some("ring"));
    assert_eq!(found.wrong[1].decoy, None);
}
