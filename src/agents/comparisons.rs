//! What a sentence says of facts beside their values: which is greater, which comes first, which name a value
//! belongs to. Each is checked against the facts; a comparison that no fact decides is a fault too.

use super::prose::Ground;
use super::tokens::tokens;
use crate::algorithms::Quantity;
use crate::model::{
    fact::{Aggregate, Derivation, DetectedWant, Fact, FactValue, GroupWant},
    format::Piece,
};

/// Words before "than", and verbs, that say that the first is the greater.
const GREATER: [&str; 14] = [
    "more",
    "greater",
    "higher",
    "larger",
    "bigger",
    "longer",
    "later",
    "farther",
    "further",
    "stronger",
    "wider",
    "above",
    "exceeds",
    "outnumbers",
];
const GREATER_VERBS: [&str; 7] = [
    "exceeds",
    "exceed",
    "exceeding",
    "outnumber",
    "outnumbers",
    "surpasses",
    "surpass",
];
/// Words before "than" that say that the first is the smaller.
const LESS: [&str; 10] = [
    "less", "fewer", "lower", "smaller", "shorter", "earlier", "nearer", "weaker", "narrower", "below",
];

/// Words that say that something is first in its order.
const FIRST: [&str; 8] = [
    "most", "least", "top", "leads", "leading", "foremost", "best", "worst",
];
/// Words that end like a superlative and are none.
const NO_SUPERLATIVE: [&str; 22] = [
    "interest", "request", "test", "latest", "forest", "invest", "suggest", "honest", "manifest", "west",
    "rest", "protest", "contest", "arrest", "harvest", "modest", "digest", "attest", "nest", "vest",
    "earnest", "ingest",
];

/// What the facts contradict, or do not decide, of what the sentence compares.
pub(super) fn comparison_faults(pieces: &[Piece], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = pairing_faults(pieces, ground);
    faults.extend(comparative_faults(pieces, ground));
    faults.extend(superlative_fault(pieces, ground));
    faults
}

/// Where a fact stands in an order: which order, and which place from 1.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    order: String,
    nth: u32,
}

fn place(fact: &Fact) -> Option<Place> {
    let (order, nth) = match &fact.derivation {
        Derivation::Nth {
            table,
            order_by,
            descending,
            nth,
            filter,
            ..
        } => (format!("nth {table} {order_by} {descending} {filter:?}"), *nth),
        Derivation::NthGroup {
            table,
            by,
            nth,
            want: GroupWant::Name | GroupWant::Label | GroupWant::Size,
            sum,
            filter,
        } => (format!("group {table} {by} {sum:?} {filter:?}"), *nth),
        Derivation::Detected {
            detector,
            want: DetectedWant::Label(nth) | DetectedWant::Value(nth) | DetectedWant::Size(nth),
        } => (format!("detected {detector:?}"), *nth),
        _ => return None,
    };
    Some(Place {
        order: format!("{:?} {order}", fact.execution),
        nth,
    })
}

fn is_name(fact: &Fact) -> bool {
    matches!(fact.value, FactValue::Text(_) | FactValue::List(_))
}

fn number(fact: &Fact) -> Option<f64> {
    match fact.value {
        FactValue::Integer(value) => Some(value as f64),
        FactValue::Number(value) => Some(value),
        FactValue::Text(_) | FactValue::List(_) => None,
    }
}

/// Values that stand after the name of another row.
fn pairing_faults(pieces: &[Piece], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named: Option<(&Fact, Place)> = None;
    for piece in pieces {
        let Piece::Fact(id) = piece else { continue };
        let Some(fact) = ground.fact(id) else { continue };
        let place = place(fact);
        if is_name(fact) {
            named = place.map(|it| (fact, it));
        } else if let (Some((name, of)), Some(place)) = (&named, &place)
            && of.order == place.order
            && of.nth != place.nth
        {
            faults.push(format!(
                "{{{}}} is not the value of {{{}}}; write each value after its own name",
                fact.id, name.id
            ));
        }
    }
    faults
}

/// The way a comparison goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Greater,
    Less,
}

/// The comparison that words make, and whether it is said outright ("more than") or may be another use of the
/// word ("over").
fn way(text: &str) -> Option<(Way, bool)> {
    let words: Vec<String> = tokens(text).into_iter().map(|it| it.word).collect();
    let negated = words
        .iter()
        .any(|it| matches!(it.as_str(), "not" | "no" | "never" | "isnt" | "doesnt"));
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        let word = word.as_str();
        let than = words[at..].iter().take(4).any(|it| it == "than");
        let said = match word {
            _ if than && GREATER.contains(&word) => Some((Way::Greater, true)),
            _ if than && LESS.contains(&word) => Some((Way::Less, true)),
            _ if GREATER_VERBS.contains(&word) => Some((Way::Greater, true)),
            "above" | "over" | "ahead" => Some((Way::Greater, false)),
            "below" | "under" | "behind" => Some((Way::Less, false)),
            _ => None,
        };
        found = said.or(found);
    }
    let (way, outright) = found?;
    match (way, negated) {
        (way, false) => Some((way, outright)),
        (Way::Greater, true) => Some((Way::Less, outright)),
        (Way::Less, true) => Some((Way::Greater, outright)),
    }
}

