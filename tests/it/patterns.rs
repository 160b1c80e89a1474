//! What shipped patterns say on small graphs that could mislead them.

use std::fs;

use gaai::agents::findings::PatternResult;
use gaai::model::fact::FactValue;
use gaai::source::FileSource;

use crate::findings::{Answered, answer, vertical};

/// The topic of a vertical, answered on a graph of these files.
fn ask(name: &str, topic: &str, limit: Option<u32>, files: &[(&str, String)]) -> Answered {
    let folder = tempfile::tempdir().unwrap();
    for (file, content) in files {
        fs::write(folder.path().join(file), content).unwrap();
    }
    let source = FileSource::open(folder.path(), "small").unwrap();
    answer(source, &vertical(name), &[(topic, limit)])
}

fn table(head: &str, rows: impl IntoIterator<Item = String>) -> String {
    let rows: Vec<String> = rows.into_iter().collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

/// A street of `count` stops, five minutes apart.
fn street(count: u32) -> Vec<String> {
    (1..count).map(|it| format!("s{},s{it},5", it - 1)).collect()
}

fn instances(result: &PatternResult) -> Vec<&str> {
    let instances = result.finding.instances.iter();
    instances.map(|it| it.label.as_str()).collect()
}

#[test]
fn one_piece_is_no_finding_of_islands() {
    let whole = ask(
        "generic",
        "fragmentation",
        None,
        &[("roads.csv", table("from,to,minutes", street(6)))],
    );
    assert!(!whole.only("fragmentation").finding.found);
    let mut rows = street(6);
    rows.push("x,y,5".to_owned());
    let apart = ask(
        "generic",
        "fragmentation",
        None,
        &[("roads.csv", table("from,to,minutes", rows))],
    );
    assert_eq!(apart.only("fragmentation").finding.instances.len(), 2);
}

/// The mean over the one neighbour on an island of two says nothing about reaching the others.
#[test]
fn the_hardest_to_reach_is_in_the_largest_part() {
    let mut rows = street(6);
    rows.push("x,y,500".to_owned());
    let answered = ask(
        "generic",
        "remoteness",
        None,
        &[("roads.csv", table("from,to,minutes", rows))],
    );
    let found = instances(answered.only("remoteness"));
    assert_eq!(found.len(), 6);
    assert!(["s0", "s5"].contains(&found[0]), "{found:?}");
    let sentences = answered.sentences("remoteness");
    assert!(sentences[0].contains("from the 5 others"), "{}", sentences[0]);
    assert!(sentences.iter().any(|it| it.contains("6 of 8")), "{sentences:?}");
}

#[test]
fn a_brief_s_limit_bounds_what_is_shown_but_not_what_must_be_complete() {
    let roads = [("roads.csv", table("from,to,minutes", street(40)))];
    for (limit, shown) in [(3, 3), (25, 25), (100_000, 40)] {
        let answered = ask("generic", "remoteness", Some(limit), &roads);
        let evidence = &answered.only("remoteness").finding.evidence;
        assert_eq!(evidence.rows.len(), shown, "at most {limit}");
    }
    let points = ask("generic", "critical_points", Some(3), &roads);
    assert_eq!(points.only("critical_points").finding.evidence.rows.len(), 38);
}

/// The most needed package names no maintainer; the others still have an answer.
#[test]
fn a_missing_keeper_costs_its_own_row_only() {
    let packages = (0..30).map(|it| format!("p{it},{}", if it == 0 { "" } else { "Ann" }));
    let depends = (2..30).flat_map(|it| [format!("p{it},p0"), format!("p{it},p1")]);
    let files = [
        ("packages.csv", table("_key,maintainer", packages)),
        (
            "depends.csv",
            table("_from,_to", depends.chain(["p1,p0".to_owned()])),
        ),
    ];
    let answered = ask("generic", "ownership", None, &files);
    let result = answered.only("ownership");
    assert!(result.dropped.is_empty(), "{:?}", result.dropped);
    let sentences = answered.sentences("ownership");
    assert!(
        sentences
            .iter()
            .any(|it| it.contains("no keeper at all") || it.contains("name none")),
        "{sentences:?}"
    );
}

/// Joint accounts share customers, which are no devices.
#[test]
fn shared_customers_are_no_shared_devices() {
    let accounts = table("_key,opened", (0..3).map(|it| format!("a{it},2020")));
    let customers = table("_key,town", (0..2).map(|it| format!("c{it},Ashford")));
    let owns = (0..3).flat_map(|it| {
        [
            format!("accounts/a{it},customers/c0"),
            format!("accounts/a{it},customers/c1"),
        ]
    });
    let mut files = vec![
        ("accounts.csv", accounts),
        ("customers.csv", customers),
        ("owns.csv", table("_from,_to", owns)),
    ];
    let joint = ask("fraud", "synthetic_identities", None, &files);
    assert!(joint.results["synthetic_identities"].is_empty());
    files.push((
        "devices.csv",
        table("_key,kind", (0..2).map(|it| format!("d{it},phone"))),
    ));
    let uses = (0..3).flat_map(|it| {
        [
            format!("accounts/a{it},devices/d0"),
            format!("accounts/a{it},devices/d1"),
        ]
    });
    files.push(("uses.csv", table("_from,_to", uses)));
    let shared = ask("fraud", "synthetic_identities", None, &files);
    assert_eq!(shared.only("synthetic_identities").finding.instances.len(), 1);
}

/// Suppliers deliver to plants only, and a region is known for some of them.
#[test]
fn a_region_s_share_is_one_of_those_whose_region_is_known() {
    let region = |it: u32| match it {
        0..8 => "North",
        8..12 => "South",
        _ => "",
    };
    let files = [
        (
            "suppliers.csv",
            table("_key,region", (0..40).map(|it| format!("s{it},{}", region(it)))),
        ),
        (
            "plants.csv",
            table("_key,name", (0..2).map(|it| format!("p{it},Plant {it}"))),
        ),
        (
            "supplies.csv",
            table(
                "_from,_to",
                (0..40).map(|it| format!("suppliers/s{it},plants/p{}", it % 2)),
            ),
        ),
    ];
    let answered = ask("supply_chain", "concentration", None, &files);
    let headline = &answered.sentences("concentration")[0];
    assert!(
        headline.contains("8 of the 12") && headline.contains("66.7 %"),
        "{headline}"
    );
}

#[test]
fn percentages_are_not_taken_for_shares() {
    let suppliers = table("_key,name", (0..30).map(|it| format!("s{it},Supplier {it}")));
    let supplies = |share: &'static str| {
        let rows = (1..30).map(move |it| format!("suppliers/s0,suppliers/s{it},{share}"));
        table("_from,_to,share", rows)
    };
    let patterns = |share| {
        let files = [
            ("suppliers.csv", suppliers.clone()),
            ("supplies.csv", supplies(share)),
        ];
        let answered = ask("supply_chain", "overload", None, &files);
        answered
            .plan
            .assignments
            .iter()
            .map(|it| it.pattern.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(patterns("0.6"), ["strained_suppliers"]);
    assert_eq!(patterns("60"), ["busiest_sites"]);
}

/// Three cliques that two links join.
fn cliques() -> Answered {
    let clique = |name: &str| {
        let pairs = (0..6).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs
            .map(|(a, b)| format!("{name}{a},{name}{b}"))
            .collect::<Vec<_>>()
    };
    let ties = ["a0,b0".to_owned(), "b1,c1".to_owned()];
    let rows = ["a", "b", "c"].into_iter().flat_map(clique).chain(ties);
    ask(
        "generic",
        "communities",
        None,
        &[("ties.csv", table("from,to", rows))],
    )
}

/// A division says whether other starting orders find it too.
#[test]
fn a_division_says_how_stable_it_is() {
    let answered = cliques();
    let tags = &answered.only("communities").finding.tags;
    assert!(
        tags.iter()
            .any(|it| it.starts_with("stable: ") && it.contains("100 %")),
        "{tags:?}"
    );
}

/// Five rows of one group would look like five groups.
#[test]
fn a_group_has_one_row_that_names_its_next_members() {
    let answered = cliques();
    let finding = &answered.only("communities").finding;
    let evidence = &finding.evidence;
    assert!(finding.instances.len() > 1);
    assert_eq!(evidence.rows.len(), finding.instances.len());
    let at = evidence
        .columns
        .iter()
        .position(|it| it.name == "members")
        .unwrap();
    for (row, instance) in evidence.rows.iter().zip(&finding.instances) {
        let Some(FactValue::List(named)) = &row.values[at] else {
            panic!("{row:?} names nobody");
        };
        assert_eq!(named.len(), (instance.members.len() - 1).min(5));
        assert!(!named.contains(&instance.label), "{named:?}");
    }
    let mut moved = answered.report("communities");
    let other = moved.findings[0].evidence.rows[1].values[at].clone();
    moved.findings[0].evidence.rows[0].values[at] = other;
    assert_eq!(answered.mismatches(&moved).len(), 1);
}

/// A given value is that of its own template, and a number in words is a number.
#[test]
fn given_values_and_number_words_are_verified() {
    let answered = cliques();
    let sound = answered.report("communities");
    assert_eq!(answered.mismatches(&sound), [""; 0]);
    let mut homeless = sound.clone();
    let trials = homeless.facts.iter_mut().find(|it| it.name == "trials").unwrap();
    assert!(trials.execution.is_some());
    trials.execution = None;
    assert!(answered.mismatches(&homeless)[0].contains("does not name the template"));
    let mut spelled = sound.clone();
    spelled.findings[0]
        .headline
        .text
        .push_str(" Twelve of them matter.");
    assert!(answered.mismatches(&spelled)[0].contains("`Twelve`"));
    let mut moved = sound;
    moved.findings[0].evidence.rows[0].values.pop();
    assert_eq!(answered.mismatches(&moved).len(), 1);
}

#[test]
fn a_table_with_fewer_rows_than_vertices_is_sent_back() {
    use gaai::agents::{quality::Consequence, quality_findings::check_execution};
    let answered = cliques();
    let (template, execution) = answered.executions.iter().next().unwrap();
    let tables = &answered.tables[template];
    assert_eq!(check_execution(execution, tables), []);
    let mut short = execution.clone();
    short.vertices += 1;
    let notes = check_execution(&short, tables);
    assert_eq!(notes[0].consequence, Consequence::SendBack, "{notes:?}");
}
