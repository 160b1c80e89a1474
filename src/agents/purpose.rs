//! Chooses the edge attribute that serves a pattern's purpose: its weight or its time.
//!
//! What `graph.toml` declares comes first. Among the rest a name that is exactly one of the
//! pattern's words beats one that merely contains it (`amount` before `amount_refunded`), because a
//! word among others often means something else. Units do not count as words (`amount_eur`).

use std::cmp::Reverse;

use super::binding::{Misfit, Wish};
use super::naming::{singular, speaks_of, words};
use crate::model::schema::{Attribute, AttributeKind, EdgeCollection};

/// Units in names, and what people call them.
const UNITS: [(&str, &str); 26] = [
    ("minute", "minutes"),
    ("min", "minutes"),
    ("second", "seconds"),
    ("sec", "seconds"),
    ("ms", "milliseconds"),
    ("millisecond", "milliseconds"),
    ("hour", "hours"),
    ("day", "days"),
    ("week", "weeks"),
    ("month", "months"),
    ("km", "km"),
    ("kilometre", "km"),
    ("kilometer", "km"),
    ("mile", "miles"),
    ("metre", "metres"),
    ("meter", "metres"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("usd", "USD"),
    ("dollar", "USD"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("inr", "INR"),
    ("tonne", "tonnes"),
    ("ton", "tons"),
    ("kg", "kg"),
];

/// Words of attributes that a currency counts.
const MONEY: [&str; 10] = [
    "amount", "value", "sum", "total", "price", "cost", "fee", "balance", "payment", "paid",
];

/// An edge attribute that a pattern wants for one purpose.
pub(super) struct Purpose<'a> {
    words: Vec<&'a str>,
    unit: Option<&'a str>,
    required: bool,
    what: &'static str,
    is_time: bool,
    at_most: Option<f64>,
}

impl<'a> Purpose<'a> {
    /// The weight that a pattern wants.
    pub(super) fn weight(wish: Wish<'a>) -> Self {
        Self {
            words: wish.hint.weight.iter().map(String::as_str).collect(),
            unit: wish.unit,
            required: wish.hint.weight_required,
            what: "a number",
            is_time: false,
            at_most: wish.hint.weight_at_most,
        }
    }

    /// The time that a pattern wants.
    pub(super) fn time(wish: Wish<'a>) -> Self {
        Self {
            words: wish.hint.time.iter().map(String::as_str).collect(),
            unit: None,
            required: wish.hint.time_required,
            what: "a time",
            is_time: true,
            at_most: None,
        }
    }

    /// The attribute that all edge collections have, the best first. Where it is required and only
    /// some collections have it, those without it are left out.
    pub(super) fn choose<'e>(
        &self,
        edges: Vec<&'e EdgeCollection>,
    ) -> Result<(Option<String>, Vec<&'e EdgeCollection>), Misfit> {
        let has = |edge: &EdgeCollection, name: &str| {
            let mut attributes = edge.attributes.iter();
            attributes.any(|it| it.name == name && self.usable(edge, it))
        };
        let candidates = self.candidates(&edges);
        for name in &candidates {
            if edges.iter().all(|it| has(it, name)) {
                return Ok((Some((*name).to_owned()), edges));
            }
        }
        match candidates.first() {
            Some(name) if self.required => {
                let name = (*name).to_owned();
                let edges = edges.into_iter().filter(|it| has(it, &name)).collect();
                Ok((Some(name), edges))
            }
            None if self.required => {
                let names: Vec<&str> = edges.iter().map(|it| it.name.as_str()).collect();
                Err(Misfit {
                    lacks: format!(
                        "{} on the edges of {} (looked for {})",
                        self.what,
                        names.join(", "),
                        self.words.join(", ")
                    ),
                })
            }
            Some(_) | None => Ok((None, edges)),
        }
    }

    /// Names of attributes that may serve, the best first.
    fn candidates<'e>(&self, edges: &[&'e EdgeCollection]) -> Vec<&'e str> {
        let mut ranked = Vec::new();
        for edge in edges {
            for (order, attribute) in edge.attributes.iter().enumerate() {
                if self.usable(edge, attribute) {
                    ranked.extend(
                        self.rank(edge, attribute)
                            .map(|it| (it, order, attribute.name.as_str())),
                    );
                }
            }
        }
        ranked.sort();
        ranked.into_iter().map(|it| it.2).collect()
    }

    /// How well an attribute serves, least is best; `None` when nothing speaks for it.
    fn rank(&self, edge: &EdgeCollection, attribute: &Attribute) -> Option<impl Ord + use<>> {
        let declared = edge.declared.contains(&attribute.name);
        let named = (0..self.words.len()).find(|it| speaks_of(&attribute.name, self.words[*it]));
        if named.is_none() && !(declared && self.takes_any()) {
            return None;
        }
        let name = words(&attribute.name);
        let is_unit = |it: &str| UNITS.iter().any(|unit| unit.0 == it);
        let beside_units = name.iter().filter(|it| !is_unit(it)).count().max(1);
        let word = named.map_or(0, |it| words(self.words[it]).len());
        let in_unit = self.unit.is_some_and(|it| speaks_of(&attribute.name, it));
        let extra = beside_units.saturating_sub(word);
        Some((Reverse(declared), Reverse(in_unit), extra > 0, extra, named))
    }

    /// Whether any declared weight will do. A share is a fraction of a whole; a declared weight of
    /// unknown meaning need not be one.
    fn takes_any(&self) -> bool {
        !self.words.is_empty() && self.at_most.is_none()
    }

    /// Whether no value exceeds what the pattern can take.
    fn bounds(&self, attribute: &Attribute) -> bool {
        let greatest = attribute.range.as_ref().and_then(|it| it.1.parse::<f64>().ok());
        self.at_most
            .is_none_or(|most| greatest.is_none_or(|it| it <= most))
    }

    /// Whether the attribute has the right type: instants for times, numbers for weights, but never
    /// the number of a thing.
    fn usable(&self, edge: &EdgeCollection, attribute: &Attribute) -> bool {
        let identifies = words(&attribute.name)
            .last()
            .is_some_and(|it| it == "id" || it == "key");
        match attribute.kind {
            AttributeKind::Time => self.is_time,
            AttributeKind::Integer if self.is_time => edge.times.contains(&attribute.name),
            AttributeKind::Integer | AttributeKind::Number => {
                !self.is_time && !identifies && self.bounds(attribute)
            }
            AttributeKind::Text | AttributeKind::Boolean | AttributeKind::Empty => false,
        }
    }
}

