//! Sentences that hold are let through; each kind of falsehood is caught, with words that say why.

use std::collections::BTreeSet;

use super::said::Said;
use super::{Ground, WordBook, sentence_faults};
use crate::algorithms::Quantity;
use crate::model::{
    fact::{Aggregate, Derivation, Fact, FactValue},
    schema::{Census, VertexCollection},
    vertical::{Topic, Vertical},
};

fn nth(id: &str, nth: u32, column: &str, value: FactValue, quantity: Quantity) -> Fact {
    Fact {
        id: id.into(),
        name: format!("{column} {nth}"),
        value,
        quantity,
        unit: String::new(),
        execution: Some("betweenness-1".into()),
        derivation: Derivation::Nth {
            table: "vertices".to_owned(),
            order_by: "share".to_owned(),
            descending: true,
            nth,
            column: column.to_owned(),
            filter: Vec::new(),
        },
    }
}

fn name(id: &str, place: u32, label: &str) -> Fact {
    nth(
        id,
        place,
        "label",
        FactValue::Text(label.to_owned()),
        Quantity::Name,
    )
}

/// The first three stations with their shares, how many there are, and two times.
fn facts() -> Vec<Fact> {
    let share =
        |id: &str, place: u32, value: f64| nth(id, place, "share", FactValue::Number(value), Quantity::Share);
    let of = |id: &str, value: f64, measure: Aggregate| Fact {
        derivation: Derivation::Aggregate {
            table: "vertices".to_owned(),
            column: "minutes".to_owned(),
            measure,
            filter: Vec::new(),
        },
        quantity: Quantity::Weight,
        unit: "minutes".to_owned(),
        ..nth(id, 1, "minutes", FactValue::Number(value), Quantity::Weight)
    };
    let count = Fact {
        derivation: Derivation::Rows {
            table: "vertices".to_owned(),
            filter: Vec::new(),
        },
        ..nth("F5", 1, "key", FactValue::Integer(302), Quantity::Count)
    };
    vec![
        name("F1", 1, "Green Park"),
        share("F2", 1, 0.353),
        name("F3", 2, "bash"),
        share("F4", 2, 0.2),
        count,
        of("F6", 67.8, Aggregate::Max),
        of("F7", 31.0, Aggregate::Mean),
        share("F8", 3, 0.6),
    ]
}

fn book() -> WordBook {
    let vertical = Vertical {
        topics: vec![Topic {
            examples: vec![
                "Which of the stations carries the traffic of a network, and where does a closure hurt?"
                    .to_owned(),
                "Next comes the line on average, prepare plans first for what passengers meet there"
                    .to_owned(),
                "While this takes long, there is more of it than of the other, no".to_owned(),
                "All of it, most of it, see the prose".to_owned(),
            ],
            ..Topic::default()
        }],
        ..Vertical::default()
    };
    let census = Census {
        vertices: vec![VertexCollection {
            name: "stations_v2".to_owned(),
            ..VertexCollection::default()
        }],
        ..Census::default()
    };
    WordBook::new(&vertical, &[], &census)
}

/// What the rules say of the facts.
const RULES: [&str; 4] = [
    "{F1} carries the most traffic: {F2} of all routes pass it.",
    "Next comes {F3} with {F4} of the traffic; half of the {F5} stations carry less.",
    "The longest way takes {F6}, and {F7} on average; a share of {F8} of the routes is long.",
    "Prepare plans for a closure, which hurts passengers.",
];

fn faults(text: &str) -> Vec<String> {
    faults_as(text, false)
}

fn faults_as(text: &str, is_advice: bool) -> Vec<String> {
    let labels: BTreeSet<String> = ["green park", "green", "park", "bash", "euston"]
        .map(str::to_owned)
        .into();
    let (facts, book) = (facts(), book());
    let said = Said::new(RULES, &facts);
    sentence_faults(
        text,
        &Ground {
            facts: &facts,
            labels: &labels,
            book: &book,
            said: &said,
            is_advice,
        },
    )
}

#[test]
fn sentences_that_the_facts_bear_out_are_let_through() {
    for text in [
        "{F1} carries the most traffic: {F2} of all routes pass it.",
        "Next comes {F3} with {F4}.",
        "{F1} carries {F2}, more than {F3} with {F4}.",
        "{F3} carries less than {F1}.",
        "{F1}, the busiest of {F5} stations, carries {F2}.",
        "The longest way takes {F6}, while the average of {F7} is lower than {F6}.",
        "All {F5} stations_v2 were looked at.",
        "Prepare plans for {F1} first.",
        "{F2} of the traffic meets at {F1}; {F3} comes next with {F4}.",
        "Most of the routes, {F8}, meet there.",
        "Look at these first.",
        "{F1} carries {F2}. {F3} comes next with {F4}.",
        "{F3} carries no more than {F1}.",
    ] {
        assert_eq!(faults(text), [""; 0], "{text}");
    }
}

#[test]
fn advice_may_use_words_of_advice_and_of_the_brief_and_give_reasons() {
    for text in [
        "Notify those who plan for {F1}.",
        "Review the network first, because a closure hurts.",
        "Check whether {F1} needs a backup.",
    ] {
        assert_eq!(faults_as(text, true), [""; 0], "{text}");
    }
    for text in ["{F1} carries {F2} because of a closure.", "{F1} is to blame."] {
        assert!(!faults(text).is_empty(), "{text}");
    }
    assert!(faults_as("{F1} carries {F4}.", true)[0].contains("not the value of"));
}

