//! Whether a sentence that a model wrote may be printed.
//!
//! A model cites facts as `{F12}`; all that it writes beside them must claim no number, name no vertex,
//! compare nothing that the facts contradict, and be plain words: no markup, no address, no control mark.
//! What is left is wording. A fault says what to write instead, since the model is shown it once.

mod belonging;
mod comparisons;
mod measures;
mod pairing;
mod plain_words;
mod said;
mod seen;
mod sentence;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::is_listed;
use super::naming::words;
use super::numbers::stands_for_number;
use super::tokens::tokens;
use super::verify::{claim_faults, is_number};
use super::written::cited;
use crate::model::{
    document::Document,
    fact::{Claim, Fact, FactValue},
    format::{Piece, pieces},
    id::{ClaimId, FactId},
    report::Report,
    schema::Census,
    vertical::Vertical,
};
use belonging::belonging_faults;
use comparisons::{compares, comparison_faults};
use plain_words::{is_advice, is_plain, stem, stems};
pub use said::Said;
use sentence::{is_name, parts, sentences};

/// Characters of a sentence at most.
pub const LONGEST: usize = 400;

/// Words that state an amount or a rank without a digit.
const AMOUNTS: &str = "\
    zero two both pair pairs couple half halves twice thrice double doubles doubled triple triples \
    tripled quadruple tenfold quarter quarters second third thirds fourth fifth sixth seventh eighth \
    ninth tenth hundred thousand thousands million millions billion billions dozens percent majority \
    minority";

/// Words that make an exact fact a vague one when they stand right before it.
const HEDGES: [&str; 19] = [
    "about",
    "around",
    "roughly",
    "approximately",
    "nearly",
    "almost",
    "circa",
    "over",
    "under",
    "than",
    "least",
    "exactly",
    "above",
    "below",
    "beneath",
    "beyond",
    "near",
    "within",
    "until",
];

/// Units that the value of a fact is written with, and that are not written again.
const UNITS: [&str; 24] = [
    "ms", "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month",
    "months", "year", "years", "percent", "eur", "usd", "gbp", "km", "miles", "metres", "hops", "hop",
];

/// The words that a sentence may use, and the names that it must cite.
#[derive(Clone, Debug, Default)]
pub struct WordBook {
    /// Lower-case words of the field, the brief and the schema, and of ordinary English.
    known: BTreeSet<String>,
    /// Stems of the known words.
    stems: BTreeSet<String>,
    /// Names of collections and attributes, and their words: they may hold digits.
    schema: BTreeSet<String>,
    /// Stems of what the field and the schema call things.
    things: BTreeSet<String>,
    /// Stems of what they call vertices.
    vertices: BTreeSet<String>,
}

impl WordBook {
    /// The words of the vertical with its examples, of the documents and of the schema.
    pub fn new(vertical: &Vertical, documents: &[Document], census: &Census) -> Self {
        let mut known = BTreeSet::new();
        let mut take = |text: &str| known.extend(tokens(text).into_iter().map(|it| it.word));
        take(&vertical.title);
        take(&vertical.description);
        for word in vertical
            .vocabulary
            .values()
            .chain(&vertical.background)
            .chain(&vertical.other)
        {
            take(word);
        }
        for topic in &vertical.topics {
            [&topic.title, &topic.question]
                .into_iter()
                .chain(&topic.examples)
                .for_each(|it| take(it));
        }
        for pattern in &vertical.patterns {
            let wording = &pattern.wording;
            [
                &pattern.title,
                &pattern.why,
                &wording.headline,
                &wording.so_what,
                &pattern.action.what,
            ]
            .into_iter()
            .chain(&wording.claims)
            .chain(&pattern.caveats)
            .for_each(|it| take(it));
        }
        documents.iter().for_each(|it| take(&it.text));
        let schema = super::verify::names(census);
        known.extend(schema.iter().cloned());
        let things = vertical.vocabulary.values().chain(&schema);
        let of_vertices = census.vertices.iter().map(|it| it.name.as_str());
        let of_vertices = of_vertices.chain(vertical.vocabulary.get("vertex").map(String::as_str));
        Self {
            vertices: of_vertices.flat_map(stems).collect(),
            stems: known.iter().map(|it| stem(it)).collect(),
            things: things.flat_map(|it| stems(it)).collect(),
            known,
            schema,
        }
    }
}