/// Comparisons between a fact and the next one that could be meant.
fn comparative_faults(pieces: &[Piece], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Words(words) = piece else { continue };
        let Some((way, outright)) = way(words) else {
            continue;
        };
        if words.contains("than any") || words.contains("than all") || words.contains("than every") {
            // It says that something comes first, which is looked at as a superlative.
            continue;
        }
        let fact = |piece: &Piece| match piece {
            Piece::Fact(id) => ground.fact(id),
            Piece::Words(_) => None,
        };
        let earlier: Vec<&Fact> = pieces[..at].iter().rev().filter_map(fact).collect();
        // Only up to the next full stop: the sentence after it begins anew.
        let later: Vec<&Fact> = pieces[at + 1..].iter().filter_map(fact).take(2).collect();
        match compared(&earlier, &later) {
            Some((a, b, ids)) if holds(way, a, b) => drop(ids),
            Some((_, _, ids)) => faults.push(format!(
                "the facts {ids} say the contrary; turn the comparison round"
            )),
            None if outright => faults.push(
                "no two facts of one kind decide this comparison; cite both values, or leave it out"
                    .to_owned(),
            ),
            None => {}
        }
    }
    faults
}

/// The two values that a comparison between these facts is about, greater meaning more, with their ids.
fn compared(earlier: &[&Fact], later: &[&Fact]) -> Option<(f64, f64, String)> {
    let pair = |a: &Fact, b: &Fact| format!("{{{}}} and {{{}}}", a.id, b.id);
    for b in later {
        let alike = |a: &&&Fact| a.quantity == b.quantity && a.unit == b.unit && a.quantity != Quantity::Name;
        let numeric = earlier.iter().filter(|it| number(it).is_some()).find(alike);
        if let (Some(a), Some(b_value)) = (numeric, number(b))
            && let Some(a_value) = number(a)
        {
            return Some((a_value, b_value, pair(a, b)));
        }
    }
    // Two names of one order: the one with the smaller place is the greater.
    let (a, b) = (
        earlier.iter().find(|it| is_name(it))?,
        later.first().filter(|it| is_name(it))?,
    );
    let (first, second) = (place(a)?, place(b)?);
    (first.order == second.order).then(|| (-f64::from(first.nth), -f64::from(second.nth), pair(a, b)))
}

fn holds(way: Way, a: f64, b: f64) -> bool {
    match way {
        Way::Greater => a > b,
        Way::Less => a < b,
    }
}

/// A superlative without a fact that is first or last in its order.
fn superlative_fault(pieces: &[Piece], ground: &Ground<'_>) -> Option<String> {
    let facts: Vec<&Fact> = pieces
        .iter()
        .filter_map(|it| match it {
            Piece::Fact(id) => ground.fact(id),
            Piece::Words(_) => None,
        })
        .collect();
    for piece in pieces {
        let Piece::Words(text) = piece else { continue };
        let words: Vec<String> = tokens(text).into_iter().map(|it| it.word).collect();
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).map_or("", |it| words[it].as_str());
            let after = words.get(at + 1).map_or("", String::as_str);
            if word == "most" && matches!(after, "of" | "are" | "have") {
                let has_majority = facts
                    .iter()
                    .any(|it| it.quantity == Quantity::Share && number(it).is_some_and(|value| value > 0.5));
                if !has_majority {
                    return Some(
                        "no share above one half backs `most`; cite the share or leave it out".to_owned(),
                    );
                }
                continue;
            }
            let is_bound = matches!(word.as_str(), "most" | "least") && before == "at";
            if is_superlative(word, text) && !is_bound && !facts.iter().any(|it| is_extreme(it)) {
                return Some(format!(
                    "`{word}` rests on no fact that is first in its order; cite that fact or leave the word out"
                ));
            }
        }
    }
    None
}

fn is_superlative(word: &str, text: &str) -> bool {
    let by_ending = word.len() > 4 && word.ends_with("est") && !NO_SUPERLATIVE.contains(&word);
    let than_any = matches!(word, "more" | "less" | "fewer" | "greater" | "higher" | "larger")
        && ["than any", "than all", "than every"]
            .iter()
            .any(|it| text.contains(it));
    by_ending || than_any || FIRST.contains(&word)
}

/// Whether the fact is about what is first or last in an order.
fn is_extreme(fact: &Fact) -> bool {
    match &fact.derivation {
        Derivation::Nth { nth, .. } | Derivation::NthGroup { nth, .. } => *nth == 1,
        Derivation::Top { .. } => true,
        Derivation::Aggregate { measure, .. } => match measure {
            Aggregate::Max | Aggregate::Min | Aggregate::TopShare(_) => true,
            Aggregate::Quantile(part) => *part == 0.0 || *part == 1.0,
            Aggregate::Sum | Aggregate::Mean | Aggregate::Distinct | Aggregate::Gini | Aggregate::Hhi => {
                false
            }
        },
        Derivation::Detected { want, .. } => match want {
            DetectedWant::Label(nth) | DetectedWant::Value(nth) | DetectedWant::Size(nth) => *nth == 1,
            DetectedWant::Names(nth, _) => *nth == 1,
            DetectedWant::Largest
            | DetectedWant::Smallest
            | DetectedWant::Busiest
            | DetectedWant::BusiestCount
            | DetectedWant::Labels(_) => true,
            DetectedWant::Count | DetectedWant::Members | DetectedWant::Sum => false,
        },
        Derivation::Rows { .. }
        | Derivation::Groups { .. }
        | Derivation::Ratio { .. }
        | Derivation::Summary { .. }
        | Derivation::Census { .. }
        | Derivation::Given { .. } => false,
    }
}