/// The unit that a word of a question means, as [`unit_of`] says it.
pub(super) fn unit_named(word: &str) -> Option<&'static str> {
    let word = singular(&word.to_lowercase());
    UNITS.iter().find(|it| it.0 == word).map(|it| it.1)
}

/// What an amount is counted in, where the last word of the attribute's name tells, or for money
/// the one currency of its edges.
pub(super) fn unit_of(attribute: &str, edges: &[&EdgeCollection]) -> String {
    let words = words(attribute);
    let last = words.last().map_or("", String::as_str);
    if let Some((_, unit)) = UNITS.iter().find(|it| it.0 == last) {
        return (*unit).to_owned();
    }
    if !words.iter().any(|it| MONEY.contains(&it.as_str())) {
        return String::new();
    }
    let currencies = edges.iter().map(|it| {
        it.attributes
            .iter()
            .find(|it| it.distinct == 1 && speaks_of(&it.name, "currency"))
            .and_then(|it| it.samples.first())
    });
    let mut currencies: Vec<Option<&String>> = currencies.collect();
    currencies.dedup();
    match currencies.as_slice() {
        [Some(only)] => (*only).clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vertical::ProjectionHint;
    use std::collections::BTreeMap;

    /// The weight and the time chosen among columns, with the weight's unit; `!` declares a column.
    fn chosen(columns: &[(&str, AttributeKind)], unit: Option<&str>) -> [String; 3] {
        let texts = |words: &str| words.split(' ').map(str::to_owned).collect();
        let hint = ProjectionHint {
            weight: texts("amount value minutes"),
            time: texts("time at booked"),
            ..ProjectionHint::default()
        };
        let mut edge = EdgeCollection::default();
        for (name, kind) in columns {
            let bare = name.trim_start_matches('!');
            if bare != *name {
                edge.declared.push(bare.to_owned());
            }
            edge.attributes.push(Attribute {
                name: bare.to_owned(),
                kind: *kind,
                ..Attribute::default()
            });
        }
        let wish = Wish {
            hint: &hint,
            kinds: &BTreeMap::new(),
            needs_direction: false,
            unit,
            thresholds: &[],
        };
        let weight = Purpose::weight(wish)
            .choose(vec![&edge])
            .unwrap()
            .0
            .unwrap_or_default();
        let time = Purpose::time(wish)
            .choose(vec![&edge])
            .unwrap()
            .0
            .unwrap_or_default();
        let unit = unit_of(&weight, &[&edge]);
        [weight, time, unit]
    }

    #[test]
    fn exact_names_come_before_names_that_contain_the_word() {
        use AttributeKind::{Integer, Number, Time};
        let columns = [
            ("amount_refunded", Number),
            ("amount_eur", Number),
            ("amount_id", Integer),
            ("processing_time_ms", Integer),
            ("booked_at", Time),
        ];
        assert_eq!(chosen(&columns, None), ["amount_eur", "booked_at", "EUR"]);
        assert_eq!(chosen(&[("min_amount", Number)], None), ["min_amount", "", ""]);
        assert_eq!(
            chosen(&[("amount", Number), ("days_open", Number)], Some("days")),
            ["amount", "", ""]
        );
    }

    #[test]
    fn what_the_settings_declare_comes_first() {
        use AttributeKind::{Number, Time};
        let columns = [
            ("minutes", Number),
            ("!dauer", Number),
            ("at", Time),
            ("!gebucht", Time),
        ];
        assert_eq!(chosen(&columns, None), ["dauer", "gebucht", ""]);
    }
}
