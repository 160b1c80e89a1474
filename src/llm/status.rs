//! What a status and an error's body mean, in the words of [`LlmError`].
//!
//! Providers agree on little: codes are numbers or words, the error is an object, a text, an object in an
//! array or a page of HTML. What is passed on to people is cleaned and cut, and holds no key.

use std::time::Duration;

use serde_json::Value;

use super::error::LlmError;
use super::mask::Mask;
use super::request::ShapeMode;

/// Letters of a provider's own words that are passed on.
const MOST_SHOWN: usize = 300;

/// A failed attempt and what the next one should know.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What went wrong.
    pub(super) error: LlmError,
    /// What the provider asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// The optional field that was refused.
    pub(super) field: Option<Optional>,
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        Self {
            error,
            retry_after: None,
            field: None,
        }
    }
}

/// Fields that some models refuse and that a request can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Optional {
    /// The limit of the reply, under the name it was sent with.
    Limit,
    /// The temperature: models that think before they answer take none.
    Temperature,
    /// The seed.
    Seed,
}

/// Who failed; needed for messages.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// The endpoint's host.
    pub(super) host: String,
    /// The provider.
    pub(super) provider: &'static str,
    /// The variable that holds the key.
    pub(super) variable: &'static str,
    /// Keeps the key out of what is passed on.
    pub(super) mask: Mask,
}

/// What was asked for, as far as a refusal may be about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// The mode of the form, if there was one.
    pub(super) mode: Option<ShapeMode>,
    /// The name of the limit's field.
    pub(super) limit: &'static str,
    /// The name of the seed's field, if it was sent.
    pub(super) seed: Option<&'static str>,
    /// Whether a temperature was sent.
    pub(super) has_temperature: bool,
}

impl Party {
    /// What status `status` with `body` means; `retry_after` is what the headers asked for.
    pub(super) fn failure(
        &self,
        status: u16,
        body: &[u8],
        retry_after: Option<Duration>,
        asked: Asked,
    ) -> Failure {
        let text = String::from_utf8_lossy(body);
        let value: Option<Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
        let said = Said::new(value.as_ref(), &text);
        let retry_after = retry_after.or_else(|| value.as_ref().and_then(retry_delay));
        Failure {
            field: self.refused_field(status, &said, asked),
            error: self.error(status, &said, retry_after, asked),
            retry_after,
        }
    }

    /// The error object within a reply of status 200, if it holds one.
    pub(super) fn failure_within(&self, reply: &Value, asked: Asked) -> Option<Failure> {
        let object = first(reply);
        let error = object.get("error").filter(|it| !it.is_null())?;
        let code = error.get("code").or_else(|| error.get("status_code"));
        let status = code.and_then(number).filter(|it| (400..600).contains(it));
        let body = serde_json::to_vec(object).unwrap_or_default();
        Some(self.failure(status.unwrap_or(200), &body, None, asked))
    }

    /// `text` without control characters and keys, cut.
    pub(super) fn clean(&self, text: &str) -> String {
        clean(&self.mask.text(text))
    }

    fn error(&self, status: u16, said: &Said, retry_after: Option<Duration>, asked: Asked) -> LlmError {
        let host = self.host.clone();
        let detail = self.clean(&said.message);
        match status {
            401 | 403 if status == 401 || !said.is_about_content() => LlmError::Unauthorised {
                provider: self.provider.to_owned(),
                status,
                variable: self.variable.to_owned(),
            },
            402 => LlmError::QuotaUsedUp { host },
            429 if said.is_quota() => LlmError::QuotaUsedUp { host },
            429 => LlmError::RateLimited { host, retry_after },
            _ if said.is_too_long(status) => LlmError::TooLong { detail },
            _ => match asked.mode.filter(|it| said.refuses(*it, status)) {
                Some(mode) => LlmError::ShapeRefused { host, mode, detail },
                None if matches!(status, 408 | 409 | 425) || !(300..500).contains(&status) => {
                    LlmError::Failed { host, status, detail }
                }
                None => LlmError::Refused { host, status, detail },
            },
        }
    }

    fn refused_field(&self, status: u16, said: &Said, asked: Asked) -> Option<Optional> {
        if !matches!(status, 400 | 422) || !said.is_unsupported() {
            return None;
        }
        let sent = [
            (Some(asked.limit).filter(|it| !it.is_empty()), Optional::Limit),
            (
                asked.has_temperature.then_some("temperature"),
                Optional::Temperature,
            ),
            (asked.seed, Optional::Seed),
        ];
        let is_named = |name: &str| said.has_word(name);
        sent.into_iter()
            .find(|it| it.0.is_some_and(is_named))
            .map(|it| it.1)
    }
}

