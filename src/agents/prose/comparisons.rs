//! What a sentence says of facts beside their values: which is greater, which comes first. Each is checked
//! against the facts; a comparison that no fact decides is a fault too.

use super::Ground;
use super::sentence::{Part, Row, is_given, is_name, number, numerator, row};
use crate::agents::lexicon::is_listed;
use crate::algorithms::Quantity;
use crate::model::fact::{Aggregate, Derivation, DetectedWant, Fact};

/// Words that say that the first is the greater.
const GREATER: &[&str] = &[
    "more", "greater", "higher", "larger", "bigger", "longer", "later", "farther", "further", "stronger",
    "wider",
];
/// Verbs that say so without "than".
const EXCEEDS: &[&str] = &[
    "exceeds",
    "exceed",
    "exceeding",
    "outnumber",
    "outnumbers",
    "surpasses",
    "surpass",
];
/// Words that say that the first is the smaller.
const LESS: &[&str] = &[
    "less", "fewer", "lower", "smaller", "shorter", "earlier", "nearer", "weaker", "narrower",
];
/// Words that say that both are the same.
const EQUAL: &[&str] = &["equals", "equal", "equalling", "same"];
/// Words that turn a comparison round.
const NOT: &[&str] = &["not", "no", "never", "isnt", "doesnt", "arent", "dont", "hardly"];

/// Words that say that something is the greatest in its order.
const GREATEST: &[&str] = &[
    "most",
    "highest",
    "greatest",
    "largest",
    "biggest",
    "longest",
    "farthest",
    "furthest",
    "busiest",
    "leads",
    "top",
    "foremost",
    "strongest",
];
/// Words that say that something is the smallest in its order.
const SMALLEST: &[&str] = &[
    "least", "lowest", "smallest", "fewest", "shortest", "nearest", "closest", "earliest", "weakest",
];
/// Words that end like a superlative and are none.
const NO_SUPERLATIVE: &[&str] = &[
    "interest", "request", "test", "latest", "forest", "invest", "suggest", "honest", "manifest", "west",
    "rest", "protest", "contest", "arrest", "harvest", "modest", "digest", "attest", "nest", "vest",
    "earnest", "ingest", "guest", "quest", "unrest", "conquest", "bequest",
];

/// What the facts contradict, or do not decide, of what a sentence compares.
pub(super) fn comparison_faults(parts: &[Part<'_>], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = comparative_faults(parts, ground);
    faults.extend(superlative_fault(parts, ground));
    faults
}

/// Whether a word compares two things.
pub(super) fn compares(word: &str) -> bool {
    GREATER.contains(&word) || LESS.contains(&word)
}

/// The way a comparison goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Greater,
    Less,
    Equal,
}

/// A comparison that words make.
struct Comparison {
    way: Way,
    is_negated: bool,
    /// Whether the words can mean nothing else.
    is_outright: bool,
    /// Whether it is the later of two values that is compared with the earlier: "carries fewer, {F2}".
    is_of_later: bool,
}

/// All comparisons that words make.
fn said(words: &[String]) -> Vec<Comparison> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let word = word.as_str();
        let has_than = words[at..].iter().take(4).any(|it| it == "than");
        let as_as = word == "as" && words[at + 1..].iter().take(3).any(|it| it == "as");
        let (way, is_outright) = match word {
            _ if GREATER.contains(&word) => (Way::Greater, has_than),
            _ if LESS.contains(&word) => (Way::Less, has_than),
            _ if EXCEEDS.contains(&word) => (Way::Greater, true),
            _ if EQUAL.contains(&word) || as_as => (Way::Equal, word != "same"),
            "above" | "over" | "ahead" | "before" => (Way::Greater, false),
            "below" | "under" | "behind" | "after" => (Way::Less, false),
            _ => continue,
        };
        let before = &words[at.saturating_sub(2)..at];
        found.push(Comparison {
            way,
            is_negated: before.iter().any(|it| NOT.contains(&it.as_str())),
            is_outright,
            is_of_later: !has_than && (GREATER.contains(&word) || LESS.contains(&word)),
        });
    }
    found
}

