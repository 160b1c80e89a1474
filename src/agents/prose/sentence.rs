//! A sentence that a model wrote, in parts: facts looked up, and the words between them.

use crate::agents::lexicon::is_listed;
use crate::agents::tokens::tokens;
use crate::model::{
    fact::{Derivation, DetectedWant, Fact, FactValue},
    format::Piece,
    id::FactId,
};

/// A piece of a sentence, facts looked up.
pub(super) enum Part<'a> {
    Fact(&'a Fact),
    Words(Words),
}

/// The words between two facts.
pub(super) struct Words {
    /// As written, with marks.
    text: String,
    /// In lower case, without marks.
    pub(super) list: Vec<String>,
}

/// Words that begin another clause, as marks do.
const JOINTS: [&str; 9] = [
    "and", "while", "but", "whereas", "against", "although", "though", "compared", "which",
];

/// Words that describe what is counted, and do not name it.
const DESCRIBING: &str = "\
    other others different distinct direct separate such more further single key main central critical small large big \
    great whole overall typical average important serious similar following natural close";

impl Words {
    fn new(text: &str) -> Self {
        let list = tokens(text).into_iter().map(|it| it.word).collect();
        Self {
            text: text.to_owned(),
            list,
        }
    }

    /// The words that go on with the clause of the fact before them.
    pub(super) fn after_fact(&self) -> Vec<String> {
        let end = self.text.find(is_stop).unwrap_or(self.text.len());
        let words = tokens(&self.text[..end]).into_iter().map(|it| it.word);
        words.take_while(|it| !JOINTS.contains(&it.as_str())).collect()
    }

    /// The noun that a fact before them counts: the first word of its clause that describes nothing.
    pub(super) fn noun(&self) -> Option<String> {
        let mut words = self.after_fact().into_iter().take(4);
        words.find(|it| !is_listed(DESCRIBING, it))
    }

    /// Whether it begins with the comma behind an apposition, and is open from there: ", carries".
    pub(super) fn is_open_behind_name(&self) -> bool {
        let Some(rest) = self.text.strip_prefix(',') else {
            return self.is_open();
        };
        Words::new(rest).is_open()
    }

    /// Whether no mark and no joining word ends a clause in it.
    pub(super) fn is_open(&self) -> bool {
        !self.text.contains(is_stop) && self.list.iter().all(|it| !JOINTS.contains(&it.as_str()))
    }

    /// The words that lead to the fact behind them in its clause.
    pub(super) fn before_fact(&self) -> Vec<String> {
        let start = self.text.rfind(is_stop).unwrap_or(0);
        let words: Vec<String> = tokens(&self.text[start..])
            .into_iter()
            .map(|it| it.word)
            .collect();
        let joint = words.iter().rposition(|it| JOINTS.contains(&it.as_str()));
        words[joint.map_or(0, |it| it + 1)..].to_vec()
    }
}

fn is_stop(mark: char) -> bool {
    ",;:.!?()–—".contains(mark)
}

impl<'a> Part<'a> {
    pub(super) fn words(&self) -> Option<&Words> {
        match self {
            Self::Fact(_) => None,
            Self::Words(words) => Some(words),
        }
    }

    pub(super) fn fact(&self) -> Option<&'a Fact> {
        match self {
            Self::Fact(fact) => Some(fact),
            Self::Words(_) => None,
        }
    }
}

/// The parts of a sentence; facts that are not known are left out.
pub(super) fn parts<'a>(sentence: &[Piece], facts: &'a [Fact]) -> Vec<Part<'a>> {
    let part = |it: &Piece| match it {
        Piece::Fact(id) => facts.iter().find(|it| it.id == *id).map(Part::Fact),
        Piece::Words(text) => Some(Part::Words(Words::new(text))),
    };
    sentence.iter().filter_map(part).collect()
}