#[test]
fn a_value_is_called_what_it_is() {
    let caught = [
        ("{F1} carries {F7}.", "on average"),
        (
            "On average {F5} stations carry the traffic.",
            "leave out `average`",
        ),
        ("{F5} routes meet there.", "not what {F5} counts"),
        ("{F2} of all stations pass {F1}.", "no share of `stations`"),
        ("{F1} carries {F5} of the traffic.", "not"),
        ("{F2} of the {F5} stations meet at {F1}.", "no part of"),
        ("Nobody carries {F2} of the routes.", "`Nobody`"),
        ("Only {F1} carries {F2}.", "`Only`"),
        ("{F1} rises to {F2} of the routes.", "`rises`"),
        ("{F1} caused {F2} of the traffic.", "`caused`"),
        ("{F2} of all routes pass it.", "write its name"),
        ("{F1} carries -{F2}.", "touches"),
        ("{F5}{F5} stations carry traffic.", "touches"),
        ("{F6}.{F7} is the longest on average.", "touches"),
        ("{F1} carries below {F2}.", "vague"),
        ("{F3} carries more than, and comes after, {F1}.", "contrary"),
    ];
    for (text, why) in caught {
        let found = faults(text);
        assert!(found.iter().any(|it| it.contains(why)), "{text}: {found:?}");
    }
}

#[test]
fn each_kind_of_falsehood_is_caught() {
    let caught = [
        ("{F9} carries it.", "no fact of the list"),
        (
            "{F1} carries 35.3 of the traffic.",
            "no fact backs the amount `35`",
        ),
        ("{F1} carries three routes.", "`three`"),
        ("{F1} carries half of the traffic, {F2}.", "`half`"),
        ("{F4} of the traffic meets at {F1}.", "not the value of"),
        ("{F3} leads with {F4}.", "`leads`"),
        ("{F1} carries the least, {F2}.", "`least`"),
        ("The shortest way takes {F6}.", "say which it is"),
        ("{F3} carries {F4}, {F1} carries fewer, {F2}.", "contrary"),
        ("{F3} carries as much as {F1}.", "contrary"),
        ("{F3} not only takes long but carries more than {F1}.", "contrary"),
        ("{F1} cuts off seventeen stations.", "`seventeen`"),
        ("Park carries {F2}.", "`Park`"),
        ("{F3} comes second with {F4}.", "`second`"),
        ("{F1} carries nearly {F2}.", "vague"),
        ("{F1} carries more than {F2}.", "no two facts"),
        ("{F1} carries {F2} percent.", "unit"),
        ("{F6} minutes pass.", "unit"),
        ("Euston carries {F2}.", "`Euston`"),
        ("{F2} of the traffic meets at Green Park.", "`Green`"),
        ("{F2} of the traffic meets at bash.", "`bash`"),
        ("The traffic of Atlantis meets there, {F2}.", "`Atlantis`"),
        ("{F3} carries {F2}.", "not the value of"),
        ("{F3} carries {F4}, more than {F1} with {F2}.", "contrary"),
        ("{F3} carries more than {F1}.", "contrary"),
        ("{F1} carries {F2}, which is less than {F4}.", "contrary"),
        ("{F2} is not more than {F4}.", "contrary"),
        ("{F2} is more than {F5} of it.", "no two facts of one kind"),
        ("{F3} carries the most, {F4}.", "`most`"),
        ("Most of the {F5} stations meet there.", "no share above one half"),
        ("<b>{F1}</b> carries {F2}.", "U+003C"),
        ("See [here](x) for {F1}.", "U+005B"),
        ("See https://x for {F1}.", "markup"),
        ("{F1}\u{1b}[31m carries {F2}.", "U+001B"),
        ("{F1} carries\n{F2}.", "one line"),
        ("{F1} \u{202e}carries {F2}.", "U+202E"),
        ("{F1 carries {F2}.", "brace"),
        ("{{F1}} carries it.", "markup"),
        ("{F1} carries \u{2163} of them.", "U+2163"),
        ("{F1} carries \u{663} of them.", "U+0663"),
        ("{F1} carries ½ of it.", "U+00BD"),
        ("{F1} carries\u{e0041} {F2}.", "U+E0041"),
        ("{F1} car\u{ad}ries {F2}.", "U+00AD"),
        (" ", "empty"),
    ];
    for (text, why) in caught {
        let found = faults(text);
        assert!(found.iter().any(|it| it.contains(why)), "{text}: {found:?}");
    }
    assert!(faults(&"a".repeat(401))[0].contains("longer"));
}

proptest::proptest! {
    /// Whatever a model writes is judged without a panic, and a number that no fact backs is never let through.
    #[test]
    fn no_text_ends_the_judgement_and_no_number_passes(
        before in "[a-z {}F1-8.,<>`\\[\\]()é\u{200b}]{0,40}",
        number in 10_u32..1_000_000,
        after in "[ -~é]{0,40}",
    ) {
        let text = format!("{before} {number} {after}");
        proptest::prop_assert!(!faults(&text).is_empty(), "{text}");
    }
}