/// Comparisons between a fact and the next one that could be meant.
fn comparative_faults(parts: &[Part<'_>], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let Part::Words(words) = part else { continue };
        let words = &words.list;
        let said = said(words);
        if is_than_any(words) {
            // It says that something comes first, which is looked at as a superlative.
            continue;
        }
        let next = parts.get(at + 1).and_then(Part::fact);
        if let Some(bound) = next.filter(|it| is_given(it)) {
            faults.extend(side_fault(words, bound, ground));
            continue;
        }
        let earlier: Vec<&Fact> = parts[..at].iter().rev().filter_map(Part::fact).collect();
        let later: Vec<&Fact> = parts[at + 1..].iter().filter_map(Part::fact).take(2).collect();
        let compared = compared(&earlier, &later, ground);
        for said in said {
            match &compared {
                Some((a, b, ids)) if !holds(&said, *a, *b) => faults.push(format!(
                    "the facts {ids} say the contrary; turn the comparison round"
                )),
                None if said.is_outright => faults.push(
                    "no two facts of one kind decide this comparison; cite both values, or leave it out"
                        .to_owned(),
                ),
                Some(_) | None => {}
            }
        }
    }
    faults
}

/// Words that lead to a threshold, by the side on which things are.
const SIDES: [(&str, &str); 2] = [
    ("above", "above over past after exceeding"),
    ("below", "below under before"),
];

/// A threshold on another side than the rules say that things are.
fn side_fault(words: &[String], bound: &Fact, ground: &Ground<'_>) -> Option<String> {
    let lead = words.last()?;
    let side = SIDES.iter().find(|it| is_listed(it.1, lead))?;
    let is_said = side.1.split(' ').any(|it| ground.said.leads(it, &bound.id));
    (!is_said).then(|| format!("nothing says that it is {} {{{}}}", side.0, bound.id))
}

fn is_than_any(words: &[String]) -> bool {
    let any = |it: &str| matches!(it, "any" | "all" | "every" | "everything" | "anything");
    words.windows(2).any(|it| it[0] == "than" && any(&it[1]))
}

/// The two values that a comparison between these facts is about, greater meaning more, with their ids.
fn compared(earlier: &[&Fact], later: &[&Fact], ground: &Ground<'_>) -> Option<(f64, f64, String)> {
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
    let (first, second) = (row(a, ground.facts)?, row(b, ground.facts)?);
    if first.list != second.list || first.descending != second.descending {
        return None;
    }
    let by_place = |it: &Row| f64::from(it.nth) * if it.descending { -1.0 } else { 1.0 };
    // Neighbours in an order may be equal, which their values tell where there are such facts.
    let (x, y) = ordered(&first, &second, ground).unwrap_or((by_place(&first), by_place(&second)));
    Some((x, y, pair(a, b)))
}

/// The values that order two rows of one list, where both are facts.
fn ordered(first: &Row, second: &Row, ground: &Ground<'_>) -> Option<(f64, f64)> {
    let value = |of: &Row| {
        let is_of = |it: &&Fact| match &it.derivation {
            Derivation::Nth { order_by, column, .. } => {
                order_by == column && row(it, ground.facts).as_ref() == Some(of)
            }
            _ => false,
        };
        ground.facts.iter().find(is_of).and_then(number)
    };
    Some((value(first)?, value(second)?))
}

fn holds(said: &Comparison, a: f64, b: f64) -> bool {
    let (a, b) = if said.is_of_later { (b, a) } else { (a, b) };
    let is_so = match said.way {
        Way::Greater => a > b,
        Way::Less => a < b,
        Way::Equal => a == b,
    };
    is_so != said.is_negated
}

/// Which end of its order something is at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Greatest,
    Smallest,
    /// The word, or the fact, does not tell.
    Either,
}

