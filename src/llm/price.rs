//! What a request costs, by a dated table.
//!
//! A model that no row names has an unknown cost: `None`, which is not 0. Endpoints that people run themselves
//! cost nothing by declaration. Amounts are whole picodollars inside, so that sums do not depend on their
//! order.

use serde::Deserialize;

use super::LlmError;
use crate::model::usage::Usage;

/// The table that comes with this version.
const OURS: &str = include_str!("prices.toml");

/// Picodollars in a dollar.
const PICO: f64 = 1e12;

/// An amount of money in picodollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u128);

impl Cost {
    /// The amount in dollars.
    pub fn usd(self) -> f64 {
        self.0 as f64 / PICO
    }

    /// An amount of dollars; what is negative or no number is nothing.
    pub fn of_usd(usd: f64) -> Self {
        // A cast of a float stops at the ends of the range.
        Self((usd * PICO).round() as u128)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This without the other; never below nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// What a model's tokens cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// USD per million tokens of the prompt.
    pub prompt: f64,
    /// USD per million tokens of the reply.
    pub reply: f64,
}

impl Price {
    /// Tokens that cost nothing.
    pub const FREE: Self = Self {
        prompt: 0.0,
        reply: 0.0,
    };

    /// What these tokens cost.
    pub fn of(self, usage: Usage) -> Cost {
        let part = |tokens: u64, price: f64| Cost(u128::from(tokens) * Cost::of_usd(price / 1e6).0);
        part(usage.prompt_tokens, self.prompt).plus(part(usage.reply_tokens, self.reply))
    }
}

/// Prices of models, with the date of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Year and month of the newest table read.
    pub date: String,
    rows: Vec<Row>,
    local: Vec<String>,
}

/// A row: what it costs, who says so and when.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    names: Vec<String>,
    prompt: f64,
    reply: f64,
    source: String,
    seen: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    date: String,
    #[serde(default)]
    local: Vec<String>,
    #[serde(default, rename = "model")]
    models: Vec<Row>,
}

/// A price and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// What the tokens cost.
    pub price: Price,
    /// Who says so, and when, e.g. `public catalogue, 2026-10`.
    pub source: String,
}

impl Prices {
    /// The table that comes with this version.
    pub fn ours() -> Result<Self, LlmError> {
        Self::parse("prices.toml", OURS)
    }

    /// A table; `file` is named in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, LlmError> {
        let at = |reason: String| LlmError::Setting(format!("{file}: {reason}"));
        let table: Table = toml::from_str(text).map_err(|error| at(error.to_string().trim().to_owned()))?;
        let is_amount = |it: f64| it.is_finite() && it >= 0.0;
        for row in &table.models {
            if !(is_amount(row.prompt) && is_amount(row.reply)) {
                return Err(at(format!("a price of {} is no amount", row.names.join(", "))));
            }
        }
        Ok(Self {
            date: table.date,
            rows: table.models,
            local: table.local,
        })
    }

    /// This table with the rows of `other` before its own.
    #[must_use]
    pub fn overridden_by(mut self, other: Self) -> Self {
        let mut rows = other.rows;
        rows.append(&mut self.rows);
        self.local.extend(other.local);
        Self {
            date: self.date.max(other.date),
            rows,
            local: self.local,
        }
    }

    /// What `model` (`PROVIDER/NAME`) costs; `None` when it is not known.
    pub fn quote(&self, model: &str) -> Option<Quote> {
        let row = self
            .rows
            .iter()
            .find(|row| row.names.iter().any(|it| fits(it, model)));
        if let Some(row) = row {
            return Some(Quote {
                price: Price {
                    prompt: row.prompt,
                    reply: row.reply,
                },
                source: format!("{}, {}", row.source, row.seen),
            });
        }
        let provider = model.split_once('/')?.0;
        let is_local = self.local.iter().any(|it| it == provider);
        is_local.then(|| Quote {
            price: Price::FREE,
            source: "run on a machine of one's own".to_owned(),
        })
    }
}

/// Whether `text` is as `pattern` says: `*` is any text, `?` one character.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let below = &pattern[first.len_utf8()..];
    match first {
        '*' => (0..=text.len()).any(|at| text.is_char_boundary(at) && fits(below, &text[at..])),
        '?' => rest.next().is_some() && fits(below, rest.as_str()),
        other => rest.next() == Some(other) && fits(below, rest.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(model: &str) -> Option<f64> {
        let usage = Usage {
            prompt_tokens: 1_000_000,
            reply_tokens: 1_000_000,
            is_estimated: false,
        };
        let quote = Prices::ours().unwrap().quote(model)?;
        Some(quote.price.of(usage).usd())
    }

    #[test]
    fn an_unknown_price_is_unknown_and_a_local_one_nothing() {
        assert_eq!(usd("openai/gpt-4o-mini"), Some(0.75));
        assert_eq!(usd("openai/gpt-4o-2024-05-13"), Some(20.0));
        assert_eq!(usd("openai/gpt-4o-2024-08-06"), Some(12.5));
        for unknown in [
            "openai/gpt-4o-audio-preview",
            "azure/gpt-4o",
            "custom/x",
            "nonsense",
            "",
        ] {
            assert_eq!(usd(unknown), None, "{unknown}");
        }
        for local in ["ollama/llama3.2", "llamacpp/tiny", "vllm/x", "lmstudio/y"] {
            assert_eq!(usd(local), Some(0.0), "{local}");
        }
    }

    #[test]
    fn every_row_is_reached_and_names_its_source() {
        let prices = Prices::ours().unwrap();
        assert_eq!(prices.date, "2026-11");
        for row in &prices.rows {
            let name = row.names[0].replace('?', "0").replace('*', "");
            let quote = prices.quote(&name).unwrap();
            assert_eq!(
                (quote.price.prompt, quote.price.reply),
                (row.prompt, row.reply),
                "{name}"
            );
            assert!(row.seen.len() == 7 && !row.source.is_empty(), "{name}");
        }
    }

    #[test]
    fn rows_of_ones_own_go_first() {
        let own = "date = \"2027-01\"\n[[model]]\nnames = [\"custom/*\", \"openai/gpt-4o\"]\nprompt = 1.0\nreply = 0.5\nsource = \"contract\"\nseen = \"2027-01\"\n";
        let prices = Prices::ours()
            .unwrap()
            .overridden_by(Prices::parse("own.toml", own).unwrap());
        assert_eq!(prices.quote("openai/gpt-4o").unwrap().source, "contract, 2027-01");
        assert_eq!(prices.quote("custom/any/thing").unwrap().price.reply, 0.5);
        assert_eq!(prices.date, "2027-01");
        assert!(prices.quote("openai/gpt-4o-mini").is_some());
    }

    #[test]
    fn a_table_that_cannot_be_used_is_named() {
        for text in [
            "date = 1",
            "date = \"x\"\n[[model]]\nnames = [\"a\"]\nprompt = -1.0\nreply = 0.0\nsource = \"\"\nseen = \"\"",
        ] {
            let fault = Prices::parse("own.toml", text).unwrap_err().to_string();
            assert!(fault.starts_with("own.toml: "), "{fault}");
        }
    }
}
