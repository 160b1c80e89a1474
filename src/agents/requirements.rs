//! Documents to requirements: what is asked, what limits it, who wants it; each with its passage.
//!
//! One objective a topic: where a later passage asks the same again, it becomes a requirement that
//! names the topic. What seems to ask and fits nothing is kept as unplaced, so that nothing is lost
//! silently. Where nothing is asked outright, what names a topic is taken as asking it: a brief of
//! three words is still a brief.

use std::collections::BTreeMap;

use super::asking::TopicMatch;
use super::limits::apply_limits;
use super::numbers::{Numbers, as_limit, is_unit, unit};
use super::people::named;
use super::reading::{ReadPassage, Reader, Reading};
use super::tokens::{Token, tokens};
use super::topics::{demanded_attribute, demands};
use crate::model::{
    document::{Citation, Document, PassageKind},
    format::shortened,
    id::RequirementId,
    requirements::{
        Bound, Objective, Priority, Requirements, Stakeholder, Statement, StatementKind, Threshold,
    },
    vertical::Vertical,
};

/// Most passages of a brief without any known topic that become objectives.
const MOST_OTHERS: usize = 12;
/// Log-odds above which even a sentence about details asks a topic.
const BEYOND_DOUBT: f64 = 1.0;
/// Lead in log-odds from which a later passage is the better citation.
const CLEARLY_MORE: f64 = 1.0;
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
    /// Topics that have an objective, by position, with the log-odds of its passage.
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
        // What to say of each answer opens no new question, unless it names one without a doubt, and
        // is no better wording of a known one.
        let opens =
            |it: &&TopicMatch| !details || it.odds > BEYOND_DOUBT && !self.asked.contains_key(&it.topic);
        let topics: Vec<TopicMatch> = topics.iter().filter(opens).cloned().collect();
        if !self.add_topics(&said, &topics) {
            self.states(read, read.otherwise);
        }
    }

    /// Puts a passage among the objectives: as one for each topic that has none yet, or as the better
    /// wording of those that have. `false` when it says again what was said.
    fn add_topics(&mut self, said: &Said, topics: &[TopicMatch]) -> bool {
        let mut is_news = false;
        for asked in topics {
            let topic = &self.vertical.topics[asked.topic];
            let known = self.asked.get(&asked.topic).copied();
            if known.is_some_and(|it| asked.odds <= it + CLEARLY_MORE) {
                continue;
            }
            is_news = true;
            self.asked.insert(asked.topic, asked.odds);
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
            let mut objectives = self.found.objectives.iter_mut();
            match objectives.find(|it| it.id == objective.id) {
                Some(place) => {
                    let before = std::mem::replace(place, objective);
                    self.demote(before);
                }
                None => self.found.objectives.push(objective),
            }
        }
        is_news
    }

    /// Keeps what asked less clearly as a requirement of the same topic.
    fn demote(&mut self, before: Objective) {
        let id = self.next_id(StatementKind::Requirement);
        if let Some(now) = self.found.objectives.iter_mut().find(|it| it.id == before.id) {
            now.limit = now.limit.or(before.limit);
            now.unit = now.unit.take().or(before.unit);
            now.priority = now.priority.max(before.priority);
            now.needs.extend(before.needs);
            now.needs.dedup();
        }
        self.found.statements.push(Statement {
            id,
            kind: StatementKind::Requirement,
            text: before.text,
            priority: before.priority,
            topics: before.topic.into_iter().collect(),
            source: before.source,
        });
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
            title: shortened(&said.text, LONGEST_TITLE),
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
        let id = self.next_id(kind);
        let topics = self.reader.named(&read.words, &read.passage.text);
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

    fn next_id(&mut self, kind: StatementKind) -> RequirementId {
        let number = self.stated.entry(kind_name(kind)).or_insert(0);
        *number += 1;
        RequirementId(format!("{}-{number}", kind_name(kind)))
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
            let topics = self.reader.meant(&read.words, &read.passage.text);
            if !topics.is_empty() {
                let cited = citation(read);
                self.found.unplaced.retain(|it| *it != cited);
                self.asks(read, &topics);
                self.thresholds(read);
            }
        }
        if self.found.objectives.is_empty() {
            for statement in self.found.statements.clone() {
                let words = tokens(&statement.text);
                let topics = self.reader.meant(&words, &statement.text);
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
