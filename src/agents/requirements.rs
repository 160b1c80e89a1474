//! Documents to requirements: what is asked, what limits it, who wants it; each with its passage.
//!
//! One objective a topic: where a later passage asks the same again, it becomes a requirement that
//! names the topic. What seems to ask and fits nothing is kept as unplaced, so that nothing is lost
//! silently. Where nothing is asked outright, what names a topic is taken as asking it: a brief of
//! three words is still a brief.

use std::collections::BTreeMap;

use super::limits::apply_limits;
use super::numbers::{Numbers, as_limit, is_unit, unit};
use super::people::named;
use super::reading::{ReadPassage, Reader, Reading};
use super::tokens::{Token, tokens};
use super::topics::{TopicMatch, demanded_attribute, demands};
use crate::model::{
    document::{Citation, Document, PassageKind},
    id::RequirementId,
    requirements::{
        Bound, Objective, Priority, Requirements, Stakeholder, Statement, StatementKind, Threshold,
    },
    vertical::Vertical,
};

/// Most passages of a brief without any known topic that become objectives.
const MOST_OTHERS: usize = 12;
/// Most words of an objective that is only a label.
const LONGEST_LABEL: usize = 4;
/// Evidence for a topic above which even a sentence about details asks it.
const BEYOND_DOUBT: f64 = 1.45;
/// Lead in evidence from which a later sentence is the better citation.
const CLEARLY_MORE: f64 = 0.3;
/// Longest title made of a passage, in characters.
const LONGEST_TITLE: usize = 80;

/// What the documents ask for, in the topics of the vertical. The same documents give the same
/// requirements; ids do not depend on the order of items of other kinds.
pub fn extract(documents: &[Document], vertical: &Vertical) -> Requirements {
    let mut extractor = Extractor {
        vertical,
        reader: Reader::new(vertical),
        numbers: Numbers::new(),
        asked: BTreeMap::new(),
        others: 0,
        stated: BTreeMap::new(),
        found: Requirements::default(),
    };
    let mut rest = Vec::new();
    for document in documents {
        for read in extractor.reader.read(document) {
            let kept = extractor.place(&read);
            if !kept {
                rest.push(read);
            }
        }
    }
    if extractor.found.objectives.is_empty() {
        extractor.take_what_there_is(&rest);
    }
    let written = documents.iter().find_map(|it| extractor.reader.title(it));
    let mut found = extractor.found;
    let first = || found.objectives.first().map(|it| it.title.clone());
    found.title = written.map(str::to_owned).or_else(first).unwrap_or_default();
    apply_limits(&mut found);
    found
}

struct Extractor<'a> {
    vertical: &'a Vertical,
    reader: Reader,
    numbers: Numbers,
    /// Topics that have an objective, by position, with the evidence for them.
    asked: BTreeMap<usize, f64>,
    /// Objectives without a topic, and statements of each kind, so far.
    others: usize,
    stated: BTreeMap<&'static str, usize>,
    found: Requirements,
}