impl WordBook {
    /// Whether a stem is that of a name for vertices.
    pub(super) fn is_vertex(&self, stem: &str) -> bool {
        self.vertices.contains(stem)
    }
}

/// What a sentence may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The facts that may be cited.
    pub facts: &'a [Fact],
    /// Names of the data that the reader sees elsewhere in the report, in lower case: only facts may bring
    /// them into a sentence.
    pub labels: &'a BTreeSet<String>,
    /// The words.
    pub book: &'a WordBook,
    /// What the rules' sentences say of the facts.
    pub said: &'a Said,
    /// Whether the sentence is advice, or says what a finding means: it may give reasons.
    pub is_advice: bool,
}

impl<'a> Ground<'a> {
    /// The fact `id`.
    pub(super) fn fact(&self, id: &FactId) -> Option<&'a Fact> {
        self.facts.iter().find(|it| it.id == *id)
    }
}

/// The names of the data that a report shows, in lower case, whole and word by word.
pub fn labels(report: &Report) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut take = |name: &str| {
        found.insert(name.to_lowercase());
        // Short and lower-case parts of names are ordinary words: "of", "the", "road".
        let parts = name.split(|it: char| !it.is_alphanumeric());
        found.extend(
            parts
                .filter(|it| it.starts_with(char::is_uppercase) && it.len() > 2)
                .map(str::to_lowercase),
        );
    };
    for fact in &report.facts {
        fact.value.names().iter().for_each(|it| take(it));
    }
    for finding in report.findings.iter().chain(&report.null_findings) {
        finding.instances.iter().for_each(|it| take(&it.label));
        let shown = finding
            .evidence
            .rows
            .iter()
            .flat_map(|it| it.values.iter().flatten());
        shown.flat_map(FactValue::names).for_each(|it| take(it));
    }
    found
}

/// What is wrong with a sentence, each fault with what to do; empty when it may be printed.
pub fn sentence_faults(text: &str, ground: &Ground<'_>) -> Vec<String> {
    let mut faults = form_faults(text);
    if !faults.is_empty() {
        // What is not plain words is not read any further.
        return faults;
    }
    let pieces = pieces(text);
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Fact(id) if ground.fact(id).is_none() => {
                faults.push(format!(
                    "{{{id}}} is no fact of the list; cite only facts of the list"
                ));
            }
            Piece::Fact(id) => faults.extend(beside_faults(id, at, &pieces, ground)),
            Piece::Words(words) => faults.extend(word_faults(words, at == 0, ground)),
        }
    }
    if faults.is_empty() {
        faults = unsaid_faults(&pieces, ground);
    }
    for sentence in sentences(&pieces) {
        let parts = parts(&sentence, ground.facts);
        faults.extend(belonging_faults(&parts, ground));
        faults.extend(comparison_faults(&parts, ground));
    }
    if faults.is_empty() {
        faults = faults_of_claim(text, ground);
    }
    faults
}

/// A fault as readers are told it: without the words that the model used.
pub(super) fn without_quotes(fault: &str) -> String {
    let parts = fault.split('`').enumerate();
    parts
        .map(|(at, it)| if at % 2 == 0 { it } else { "`…`" })
        .collect()
}

/// Words of which no fact and no sentence of the rules speaks.
fn unsaid_faults(pieces: &[Piece], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for piece in pieces {
        let Piece::Words(text) = piece else { continue };
        let mut words = spelled(text).map(|it| it.1).peekable();
        while let Some(word) = words.next() {
            let book = ground.book;
            // "No more than" is a comparison, which is held against the facts.
            let turns = matches!(word, "no" | "not") && words.peek().is_some_and(|it| compares(it));
            let is_said = turns
                || stems(word).all(|stem| {
                    is_plain(&stem)
                        || ground.said.has(&stem)
                        || book.things.contains(&stem)
                        || ground.is_advice && (is_advice(&stem) || book.stems.contains(&stem))
                });
            if !is_said {
                faults.push(format!(
                    "`{word}` is in no fact and in no sentence so far; say it in their words, or leave it out"
                ));
            }
        }
    }
    faults
}

