//! Which of many values a sentence says that one is: the mean, the largest, the one of a row.

use super::comparisons::{is_extreme, is_greatest};
use super::said::MEASURES;
use super::seen::{Seen, is_whole};
use super::sentence::{Words, denominator, is_name, row};
use crate::agents::lexicon::is_listed;
use crate::model::fact::{Aggregate, Derivation, DetectedWant, Fact, FactValue};

/// Words that single one out beside words that end in "est".
const SINGLING: &str = "most least top one single first worst best leading foremost";

/// Words for what is left beside something.
const REST: &str = "other others rest remaining remainder beside besides";

impl Seen<'_, '_> {
    /// A value that is called the mean, the largest or one's own, and is not, or is and is not called so.
    pub(super) fn unlike_its_measure(&self) -> Option<String> {
        self.unnamed_middle()
            .or_else(|| self.no_middle())
            .or_else(|| self.turned_ratio())
            .or_else(|| self.unnamed_end())
            .or_else(|| self.end_of_another())
            .or_else(|| self.unnamed_row())
            .or_else(|| self.of_the_rest())
    }

    fn is_middle(&self) -> bool {
        let below = denominator(self.fact, self.ground.facts);
        is_middle(self.fact) || below.is_some_and(is_middle)
    }

    /// A mean or median that is not called so.
    fn unnamed_middle(&self) -> Option<String> {
        let is_said = self.sentence().any(|it| is_listed(MEASURES, it));
        (self.is_middle() && !is_said).then(|| self.is_called("say so: on average, the typical one"))
    }

    /// What is called an average and is none.
    fn no_middle(&self) -> Option<String> {
        let mut clause = self.clause().into_iter();
        let said = clause.find(|it| is_listed(MEASURES, it))?;
        (!self.is_middle()
            && !is_whole(self.fact, self.ground.facts)
            && !MEASURES.split(' ').any(|it| self.is_own(it)))
        .then(|| self.is_called(&format!("leave out `{said}`")))
    }

    /// "The typical one is {F14} times as far as {F4}", where {F14} says it the other way round.
    fn turned_ratio(&self) -> Option<String> {
        let Derivation::Ratio { .. } = self.fact.derivation else {
            return None;
        };
        let below = denominator(self.fact, self.ground.facts)?;
        let behind = self.parts[self.at..].iter().filter_map(|it| it.words());
        let mut behind = behind.flat_map(|it| &it.list);
        (is_middle(below) && !behind.any(|it| is_listed(MEASURES, it)))
            .then(|| self.is_called("write behind it what it is compared with"))
    }

    /// A least or greatest value that is not called so.
    fn unnamed_end(&self) -> Option<String> {
        let said = self.ground.said;
        let mut names = self.facts().filter(|it| is_name(it));
        if !is_end(self.fact) || self.is_end_of_range() || names.any(|it| said.belongs(&self.fact.id, &it.id))
        {
            return None;
        }
        let own: Vec<&String> = said
            .own(&self.fact.id)
            .values()
            .filter(|it| is_extreme(it))
            .collect();
        let is_said = self.sentence().any(|word| match own.as_slice() {
            [] => is_extreme(word) || is_listed("most least top", word),
            own => own
                .iter()
                .any(|own| *own == word || is_greatest(own) && is_greatest(word)),
        });
        (!is_said).then(|| self.is_called("say which it is, such as the largest"))
    }

    /// The least or greatest of all beside the name of one that need not be it.
    fn end_of_another(&self) -> Option<String> {
        let said = self.ground.said;
        let is_aggregate = matches!(self.fact.derivation, Derivation::Aggregate { .. });
        let mut names = self.facts().filter(|it| is_name(it));
        let other = names.find(|it| !said.are_together(&self.fact.id, &it.id))?;
        (is_end(self.fact) && is_aggregate).then(|| {
            self.is_called(&format!(
                "it need not be that of {{{}}}; write them apart",
                other.id
            ))
        })
    }

    /// Whether it is an end of "from {F4} to {F3}".
    fn is_end_of_range(&self) -> bool {
        let joins = |words: Option<&Words>| {
            words.is_some_and(|it| matches!(it.list.as_slice(), [word] if word == "to" || word == "and"))
        };
        joins(self.before()) || joins(self.after())
    }

    /// The value of one row without its name, and nothing that says that it is one's.
    fn unnamed_row(&self) -> Option<String> {
        let own = row(self.fact, self.ground.facts)?;
        let mut names = self.facts().filter(|it| is_name(it));
        let is_named = names.any(|it| {
            row(it, self.ground.facts).as_ref() == Some(&own)
                || self.ground.said.are_together(&self.fact.id, &it.id)
        });
        let is_single = self
            .sentence()
            .any(|it| is_extreme(it) || is_listed(SINGLING, it));
        (!is_named && !is_single).then(|| self.is_called("it is of one; write its name before it"))
    }

    /// A value of all that is said to be that of the rest.
    fn of_the_rest(&self) -> Option<String> {
        let before = self.before()?.before_fact();
        let word = before.into_iter().find(|it| is_listed(REST, it))?;
        (!self.ground.said.is_beside(&word, &self.fact.id) && self.fact.value != FactValue::Integer(1))
            .then(|| self.is_called(&format!("leave out `{word}`")))
    }
}

/// Whether a value is the middle of many.
fn is_middle(fact: &Fact) -> bool {
    matches!(
        &fact.derivation,
        Derivation::Aggregate {
            measure: Aggregate::Mean | Aggregate::Quantile(_),
            ..
        }
    )
}

/// Whether a value is the least or greatest of many.
fn is_end(fact: &Fact) -> bool {
    matches!(
        &fact.derivation,
        Derivation::Aggregate {
            measure: Aggregate::Min | Aggregate::Max,
            ..
        } | Derivation::Detected {
            want: DetectedWant::Largest | DetectedWant::Smallest | DetectedWant::BusiestCount,
            ..
        }
    )
}
