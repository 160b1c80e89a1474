//! What the values in a sentence are said to be: what each counts, of what it is a part, by which words it is called.
//!
//! The rules' sentences and the facts' derivations tell what a value is. A value that is called by another one's
//! words, or is sold as one account's where it is all accounts', is a falsehood with true numbers.

use super::Ground;
use super::pairing::{is_of_one, pairing_faults};
use super::plain_words::{is_advice, is_plain, stem};
use super::said::{is_list, tells_which};
use super::seen::{Seen, is_whole};
use super::sentence::{Part, Words, is_given, is_name, is_ratio_to, numerator, row};
use crate::agents::lexicon::is_listed;
use crate::algorithms::Quantity;
use crate::model::fact::{Aggregate, Derivation, DetectedWant, Fact, FactValue};

/// Words that may stand between `of` and what it is of.
const DETERMINERS: &str = "the all its their these those this that such what which other others total whole";

/// Words that lead to a value as the whole of what is spoken of.
const LEADING_TO_WHOLE: &str =
    "of among across over all total overall altogether in from against between out";

/// Words behind a value that say that it is the whole.
const WHOLES: &str = "all total overall altogether";

/// What of a sentence calls a value what it is not.
pub(super) fn belonging_faults(parts: &[Part<'_>], ground: &Ground<'_>) -> Vec<String> {
    let mut faults = pairing_faults(parts, ground);
    for (at, part) in parts.iter().enumerate() {
        let Some(fact) = part.fact() else { continue };
        let seen = Seen {
            fact,
            at,
            parts,
            ground,
        };
        let found = if is_name(fact) {
            seen.misnamed_list()
        } else {
            seen.unlike_its_measure()
                .or_else(|| seen.unled_setting())
                .or_else(|| seen.of_another_whole())
                .or_else(|| seen.of_leading_whole())
                .or_else(|| seen.whole_as_part())
                .or_else(|| seen.many_as_one())
                .or_else(|| seen.other_things())
                .or_else(|| seen.others_words())
        };
        faults.extend(found);
    }
    faults
}

impl Seen<'_, '_> {
    /// `{F9} of the {F1} accounts` where it is no part of that whole, or a share of things that it is no share of.
    fn of_another_whole(&self) -> Option<String> {
        let facts = self.ground.facts;
        let after = self.after()?;
        let clause = after.after_fact();
        if clause.first().is_none_or(|it| it != "of") {
            return None;
        }
        let is_noun = |it: &&String| {
            let stem = stem(it);
            !is_listed(DETERMINERS, it) && (!is_plain(&stem) || self.ground.book.is_vertex(&stem))
        };
        let named = clause.iter().skip(1).find(is_noun);
        let whole = self.parts.get(self.at + 2).and_then(Part::fact);
        let reaches = clause.len() == after.list.len() && named.is_none();
        if let Some(whole) = whole.filter(|it| reaches && !is_name(it)) {
            let is_part = self.ground.said.is_part(&self.fact.id, &whole.id)
                || is_ratio_to(self.fact, whole, facts)
                || facts.iter().any(|it| {
                    is_ratio_to(it, whole, facts)
                        && numerator(it, facts).is_some_and(|it| it.id == self.fact.id)
                });
            return (!is_part).then(|| {
                format!(
                    "{{{}}} is no part of {{{}}}; it is {}",
                    self.fact.id,
                    whole.id,
                    self.called()
                )
            });
        }
        let named = named?;
        let is_share = self.fact.quantity == Quantity::Share;
        (is_share && !self.is_own(named) && !self.ground.said.is_beside(named, &self.fact.id)).then(|| {
            format!(
                "{{{}}} is no share of `{named}`; it is {}",
                self.fact.id,
                self.called()
            )
        })
    }

    /// A threshold or a setting that is told as if it were measured.
    fn unled_setting(&self) -> Option<String> {
        if !is_given(self.fact) {
            return None;
        }
        let said = self.ground.said;
        let before = self.before().map(|it| it.list.as_slice()).unwrap_or_default();
        let is_led = before.last().is_some_and(|it| said.leads(it, &self.fact.id));
        let clause = self.clause();
        let is_count = self.fact.quantity == Quantity::Count;
        let name: Vec<String> = self.fact.name.split('_').map(stem).collect();
        let is_named = clause
            .iter()
            .any(|it| name.contains(&stem(it)) || is_count && self.is_own(it));
        // Another word for the same side is looked at as a comparison.
        let is_side = before
            .last()
            .is_some_and(|it| is_listed("under below above over past within inside in during", it));
        (!is_led && !is_named && !is_side)
            .then(|| self.is_called("it was set and not found; say it as so far"))
    }

    /// What others are parts of stands for itself, as if it were one of them.
    fn whole_as_part(&self) -> Option<String> {
        if !is_whole(self.fact, self.ground.facts) {
            return None;
        }
        let before = self.before().map(|it| it.list.as_slice()).unwrap_or_default();
        let after = self.after().map(|it| it.list.as_slice()).unwrap_or_default();
        let is_led = before
            .iter()
            .rev()
            .take(4)
            .any(|it| is_listed(LEADING_TO_WHOLE, it));
        let is_followed = after.iter().take(4).any(|it| is_listed(WHOLES, it));
        (!is_led && !is_followed).then(|| {
            format!(
                "{{{}}} is the whole, {}; write it as such: of all {{{}}}",
                self.fact.id,
                self.called(),
                self.fact.id
            )
        })
    }

    /// What is of many stands in one clause with one name.
    fn many_as_one(&self) -> Option<String> {
        let is_of_many =
            row(self.fact, self.ground.facts).is_none() && !is_given(self.fact) && !is_of_one(self.fact);
        if !is_of_many {
            return None;
        }
        let name = self.name_in_clause().or_else(|| self.rival())?;
        if self.ground.said.belongs(&self.fact.id, &name.id) {
            return None;
        }
        let before = self.before().map(Words::before_fact).unwrap_or_default();
        let mut back = before.iter().rev().skip_while(|it| is_listed(DETERMINERS, it));
        let is_among = back
            .next()
            .is_some_and(|it| is_listed("of among from against", it));
        let after = self.after().map(|it| it.list.as_slice()).unwrap_or_default();
        let is_whole = after
            .windows(2)
            .take(2)
            .any(|it| it[0] == "in" && is_listed(WHOLES, &it[1]));
        (!is_among && !is_whole).then(|| {
            format!(
                "{{{}}} is {}, of all together and not of {{{}}}; write it in a sentence of its own",
                self.fact.id,
                self.called(),
                name.id
            )
        })
    }

    /// The single name before it in its sentence that has a value of its own in the same column.
    fn rival(&self) -> Option<&Fact> {
        let Derivation::Aggregate {
            column,
            measure: Aggregate::Sum,
            ..
        } = &self.fact.derivation
        else {
            return None;
        };
        let facts = self.ground.facts;
        let name = self.parts[..self.at]
            .iter()
            .rev()
            .filter_map(Part::fact)
            .find(|it| is_name(it))?;
        let of = row(name, facts)?;
        let is_rival = |it: &Fact| {
            matches!(&it.derivation, Derivation::Nth { column: own, .. } if own == column)
                && row(it, facts).as_ref() == Some(&of)
        };
        facts.iter().any(is_rival).then_some(name)
    }

    /// The single name that stands in the same clause: nothing but words without a mark or joint in between.
    fn name_in_clause(&self) -> Option<&Fact> {
        let single = |it: &&Fact| matches!(it.value, FactValue::Text(_));
        let mut at = self.at;
        while let (Some(words), Some(fact)) = (
            at.checked_sub(1).and_then(|it| self.parts[it].words()),
            at.checked_sub(2).and_then(|it| self.parts[it].fact()),
        ) {
            if !(words.is_open() || is_name(fact) && words.is_open_behind_name()) {
                break;
            }
            if is_name(fact) {
                return Some(fact).filter(single);
            }
            at -= 2;
        }
        let words = self.after()?;
        let next = self.parts.get(self.at + 2).and_then(Part::fact)?;
        Some(next).filter(|_| words.is_open()).filter(single)
    }

    /// A noun right behind a value that is none of what it counts.
    fn other_things(&self) -> Option<String> {
        if self.fact.quantity == Quantity::Share {
            return None;
        }
        let noun = &self.after()?.noun()?;
        let stem = stem(noun);
        let is_noun = !is_plain(&stem) || self.ground.book.is_vertex(&stem);
        let is_word = noun.chars().all(char::is_alphabetic);
        (is_word && is_noun && !self.is_own(noun)).then(|| {
            format!(
                "`{noun}` is not what {{{}}} counts; it is {}",
                self.fact.id,
                self.called()
            )
        })
    }

    /// "Of {F8}, {F6} is …" where {F6} is a share of something else.
    fn of_leading_whole(&self) -> Option<String> {
        let is_told = self
            .after()
            .is_some_and(|it| it.list.first().is_some_and(|it| it == "of"));
        if self.fact.quantity != Quantity::Share || is_told {
            return None;
        }
        let [Part::Words(lead), Part::Fact(whole), ..] = self.parts else {
            return None;
        };
        let mut lead = lead.list.iter().map(String::as_str);
        let is_of = lead.next().is_some_and(|it| it == "of" || it == "out")
            && lead.all(|it| it == "of" || is_listed(DETERMINERS, it));
        if !is_of || is_name(whole) {
            return None;
        }
        let is_part = is_ratio_to(self.fact, whole, self.ground.facts)
            || self.ground.said.is_part(&self.fact.id, &whole.id);
        (!is_part).then(|| self.is_called(&format!("it is no share of {{{}}}", whole.id)))
    }

    /// Words that go with another value, which is not cited here, and none that go with this one.
    fn others_words(&self) -> Option<String> {
        if is_given(self.fact) {
            return None;
        }
        let clause = self.clause();
        let said = self.ground.said;
        let (which, what): (Vec<&String>, Vec<&String>) = clause.iter().partition(|it| tells_which(it));
        let is_row = row(self.fact, self.ground.facts).is_some();
        let is_named = clause.iter().any(|it| self.is_own(it));
        let words = which.into_iter().chain(what.into_iter().filter(|_| !is_named));
        for word in words {
            let stem = stem(word);
            let is_idle = is_row && said.is_noun(&stem)
                || self.ground.book.is_vertex(&stem)
                || is_advice(&stem) && self.ground.is_advice;
            if is_idle || self.is_own(word) {
                continue;
            }
            let is_like = |it: &&Fact| it.quantity == self.fact.quantity && it.unit == self.fact.unit;
            let owners: Vec<&Fact> = said.owners(&stem).filter_map(|it| self.ground.fact(it)).collect();
            let is_neighbours = !tells_which(word)
                && self
                    .neighbours()
                    .any(|it| owners.iter().any(|owner| owner.id == it.id));
            let Some(other) = owners
                .iter()
                .copied()
                .find(|it| !is_name(it) && (!tells_which(word) || is_like(it)))
                .filter(|_| !is_neighbours)
            else {
                continue;
            };
            return Some(format!(
                "`{word}` goes with {{{}}}; {{{}}} is {}",
                other.id,
                self.fact.id,
                self.called()
            ));
        }
        None
    }

    /// A list of names that is called by the words of another fact.
    fn misnamed_list(&self) -> Option<String> {
        if !is_list(self.fact) {
            return None;
        }
        self.others_words()
            .or_else(|| self.ordered_by_another())
            .or_else(|| self.beside_many())
    }

    /// A list that is said to be ordered by what does not order it.
    fn ordered_by_another(&self) -> Option<String> {
        let clause = self.clause();
        let is_ordered = matches!(
            &self.fact.derivation,
            Derivation::Top { .. }
                | Derivation::Detected {
                    want: DetectedWant::Labels(_),
                    ..
                }
        );
        if !is_ordered && clause.iter().any(|it| it == "order") {
            return Some(self.is_called("it stands in no order"));
        }
        let by = clause.iter().position(|it| it == "by")?;
        let what = clause[by..].iter().find(|it| !is_plain(&stem(it)))?;
        (!self.is_own(what)).then(|| {
            format!(
                "{{{}}} is not in order of `{what}`; it is {}",
                self.fact.id,
                self.called()
            )
        })
    }

    /// A value of many things and a list of some of them in one sentence, as if they were the same.
    fn beside_many(&self) -> Option<String> {
        let FactValue::List(names) = &self.fact.value else {
            return None;
        };
        let is_other = |it: &&Fact| {
            let is_row = !self.ground.is_advice
                && matches!(it.value, FactValue::Text(_))
                && row(it, self.ground.facts).is_some();
            let is_many = row(it, self.ground.facts).is_none() && !is_given(it);
            let is_their_number =
                matches!(it.value, FactValue::Integer(number) if number == names.len() as i64);
            let is_said = self.ground.said.are_together(&it.id, &self.fact.id);
            (is_row || !is_name(it) && is_many && !is_their_number)
                && !is_said
                && !is_whole(it, self.ground.facts)
        };
        let other = self.parts.iter().filter_map(Part::fact).find(is_other)?;
        Some(format!(
            "{{{}}} is not that of {{{}}}; write the list in a sentence of its own",
            other.id, self.fact.id
        ))
    }
}