/// A superlative that no fact beside it bears out.
fn superlative_fault(parts: &[Part<'_>], ground: &Ground<'_>) -> Option<String> {
    for (at, part) in parts.iter().enumerate() {
        let Part::Words(words) = part else { continue };
        let words = &words.list;
        let before = parts[..at].iter().rev().find_map(Part::fact);
        let after = parts[at + 1..].iter().find_map(Part::fact);
        let beside: Vec<&Fact> = before.into_iter().chain(after).collect();
        for (place, word) in words.iter().enumerate() {
            let next = words.get(place + 1).map_or("", String::as_str);
            let last = place.checked_sub(1).map_or("", |it| words[it].as_str());
            if word == "most" && last != "the" && matches!(next, "of" | "are" | "have") {
                let is_majority = |it: &&Fact| {
                    it.quantity == Quantity::Share && number(it).is_some_and(|value| value > 0.5)
                };
                if !beside.iter().any(is_majority) {
                    return Some(
                        "no share above one half backs `most`; cite the share or leave it out".to_owned(),
                    );
                }
                continue;
            }
            let is_bound = matches!(word.as_str(), "most" | "least") && last == "at";
            // The shortest way between two things is what routes are; it stands in no order.
            let is_term = word == "shortest" && is_listed("route routes path paths way ways", next);
            let Some(end) = superlative(word, words).filter(|_| !is_bound && !is_term) else {
                continue;
            };
            // Nothing is said of any fact, as in "review these first".
            let is_advice = beside.is_empty() && (word == "first" || ground.is_advice);
            if !is_advice && !beside.iter().any(|it| is_at(it, end, ground)) {
                return Some(format!(
                    "`{word}` rests on no fact beside it that is at that end of its order; cite that fact or leave \
                     the word out"
                ));
            }
        }
    }
    None
}

/// Whether a word ends like a superlative and is one.
pub(super) fn is_extreme(word: &str) -> bool {
    word.len() > 4 && word.ends_with("est") && !NO_SUPERLATIVE.contains(&word)
}

/// Whether a word says that something is the greatest in its order.
pub(super) fn is_greatest(word: &str) -> bool {
    GREATEST.contains(&word)
}

/// Which end a word claims, if it is a superlative.
fn superlative(word: &str, words: &[String]) -> Option<End> {
    match word {
        _ if GREATEST.contains(&word) => Some(End::Greatest),
        _ if SMALLEST.contains(&word) => Some(End::Smallest),
        _ if GREATER.contains(&word) && is_than_any(words) => Some(End::Greatest),
        _ if LESS.contains(&word) && is_than_any(words) => Some(End::Smallest),
        "first" | "worst" | "best" => Some(End::Either),
        _ => is_extreme(word).then_some(End::Either),
    }
}

/// Whether the fact is about what is at `end` of an order.
fn is_at(fact: &Fact, end: End, ground: &Ground<'_>) -> bool {
    extreme(fact, ground).is_some_and(|it| it == end || it == End::Either || end == End::Either)
}

fn extreme(fact: &Fact, ground: &Ground<'_>) -> Option<End> {
    let by = |descending: bool| if descending { End::Greatest } else { End::Smallest };
    match &fact.derivation {
        Derivation::Nth { nth, descending, .. } => (*nth == 1).then(|| by(*descending)),
        Derivation::NthGroup { nth, .. } => (*nth == 1).then_some(End::Greatest),
        Derivation::Top { descending, .. } => Some(by(*descending)),
        Derivation::Aggregate { measure, .. } => match measure {
            Aggregate::Max | Aggregate::TopShare(_) => Some(End::Greatest),
            Aggregate::Min => Some(End::Smallest),
            Aggregate::Quantile(part) if *part == 0.0 => Some(End::Smallest),
            Aggregate::Quantile(part) if *part == 1.0 => Some(End::Greatest),
            Aggregate::Quantile(_)
            | Aggregate::Sum
            | Aggregate::Mean
            | Aggregate::Distinct
            | Aggregate::Gini
            | Aggregate::Hhi => None,
        },
        Derivation::Detected { want, detector } => match want {
            DetectedWant::Label(nth)
            | DetectedWant::Value(nth)
            | DetectedWant::Size(nth)
            | DetectedWant::Names(nth, _) => (*nth == 1).then(|| by(!detector.ascending)),
            DetectedWant::Labels(_) => Some(by(!detector.ascending)),
            DetectedWant::Largest | DetectedWant::Busiest | DetectedWant::BusiestCount => Some(End::Greatest),
            DetectedWant::Smallest => Some(End::Smallest),
            DetectedWant::Count | DetectedWant::Members | DetectedWant::Sum => None,
        },
        // A part of an extreme is one too, whatever it is divided by.
        Derivation::Ratio { .. } => extreme(numerator(fact, ground.facts)?, ground),
        Derivation::Rows { .. }
        | Derivation::Groups { .. }
        | Derivation::Summary { .. }
        | Derivation::Census { .. }
        | Derivation::Given { .. } => None,
    }
}
