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
pub(super) const MOST_OTHERS: usize = 12;
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

/// Makes requirements of passages.
pub(super) struct Extractor<'a> {
    vertical: &'a Vertical,
    reader: Reader,
    numbers: Numbers,
    /// Topics that have an objective, by position, with the log-odds of its passage.
    asked: BTreeMap<usize, f64>,
    /// Objectives without a topic, and statements of each kind, so far.
    others: usize,
    stated: BTreeMap<&'static str, usize>,
    /// What was made so far.
    pub(super) found: Requirements,
}

impl<'a> Extractor<'a> {
    /// Goes on where `found` ended: ids go on from those that are taken, and no objective of `found` gives
    /// way to a later one.
    pub(super) fn resumed(found: Requirements, vertical: &'a Vertical) -> Self {
        let at = |id: &str| vertical.topics.iter().position(|it| it.id == id);
        let asked = found.objectives.iter().filter_map(|it| at(it.topic.as_deref()?));
        let number = |id: &RequirementId| id.0.rsplit_once('-')?.1.parse().ok();
        let others = found.objectives.iter().filter(|it| it.topic.is_none());
        let mut stated: BTreeMap<&'static str, usize> = BTreeMap::new();
        for statement in &found.statements {
            let last = stated.entry(kind_name(statement.kind)).or_insert(0);
            *last = number(&statement.id).unwrap_or(0).max(*last);
        }
        Self {
            vertical,
            reader: Reader::new(vertical),
            numbers: Numbers::new(),
            asked: asked.map(|it| (it, f64::INFINITY)).collect(),
            others: others.filter_map(|it| number(&it.id)).max().unwrap_or(0),
            stated,
            found,
        }
    }

    /// Reads a passage as asking the topic at `topic`, or something that no topic knows. Where the topic has
    /// an objective already, it becomes a requirement of it.
    pub(super) fn read_as_question(&mut self, read: &ReadPassage<'_>, topic: Option<usize>) {
        let said = self.said(read);
        let topics = topic.map(|topic| TopicMatch {
            topic,
            odds: f64::INFINITY,
            cues: Vec::new(),
        });
        match topics {
            None => self.add_other(&said),
            Some(known) => {
                let topic = known.topic;
                if !self.add_topics(&said, &[known]) {
                    self.states(read, StatementKind::Requirement);
                    self.name_topic(topic);
                }
            }
        }
        self.settle(read);
    }

    /// Reads a passage as an item of this kind.
    pub(super) fn read_as_statement(&mut self, read: &ReadPassage<'_>, kind: StatementKind) {
        self.states(read, kind);
        self.settle(read);
    }

    /// Gives the objective at `at`, which has none, the topic at `topic`. Where the topic has an objective
    /// already, it becomes a requirement of it.
    pub(super) fn give_topic(&mut self, at: usize, topic: usize) {
        let known = &self.vertical.topics[topic];
        if self.asked.insert(topic, f64::INFINITY).is_some() {
            let before = self.found.objectives.remove(at);
            self.keep_as_requirement(Objective {
                topic: Some(known.id.clone()),
                ..before
            });
            return;
        }
        let objective = &mut self.found.objectives[at];
        let words = tokens(&objective.text);
        let needs = demands(known, &words).into_iter();
        objective.needs = needs.filter_map(|it| demanded_attribute(it, &words)).collect();
        objective.id = RequirementId::from(known.id.as_str());
        objective.topic = Some(known.id.clone());
        objective.title.clone_from(&known.title);
    }

    /// A passage that was placed is no longer unplaced, and its numbers count.
    fn settle(&mut self, read: &ReadPassage<'_>) {
        let cited = citation(read);
        self.found.unplaced.retain(|it| *it != cited);
        if self.found.thresholds.iter().all(|it| it.source != cited) {
            self.thresholds(read);
        }
    }

    /// The last statement names the topic at `topic`, whatever its words.
    fn name_topic(&mut self, topic: usize) {
        let id = &self.vertical.topics[topic].id;
        if let Some(last) = self.found.statements.last_mut()
            && !last.topics.contains(id)
        {
            last.topics.push(id.clone());
        }
    }

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
        if let Some(now) = self.found.objectives.iter_mut().find(|it| it.id == before.id) {
            now.limit = now.limit.or(before.limit);
            now.unit = now.unit.take().or(before.unit.clone());
            now.priority = now.priority.max(before.priority);
            now.needs.extend(before.needs.iter().cloned());
            now.needs.dedup();
        }
        self.keep_as_requirement(before);
    }

    fn keep_as_requirement(&mut self, before: Objective) {
        let id = self.next_id(StatementKind::Requirement);
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
        let said = self.said(read);
        self.add_other(&said);
    }

    fn add_other(&mut self, said: &Said) {
        self.others += 1;
        let id = format!("other-{}", self.others);
        let objective = self.objective(said, &id);
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

pub(super) fn citation(read: &ReadPassage<'_>) -> Citation {
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