/// What would make the report leave the sentence out as a claim: then it must not replace one.
fn faults_of_claim(text: &str, ground: &Ground<'_>) -> Vec<String> {
    let claim = Claim {
        id: ClaimId::default(),
        text: text.to_owned(),
        facts: cited(text),
        by_model: true,
    };
    let ids = ground.facts.iter().map(|it| &it.id).collect();
    let faults = claim_faults(&claim, &ids, &BTreeMap::new(), &ground.book.schema);
    faults.into_iter().map(|it| it.1).collect()
}

/// What is wrong with words that stand beside no fact: a title, a question, a reason. They claim no number,
/// name nothing that neither the brief nor the schema names, and are plain words. The first letter may be a
/// capital whatever the word, as titles are written.
pub(super) fn plain_faults(text: &str, book: &WordBook) -> Vec<String> {
    let mut faults = form_faults(text);
    if text.contains(['{', '}', '"', '“', '”', '—']) {
        faults.push("it has marks that a name does not need; write letters and plain marks only".to_owned());
    }
    if !faults.is_empty() {
        return faults;
    }
    let mut letters = text.trim_start().chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    let text: String = first.chain(letters).collect();
    let ground = Ground {
        facts: &[],
        labels: &BTreeSet::new(),
        book,
        said: &Said::default(),
        is_advice: true,
    };
    word_faults(&text, true, &ground)
}

/// Letters, digits that word checks find, and the marks of plain sentences. All else could be markup, hide text, or be
/// a number that is none of ASCII's digits.
fn is_plain_mark(it: char) -> bool {
    it.is_ascii_digit() || it.is_alphabetic() && !it.is_numeric() || " ,.;:?!'’\"“”()-–—/_{}".contains(it)
}

/// Faults of what a sentence looks like.
fn form_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.trim().is_empty() {
        faults.push("it is empty; write a sentence".to_owned());
    }
    if text.chars().count() > LONGEST {
        faults.push(format!(
            "it is longer than {LONGEST} characters; write a shorter sentence"
        ));
    }
    let strange = text.chars().find(|it| !is_plain_mark(*it));
    if let Some(mark) = strange {
        faults.push(format!(
            "it has U+{:04X}; write one line of letters and plain marks, without markup",
            u32::from(mark)
        ));
    }
    let lower = text.to_lowercase();
    let addresses = ["://", "www.", "__", "{{", "}}"];
    if let Some(mark) = addresses.iter().find(|it| lower.contains(**it)) {
        faults.push(format!(
            "it has `{mark}`; write plain words without markup or addresses"
        ));
    }
    let open = text.matches('{').count();
    let cited = pieces(text)
        .iter()
        .filter(|it| matches!(it, Piece::Fact(_)))
        .count();
    if open != cited || text.matches('}').count() != cited {
        faults.push("it has a brace that cites no fact; write facts as {F1}".to_owned());
    }
    faults
}