/// What a provider said.
struct Said {
    /// For people.
    message: String,
    /// All of it in lower case, for finding out what it is about.
    all: String,
}

impl Said {
    fn new(value: Option<&Value>, text: &str) -> Self {
        let message = value.map(first).and_then(message);
        let message = message.unwrap_or_else(|| match value {
            // What has no message of its own may hold anything.
            Some(_) => "an error without a message".to_owned(),
            None if is_page(text) => format!("a page of HTML{}", title(text)),
            None => text.to_owned(),
        });
        Self {
            message,
            all: text.to_lowercase(),
        }
    }

    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|it| self.all.contains(it))
    }

    /// Whether `word` occurs as a name by itself: `max_tokens` is not in `max_tokens_limit`.
    fn has_word(&self, word: &str) -> bool {
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        self.all.match_indices(word).any(|(at, _)| {
            let before = self.all[..at].chars().next_back();
            let after = self.all[at + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    }

    /// Whether a 403 is about what was asked or from where, and not about the key.
    fn is_about_content(&self) -> bool {
        self.has(&["moderation", "flagged", "region", "country", "territory"])
    }

    /// Whether credit is used up, and not only the rate of a minute or day.
    fn is_quota(&self) -> bool {
        self.has(&[
            "insufficient_quota",
            "insufficient balance",
            "credit balance",
            "billing_hard_limit",
            "out of credits",
        ])
    }

    fn is_too_long(&self, status: u16) -> bool {
        let words = [
            "context_length_exceeded",
            "exceed_context_size",
            "context length",
            "context window",
            "context size",
            "maximum context",
            "prompt is too long",
            "prompt too long",
            "input is too long",
            "too many tokens",
            "input token count",
        ];
        status == 413 || (matches!(status, 400 | 422) && self.has(&words))
    }

    /// Whether this is about the form having been asked for in `mode`.
    fn refuses(&self, mode: ShapeMode, status: u16) -> bool {
        let words: &[&str] = match mode {
            ShapeMode::JsonSchema => &["response_format", "schema", "structured output", "grammar"],
            ShapeMode::ToolCall => &["tool", "function"],
            ShapeMode::JsonObject => &["response_format", "json_object", "json mode"],
            ShapeMode::Prompt => &[],
        };
        match status {
            400 | 404 | 422 => self.has(words),
            // llama.cpp without its template engine: 500, "tools param requires --jinja flag".
            500 | 501 => self.has(words) && self.is_unsupported(),
            _ => false,
        }
    }

    fn is_unsupported(&self) -> bool {
        self.has(&[
            "support",
            "require",
            "implement",
            "unrecognized",
            "unknown",
            "unexpected",
            "not permitted",
            "not allowed",
            "invalid",
        ])
    }
}

/// The object of an error that may be wrapped in an array.
fn first(value: &Value) -> &Value {
    match value {
        Value::Array(items) => items.first().unwrap_or(value),
        _ => value,
    }
}

/// The message of an error, wherever it is kept.
fn message(value: &Value) -> Option<String> {
    let error = value.get("error").unwrap_or(value);
    let texts = [
        error.pointer("/metadata/raw"),
        error.get("message"),
        error.get("detail"),
        error.get("msg"),
        value.get("message"),
        value.get("detail"),
        Some(error),
    ];
    let text = texts
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
        .map(str::to_owned);
    text.or_else(|| problems(value.get("detail")?))
}

/// The problems that servers list which check requests field by field: where and what. They may repeat the
/// input beside it, which is left out: it holds the prompt.
fn problems(detail: &Value) -> Option<String> {
    let problem = |it: &Value| {
        let place = it.get("loc")?.as_array()?.iter();
        let place: Vec<_> = place
            .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
            .collect();
        Some(format!("{}: {}", place.join("."), it.get("msg")?.as_str()?))
    };
    let problems: Vec<_> = detail.as_array()?.iter().filter_map(problem).collect();
    Some(problems.join("; "))
}

/// How long Gemini asks to wait: `error.details[].retryDelay`, as in `"37s"`.
fn retry_delay(value: &Value) -> Option<Duration> {
    let details = first(value).pointer("/error/details")?.as_array()?;
    let text = details.iter().find_map(|it| it.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}

/// A status that is a number or a number in a text.
fn number(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number).ok()
}

fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn title(page: &str) -> String {
    let title = page
        .split_once("<title>")
        .and_then(|it| it.1.split_once("</title>"));
    title.map_or_else(String::new, |it| format!(": {}", it.0.trim()))
}

/// `text` on one line, without control characters, cut.
pub(super) fn clean(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .take(4 * MOST_SHOWN)
        .collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.is_empty() {
        return "nothing was said".to_owned();
    }
    match joined.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &joined[..end]),
        None => joined,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn party() -> Party {
        Party {
            host: "host".to_owned(),
            provider: "custom",
            variable: "CUSTOM_API_KEY",
            mask: Mask(Some("sk-canary-7731".into())),
        }
    }

    fn failure(status: u16, body: &Value, asked: Asked) -> Failure {
        party().failure(status, body.to_string().as_bytes(), None, asked)
    }

    fn said(body: &Value) -> String {
        match failure(500, body, Asked::default()).error {
            LlmError::Failed { detail, .. } => detail,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_message_is_found_wherever_it_is_kept() {
        let places = [
            json!({ "error": { "message": "words", "code": 500 } }),
            json!([{ "error": { "message": "words" } }]),
            json!({ "error": "words" }),
            json!({ "message": "words" }),
            json!({ "detail": "words" }),
            json!({ "error": { "message": "Provider returned error", "metadata": { "raw": "words" } } }),
            json!("words"),
        ];
        for place in places {
            assert_eq!(said(&place), "words", "{place}");
        }
        let problem = json!({ "loc": ["body", "stop", 0], "msg": "not a text", "input": "the prompt" });
        assert_eq!(said(&json!({ "detail": [problem] })), "body.stop.0: not a text");
        assert_eq!(
            said(&json!({ "input": "the prompt" })),
            "an error without a message"
        );
        assert_eq!(clean(" \n\u{0}"), "nothing was said");
    }

    #[test]
    fn words_are_cut_at_a_letter_and_keys_are_replaced() {
        let text = party().clean(&format!("SK-canary-7731{}", "é".repeat(1000)));
        assert!(text.starts_with("[key]é") && text.ends_with('…'));
        assert_eq!(text.chars().count(), MOST_SHOWN + 1);
    }

    #[test]
    fn the_minute_is_told_from_the_account() {
        let gemini = json!([{ "error": {
            "code": 429,
            "message": "You exceeded your current quota",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{ "retryDelay": "37.5s" }],
        } }]);
        let failure = failure(429, &gemini, Asked::default());
        assert!(matches!(failure.error, LlmError::RateLimited { .. }));
        assert_eq!(failure.retry_after, Some(Duration::from_millis(37_500)));
        let balance = json!({ "error": { "message": "Insufficient Balance" } });
        let quota = |status| self::failure(status, &balance, Asked::default()).error;
        assert!(matches!(quota(402), LlmError::QuotaUsedUp { .. }));
        assert!(matches!(quota(429), LlmError::QuotaUsedUp { .. }));
    }

    #[test]
    fn statuses_have_their_kinds() {
        let kind = |status| failure(status, &json!({ "error": "x" }), Asked::default()).error;
        for status in [301, 400, 404, 422] {
            assert!(matches!(kind(status), LlmError::Refused { .. }), "{status}");
        }
        for status in [200, 408, 409, 425, 500, 502, 503, 529] {
            assert!(matches!(kind(status), LlmError::Failed { .. }), "{status}");
        }
        assert!(matches!(kind(403), LlmError::Unauthorised { status: 403, .. }));
        assert!(matches!(kind(413), LlmError::TooLong { .. }));
        let flagged = json!({ "error": { "message": "Your input was flagged", "code": 403 } });
        let error = failure(403, &flagged, Asked::default()).error;
        assert!(matches!(error, LlmError::Refused { status: 403, .. }));
    }

    #[test]
    fn a_refused_field_is_named_only_if_it_was_sent() {
        let asked = Asked {
            limit: "max_tokens",
            has_temperature: true,
            ..Asked::default()
        };
        let field = |words: &str| failure(400, &json!({ "error": words }), asked).field;
        let limit = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        assert_eq!(field(limit), Some(Optional::Limit));
        assert_eq!(
            field("Unsupported value: 'temperature'"),
            Some(Optional::Temperature)
        );
        assert_eq!(field("Unknown field: seed"), None);
        assert_eq!(field("max_tokens_total is not supported"), None);
        assert_eq!(field("the temperature is 3"), None);
    }

    #[test]
    fn a_null_error_within_a_reply_is_none() {
        let asked = Asked::default();
        assert!(
            party()
                .failure_within(&json!({ "error": null, "choices": [] }), asked)
                .is_none()
        );
        assert!(party().failure_within(&json!({ "choices": [] }), asked).is_none());
        let worded = json!({ "error": { "message": "slow down", "code": "429" } });
        let failure = party().failure_within(&worded, asked).unwrap();
        assert!(matches!(failure.error, LlmError::RateLimited { .. }));
    }
}