impl Extractor<'_> {
    /// Puts a passage where it belongs; `false` when it was background or fitted nowhere.
    fn place(&mut self, read: &ReadPassage<'_>) -> bool {
        match &read.reading {
            Reading::Asks(topics) if topics.is_empty() => self.other(read),
            Reading::Asks(topics) => self.asks(read, topics),
            Reading::States(kind) => self.states(read, *kind),
            Reading::Names => {
                self.names(read, true);
                return true;
            }
            Reading::Unplaced => {
                self.found.unplaced.push(citation(read));
                return false;
            }
            Reading::Background => {
                self.names(read, false);
                return false;
            }
        }
        self.thresholds(read);
        self.names(read, false);
        true
    }

    fn asks(&mut self, read: &ReadPassage<'_>, topics: &[TopicMatch]) {
        let said = self.said(read);
        let details = !self.asked.is_empty() && self.reader.phrasing().details(&read.words, &said.text);
        // What to say of each answer opens no new question, unless it names one without a doubt.
        let opens =
            |it: &&TopicMatch| !details || it.score > BEYOND_DOUBT || self.asked.contains_key(&it.topic);
        let topics: Vec<TopicMatch> = topics.iter().filter(opens).cloned().collect();
        if !self.add_topics(&said, &topics) {
            self.states(read, StatementKind::Requirement);
        }
    }

    /// Adds an objective for each topic that has none yet; `false` when all had one.
    fn add_topics(&mut self, said: &Said, topics: &[TopicMatch]) -> bool {
        let before = self.found.objectives.len();
        for asked in topics {
            let topic = &self.vertical.topics[asked.topic];
            if let Some(known) = self.asked.get_mut(&asked.topic) {
                let clearer = asked.score > *known + CLEARLY_MORE;
                *known = known.max(asked.score);
                self.say_in_full(said, &topic.id, clearer.then_some(&asked.cues));
                continue;
            }
            self.asked.insert(asked.topic, asked.score);
            let needs = demands(topic, &said.words)
                .into_iter()
                .filter_map(|it| demanded_attribute(it, &said.words));
            let objective = Objective {
                topic: Some(topic.id.clone()),
                title: topic.title.clone(),
                cues: asked.cues.clone(),
                needs: needs.collect(),
                ..self.objective(said, &topic.id)
            };
            self.found.objectives.push(objective);
        }
        self.found.objectives.len() > before
    }

    /// Gives an objective that so far is a mere label ("Weak spots."), or that stands beside another
    /// in a sentence that asks for it less clearly, the words of the sentence that asks for it.
    fn say_in_full(&mut self, said: &Said, topic: &str, clearer: Option<&Vec<String>>) {
        let shared = |it: &Objective| {
            let same = |other: &&Objective| other.source == it.source;
            self.found.objectives.iter().filter(same).count() > 1
        };
        let sharing: Vec<RequirementId> = self
            .found
            .objectives
            .iter()
            .filter(|it| shared(it))
            .map(|it| it.id.clone())
            .collect();
        let known = self.found.objectives.iter_mut();
        let mut labels = known.filter(|it| it.topic.as_deref() == Some(topic));
        let Some(label) = labels.next() else { return };
        let is_label = tokens(&label.text).len() <= LONGEST_LABEL && said.words.len() > LONGEST_LABEL;
        let clearer = clearer.filter(|_| sharing.contains(&label.id));
        if !is_label && clearer.is_none() || label.source.document != said.source.document {
            return;
        }
        if let Some(cues) = clearer {
            label.cues.clone_from(cues);
        }
        let quantities = self.numbers.quantities(&said.words, &said.text);
        label.text.clone_from(&said.text);
        label.source = said.source.clone();
        label.limit = label.limit.or_else(|| quantities.iter().find_map(as_limit));
        label.unit = label.unit.take().or_else(|| unit(&said.words));
        label.priority = label.priority.max(said.priority);
        for it in self.vertical.topics.iter().filter(|it| it.id == topic) {
            let needs = demands(it, &said.words).into_iter();
            label
                .needs
                .extend(needs.filter_map(|it| demanded_attribute(it, &said.words)));
        }
        label.needs.dedup();
    }

    /// Adds an objective that no topic knows.
    fn other(&mut self, read: &ReadPassage<'_>) {
        self.others += 1;
        let id = format!("other-{}", self.others);
        let objective = self.objective(&self.said(read), &id);
        self.found.objectives.push(objective);
    }

    /// What an objective has whatever its topic.
    fn objective(&self, said: &Said, id: &str) -> Objective {
        let quantities = self.numbers.quantities(&said.words, &said.text);
        Objective {
            id: RequirementId::from(id),
            topic: None,
            title: shortened(&said.text),
            text: said.text.clone(),
            priority: said.priority,
            limit: quantities.iter().find_map(as_limit),
            unit: unit(&said.words),
            cues: Vec::new(),
            needs: Vec::new(),
            source: said.source.clone(),
        }
    }

    fn said(&self, read: &ReadPassage<'_>) -> Said {
        Said {
            text: read.passage.text.clone(),
            words: read.words.clone(),
            priority: self.priority(read),
            source: citation(read),
        }
    }

    fn states(&mut self, read: &ReadPassage<'_>, kind: StatementKind) {
        let number = self.stated.entry(kind_name(kind)).or_insert(0);
        *number += 1;
        let id = RequirementId(format!("{}-{number}", kind_name(kind)));
        let topics = self.reader.topics(&read.words, &read.passage.text);
        self.found.statements.push(Statement {
            id,
            kind,
            text: read.passage.text.clone(),
            priority: self.priority(read),
            topics: topics
                .iter()
                .map(|it| self.vertical.topics[it.topic].id.clone())
                .collect(),
            source: citation(read),
        });
    }

    fn names(&mut self, read: &ReadPassage<'_>, listed: bool) {
        for (name, role) in named(&read.passage.text, &read.words, listed) {
            if !self.found.stakeholders.iter().any(|it| it.name == name) {
                self.found.stakeholders.push(Stakeholder {
                    name,
                    role: role.to_owned(),
                    source: citation(read),
                });
            }
        }
    }

    /// Numbers that bound something or have a unit.
    fn thresholds(&mut self, read: &ReadPassage<'_>) {
        for quantity in self.numbers.quantities(&read.words, &read.passage.text) {
            if quantity.bound == Bound::Value && !is_unit(&quantity.subject) {
                continue;
            }
            let number = self.found.thresholds.len() + 1;
            self.found.thresholds.push(Threshold {
                id: RequirementId(format!("threshold-{number}")),
                subject: quantity.subject,
                text: quantity.clause,
                bound: quantity.bound,
                value: quantity.value,
                source: citation(read),
            });
        }
    }

    fn priority(&self, read: &ReadPassage<'_>) -> Priority {
        let cell = read
            .passage
            .text
            .split(" | ")
            .find_map(|it| match it.trim().to_lowercase().as_str() {
                "critical" => Some(Priority::Critical),
                "high" => Some(Priority::High),
                "medium" => Some(Priority::Medium),
                "low" => Some(Priority::Low),
                _ => None,
            });
        cell.unwrap_or_else(|| self.reader.phrasing().priority(&read.words))
    }

    /// Objectives of documents that ask nothing outright: first what names a topic, then lists,
    /// then everything there is.
    fn take_what_there_is(&mut self, rest: &[ReadPassage<'_>]) {
        for read in rest {
            let topics = self.reader.topics(&read.words, &read.passage.text);
            if !topics.is_empty() {
                self.asks(read, &topics);
                self.thresholds(read);
            }
        }
        if self.found.objectives.is_empty() {
            for statement in self.found.statements.clone() {
                let words = tokens(&statement.text);
                let topics = self.reader.topics(&words, &statement.text);
                let said = Said {
                    text: statement.text,
                    words,
                    priority: statement.priority,
                    source: statement.source,
                };
                self.add_topics(&said, &topics);
            }
        }
        if !self.found.objectives.is_empty() {
            return;
        }
        let items: Vec<&ReadPassage<'_>> = rest
            .iter()
            .filter(|it| matches!(it.passage.kind, PassageKind::Item | PassageKind::Row))
            .collect();
        let sentences = rest.iter().filter(|it| it.passage.kind == PassageKind::Sentence);
        let chosen = if items.is_empty() {
            sentences.collect()
        } else {
            items
        };
        for (index, read) in chosen.into_iter().enumerate() {
            let cited = citation(read);
            if index < MOST_OTHERS {
                self.found.unplaced.retain(|it| *it != cited);
                self.other(read);
            } else if read.reading != Reading::Unplaced {
                self.found.unplaced.push(cited);
            }
        }
    }
}

/// What somebody said, wherever it was found.
struct Said {
    text: String,
    words: Vec<Token>,
    priority: Priority,
    source: Citation,
}

fn citation(read: &ReadPassage<'_>) -> Citation {
    Citation {
        document: read.document.id.clone(),
        name: read.document.name.clone(),
        passage: read.passage.index,
        line: read.passage.line,
        quote: read.passage.text.clone(),
    }
}

fn kind_name(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Requirement => "requirement",
        StatementKind::SuccessCriterion => "success_criterion",
        StatementKind::Constraint => "constraint",
        StatementKind::Kpi => "kpi",
        StatementKind::Risk => "risk",
        StatementKind::Assumption => "assumption",
    }
}

/// The text, cut between words where it is long.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_TITLE {
        return text.to_owned();
    }
    let mut short = String::new();
    for word in text.split(' ') {
        if short.chars().count() + word.chars().count() + 2 > LONGEST_TITLE {
            break;
        }
        short.push_str(word);
        short.push(' ');
    }
    format!("{}…", short.trim_end())
}