/// Faults of the words right beside a fact: hedges before it, its unit after it.
fn beside_faults(id: &FactId, at: usize, pieces: &[Piece], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let words = |piece: Option<&Piece>| match piece {
        Some(Piece::Words(words)) => words.clone(),
        Some(Piece::Fact(_)) | None => String::new(),
    };
    let before = words(at.checked_sub(1).and_then(|it| pieces.get(it)));
    let after = words(pieces.get(at + 1));
    let touches_fact = at > 0 && matches!(pieces[at - 1], Piece::Fact(_));
    let touches_mark = before.ends_with(['-', '–', '—', '/', '.', ',', '_']);
    if touches_fact || touches_mark {
        faults.push(format!(
            "{{{id}}} touches what stands before it, which would change its value; put a word between them"
        ));
    }
    let earlier = pieces[..at].iter().filter_map(|it| match it {
        Piece::Fact(id) => ground.fact(id),
        Piece::Words(_) => None,
    });
    let (has_earlier, has_number) = earlier.fold((false, false), |found, it| (true, found.1 || !is_name(it)));
    let last = tokens(&before).pop().map(|it| it.word).unwrap_or_default();
    let is_beside = before.trim_end().ends_with(|it: char| it.is_alphanumeric());
    // Between two facts such a word compares them, which is looked at as a comparison.
    let compares = has_number && matches!(last.as_str(), "over" | "under" | "above" | "below")
        || has_earlier && last == "than";
    let is_said = ground.said.leads(&last, id);
    if is_beside && HEDGES.contains(&last.as_str()) && !compares && !is_said {
        faults.push(format!(
            "`{last}` before {{{id}}} makes an exact value vague; leave the word out"
        ));
    }
    let next = tokens(&after).into_iter().next();
    let touches = next
        .as_ref()
        .is_some_and(|it| after[..it.start].trim().is_empty());
    if let Some(unit) = next.filter(|it| touches && UNITS.contains(&it.word.as_str())) {
        faults.push(format!(
            "{{{id}}} is written with its unit; leave out `{}` after it",
            unit.word
        ));
    }
    faults
}

/// Numbers and names among the words between facts.
fn word_faults(text: &str, is_first: bool, ground: &Ground<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut begins = is_first;
    let mut end = 0;
    for (start, word) in spelled(text) {
        // A full stop within the piece begins a sentence too.
        begins |= text[end..start].contains(['.', ':', '!', '?']);
        end = start + word.len();
        let lower = word.to_lowercase();
        let of_schema = ground.book.schema.contains(&lower)
            || words(word).iter().all(|it| ground.book.schema.contains(it));
        // Names in schemas may hold digits; what is nothing but digits is an amount all the same.
        let is_bare = word.chars().all(char::is_numeric);
        let is_amount = is_number(word) || is_listed(AMOUNTS, &lower) || stands_for_number(&lower);
        if is_amount && (!of_schema || is_bare) {
            faults.push(format!(
                "no fact backs the amount `{word}`; cite a fact or leave it out"
            ));
        } else if is_unknown_name(word, &lower, begins, of_schema, ground) {
            faults.push(format!(
                "`{word}` is no word of the brief or the schema; names of the data are cited as facts"
            ));
        }
        begins = false;
    }
    faults
}

/// Whether a word names something that no fact brings in: a label that the report shows, or a capitalised
/// word that neither the brief nor the field uses.
fn is_unknown_name(word: &str, lower: &str, begins: bool, of_schema: bool, ground: &Ground<'_>) -> bool {
    if of_schema {
        return false;
    }
    let is_capital = word.starts_with(char::is_uppercase);
    let is_known = ground.book.known.contains(lower);
    let is_label = ground.labels.contains(lower);
    match (is_capital, begins) {
        (true, false) => is_label || !is_known,
        (true, true) => is_label || !is_known && !may_begin(lower, ground),
        (false, _) => is_label && !is_known,
    }
}

/// Whether a sentence may begin with a word that the field does not use.
fn may_begin(word: &str, ground: &Ground<'_>) -> bool {
    let stem = stem(word);
    is_plain(&stem) || is_advice(&stem) || ground.said.has(&stem)
}

/// The words of a text as written, with their places; a name with `_` or `-` in it is one word.
fn spelled(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_inner = |it: char| it.is_alphanumeric() || it == '_' || it == '’' || it == '\'';
    text.split(move |it: char| !is_inner(it)).filter_map(move |it| {
        let word = it.trim_matches(['\'', '’', '_']);
        let word = word
            .strip_suffix("'s")
            .or_else(|| word.strip_suffix("’s"))
            .unwrap_or(word);
        (!word.is_empty()).then(|| (word.as_ptr() as usize - text.as_ptr() as usize, word))
    })
}