/// The pieces of each sentence: what stands behind a full stop compares with nothing before it.
pub(super) fn sentences(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut all = vec![Vec::new()];
    for piece in pieces {
        let Piece::Words(text) = piece else {
            all.last_mut().expect("there is always one").push(piece.clone());
            continue;
        };
        for (at, part) in text.split_inclusive(['.', '!', '?']).enumerate() {
            if at > 0 {
                all.push(Vec::new());
            }
            all.last_mut()
                .expect("there is always one")
                .push(Piece::Words(part.to_owned()));
        }
    }
    all
}

/// The row of a result that a fact is about: which list, and which place in it from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Execution, table, what is ordered and by what.
    pub(super) list: String,
    /// Whether the greatest comes first.
    pub(super) descending: bool,
    /// The place.
    pub(super) nth: u32,
}

/// The row that a fact is about; `None` where it is about many rows, or about none. Conditions are left aside:
/// they leave out rows, but turn none round.
pub(super) fn row(fact: &Fact, facts: &[Fact]) -> Option<Row> {
    let of = |table: &str, by: &str, order: &str, descending: bool, nth: u32| {
        let table = if table.is_empty() { "vertices" } else { table };
        Some(Row {
            list: format!("{:?} {table} {by} {order}", fact.execution),
            descending,
            nth,
        })
    };
    match &fact.derivation {
        Derivation::Nth {
            table,
            order_by,
            descending,
            nth,
            ..
        } => of(table, "", order_by, *descending, *nth),
        Derivation::NthGroup {
            table, by, nth, sum, ..
        } => of(table, by, sum.as_deref().unwrap_or_default(), true, *nth),
        Derivation::Detected {
            detector,
            want:
                DetectedWant::Label(nth)
                | DetectedWant::Value(nth)
                | DetectedWant::Size(nth)
                | DetectedWant::Names(nth, _),
        } => {
            let (by, order) = match detector.group_by.as_str() {
                "" => ("", &detector.order_by),
                group => (group, &detector.group_sum),
            };
            of(&detector.table, by, order, !detector.ascending, *nth)
        }
        Derivation::Ratio { .. } => row(numerator(fact, facts)?, facts),
        _ => None,
    }
}

/// The fact above the line of a ratio.
pub(super) fn numerator<'a>(fact: &Fact, facts: &'a [Fact]) -> Option<&'a Fact> {
    match &fact.derivation {
        Derivation::Ratio { numerator, .. } => named(numerator, fact, facts),
        _ => None,
    }
}

/// The fact below the line of a ratio.
pub(super) fn denominator<'a>(fact: &Fact, facts: &'a [Fact]) -> Option<&'a Fact> {
    match &fact.derivation {
        Derivation::Ratio { denominator, .. } => named(denominator, fact, facts),
        _ => None,
    }
}

/// Whether `part` is a ratio to `whole`.
pub(super) fn is_ratio_to(part: &Fact, whole: &Fact, facts: &[Fact]) -> bool {
    denominator(part, facts).is_some_and(|it| it.id == whole.id)
}

/// Whether a value was given and not found: a threshold, a setting.
pub(super) fn is_given(fact: &Fact) -> bool {
    matches!(fact.derivation, Derivation::Given { .. })
}

/// The fact `id` of the report that `beside` is of; facts of several reports have prefixes.
fn named<'a>(id: &str, beside: &Fact, facts: &'a [Fact]) -> Option<&'a Fact> {
    let id = match beside.id.0.rsplit_once('_') {
        Some((prefix, _)) => FactId(format!("{prefix}_{id}")),
        None => FactId(id.to_owned()),
    };
    facts.iter().find(|it| it.id == id && it.id != beside.id)
}

/// Whether a fact is a name, or a list of them.
pub(super) fn is_name(fact: &Fact) -> bool {
    matches!(fact.value, FactValue::Text(_) | FactValue::List(_))
}

/// A fact's number.
pub(super) fn number(fact: &Fact) -> Option<f64> {
    match fact.value {
        FactValue::Integer(value) => Some(value as f64),
        FactValue::Number(value) => Some(value),
        FactValue::Text(_) | FactValue::List(_) => None,
    }
}
