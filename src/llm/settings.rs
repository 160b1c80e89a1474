//! How an endpoint is reached and how hard it may be used, as values.
//!
//! [`Endpoint::from_variables`] reads the variables that predecessors of this program used from whatever
//! look-up it is given. A key alone leads to no request: the model is named by the caller.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::error::LlmError;
use super::preset::{ModelName, Preset};
use crate::limits::{BreakerPolicy, Retry};

/// Requests to an endpoint at once, unless it is set otherwise.
pub const CONCURRENCY: usize = 8;

/// One endpoint and how it is used. [`Endpoint::check`] says whether it can be.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What is known of the provider.
    pub preset: &'static Preset,
    /// The model.
    pub model: ModelName,
    /// Where it is instead of where the preset says.
    pub base_url: Option<String>,
    /// The key.
    pub key: Option<SecretString>,
    /// Whether plain HTTP may leave this machine: keys, prompts and replies can then be read on the way.
    pub allow_plain_http: bool,
    /// Headers that every request carries beside those of the protocol. They may hold secrets.
    pub headers: BTreeMap<String, SecretString>,
    /// Time for one attempt; of a streamed reply, for its beginning and for each part.
    pub timeout: Duration,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Requests at once.
    pub concurrency: usize,
    /// Requests a minute; `None` is no limit.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Tokens a minute, prompts and replies together; `None` is no limit.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// When a failed request is sent again.
    pub retry: Retry,
    /// When the endpoint is left alone.
    pub breaker: BreakerPolicy,
    /// Bytes of a reply at most, after decompression.
    pub max_reply_bytes: usize,
    /// The temperature of all requests; `None`: each its own. What was recorded or kept does not depend on it.
    pub temperature: Option<f64>,
    /// Tokens of a reply at most, whatever a request allows; `None`: as each allows.
    pub max_tokens: Option<u32>,
}

impl Endpoint {
    /// The endpoint of `model` as its preset knows it, without a key.
    pub fn new(model: ModelName) -> Result<Self, LlmError> {
        Ok(Self {
            preset: Preset::find(model.provider())?,
            model,
            base_url: None,
            key: None,
            allow_plain_http: false,
            headers: BTreeMap::new(),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            concurrency: CONCURRENCY,
            requests_per_minute: None,
            tokens_per_minute: None,
            retry: Retry::default(),
            breaker: BreakerPolicy::default(),
            max_reply_bytes: 8 << 20,
            temperature: None,
            max_tokens: None,
        })
    }

    /// The endpoint of `model` with what the variables say: the provider's key, `<PROVIDER>_BASE_URL` or
    /// `LLM_BASE_URL`, `LLM_TIMEOUT` (seconds), `LLM_MAX_RETRIES`, `LLM_TEMPERATURE`, `LLM_MAX_TOKENS`. Empty
    /// ones count as not set.
    ///
    /// `LLM_BASE_URL` and `LLM_API_KEY` are for the provider that `LLM_PROVIDER` names, if it names one: no
    /// provider is sent the key of another. Whether the whole can be used, [`Self::check`] says: the caller may
    /// know an address that the variables do not name.
    ///
    /// # Errors
    /// [`LlmError::Setting`] naming the variable that cannot be used.
    pub fn from_variables(
        model: ModelName,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, LlmError> {
        let set = |name: &str| {
            variable(name)
                .map(|it| it.trim().to_owned())
                .filter(|it| !it.is_empty())
        };
        let mut endpoint = Self::new(model)?;
        let preset = endpoint.preset;
        let is_meant = set("LLM_PROVIDER").is_none_or(|it| it.eq_ignore_ascii_case(preset.name));
        for name in preset.key_variables {
            if *name == "LLM_API_KEY" && !is_meant {
                continue;
            }
            if let Some(key) = set(name) {
                endpoint.key = Some(secret(name, key)?);
                break;
            }
        }
        let own = format!("{}_BASE_URL", preset.name.to_ascii_uppercase());
        endpoint.base_url = set(&own).or_else(|| set("LLM_BASE_URL").filter(|_| is_meant));
        if let Some(seconds) = number::<f64>("LLM_TIMEOUT", &set)? {
            endpoint.timeout = Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|it| !it.is_zero() && *it <= LONGEST)
                .ok_or_else(|| {
                    LlmError::Setting("LLM_TIMEOUT is not a number of seconds up to 3600".to_owned())
                })?;
        }
        if let Some(retries) = number::<u32>("LLM_MAX_RETRIES", &set)? {
            endpoint.retry.max_attempts = retries.saturating_add(1);
        }
        endpoint.temperature = number("LLM_TEMPERATURE", &set)?;
        endpoint.max_tokens = number("LLM_MAX_TOKENS", &set)?;
        Ok(endpoint)
    }

    /// The URL that requests are sent below, without a slash at the end.
    ///
    /// # Errors
    /// [`LlmError::Setting`] when there is none, or it is not allowed.
    pub fn url(&self) -> Result<Url, LlmError> {
        let name = self.preset.name;
        let setting = |problem: &str| LlmError::Setting(format!("the base URL of {name} {problem}"));
        let text = self.base_url.as_deref().or(self.preset.base_url).ok_or_else(|| {
            setting("is not known; give it with --model-url, as LLM_BASE_URL or as `base_url`")
        })?;
        let url = address(text).map_err(setting)?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.allow_plain_http || is_loopback(&url) => Ok(url),
            "http" => Err(setting(
                "is plain HTTP to another machine, where keys and prompts can be read on the way; use https",
            )),
            _ => Err(setting("is neither http nor https")),
        }
    }

    /// Whether everything can be used.
    ///
    /// # Errors
    /// [`LlmError::Setting`] with what cannot, and what to do.
    pub fn check(&self) -> Result<(), LlmError> {
        self.url()?;
        if self.key.is_none() && self.preset.needs_key {
            return Err(LlmError::Setting(format!(
                "{} needs a key; set {}",
                self.preset.name, self.preset.key_variables[0]
            )));
        }
        if let Some(key) = &self.key {
            check_secret("the key", key)?;
        }
        for (name, value) in &self.headers {
            let shown: String = name.chars().filter(|it| !it.is_control()).take(60).collect();
            HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| LlmError::Setting(format!("`{shown}` is not the name of a header")))?;
            check_secret(&format!("header `{shown}`"), value)?;
        }
        if self.model.provider() != self.preset.name {
            return Err(LlmError::Setting(
                "the model belongs to another provider".to_owned(),
            ));
        }
        let range = |name: &str, is_good: bool, range: &str| match is_good {
            true => Ok(()),
            false => Err(LlmError::Setting(format!("{name} is not within {range}"))),
        };
        let is_time = |it: Duration| !it.is_zero() && it <= LONGEST;
        range("the timeout", is_time(self.timeout), "0 to 3600 s")?;
        range(
            "the connection timeout",
            is_time(self.connect_timeout),
            "0 to 3600 s",
        )?;
        range(
            "the number of requests at once",
            (1..=4096).contains(&self.concurrency),
            "1 to 4096",
        )?;
        range(
            "the time for all attempts",
            !self.retry.deadline.is_zero(),
            "1 s and more",
        )?;
        let warmth = self.temperature.unwrap_or(0.0);
        range("the temperature", (0.0..=2.0).contains(&warmth), "0 to 2")?;
        range(
            "the number of tokens of a reply (LLM_MAX_TOKENS)",
            self.max_tokens.is_none_or(|it| it >= SMALLEST_REPLY),
            "256 and more, which answers in a form need",
        )
    }
}

/// The URL that `text` is, without a slash at the end; the error says what is wrong with it and repeats none of it.
///
/// Addresses are told in reports, so that none may hold a secret, be it asked there or not.
pub fn address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim().trim_end_matches('/')).map_err(|_| "is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or password; give the key by itself");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("holds a `?` or `#`; give the path only, mostly ending in /v1");
    }
    Ok(url)
}

/// Tokens that every form has room in.
const SMALLEST_REPLY: u32 = 256;

/// The longest time limit that is taken for meant.
const LONGEST: Duration = Duration::from_secs(3600);

/// The model that `LLM_PROVIDER` and `<PROVIDER>_MODEL` or `LLM_MODEL` name, if they name one.
///
/// `LLM_MODEL=PROVIDER/NAME` needs no provider beside it. Whether such variables may choose is for the
/// configuration to say; keys are not looked at.
///
/// # Errors
/// [`LlmError::Setting`] when they name what there is not.
pub fn named_model(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<ModelName>, LlmError> {
    let set = |name: &str| variable(name).filter(|it| !it.trim().is_empty());
    let Some(provider) = set("LLM_PROVIDER") else {
        // A name without a provider says too little, and guessing one would send data to it.
        return set("LLM_MODEL")
            .filter(|it| it.contains('/'))
            .map(|it| it.parse())
            .transpose();
    };
    let preset = Preset::find(provider.trim())?;
    let own = format!("{}_MODEL", preset.name.to_ascii_uppercase());
    let name = set(&own).or_else(|| set("LLM_MODEL"));
    let Some(name) = name.as_deref().or(preset.default_model) else {
        return Ok(None);
    };
    // Taken as it is: `openrouter/auto` and `groq/compound` are names at those providers.
    ModelName::new(preset, name).map(Some)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

fn secret(name: &str, text: String) -> Result<SecretString, LlmError> {
    let secret = SecretString::from(text);
    check_secret(name, &secret)?;
    Ok(secret)
}

fn check_secret(name: &str, secret: &SecretString) -> Result<(), LlmError> {
    let text = secret.expose_secret();
    if text.trim() != text || text.is_empty() {
        return Err(LlmError::Setting(format!(
            "{name} is empty or has spaces around it"
        )));
    }
    // A header cannot hold them, and where it seems to, another header begins.
    if !text.is_ascii() || HeaderValue::from_str(text).is_err() {
        return Err(LlmError::Setting(format!(
            "{name} holds line breaks, control characters or letters beyond ASCII; copy it again"
        )));
    }
    Ok(())
}

fn number<T: std::str::FromStr>(
    name: &str,
    set: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<T>, LlmError> {
    set(name)
        .map(|it| it.parse())
        .transpose()
        .map_err(|_| LlmError::Setting(format!("{name} is not a number that can be used")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "sk-canary-7731";

    fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let map: BTreeMap<String, String> = pairs
            .iter()
            .map(|it| (it.0.to_owned(), it.1.to_owned()))
            .collect();
        move |name| map.get(name).cloned()
    }

    fn read(model: &str, pairs: &[(&str, &str)]) -> Result<Endpoint, LlmError> {
        let endpoint = Endpoint::from_variables(model.parse().unwrap(), &variables(pairs))?;
        endpoint.check()?;
        Ok(endpoint)
    }

    fn refusal(model: &str, pairs: &[(&str, &str)]) -> String {
        read(model, pairs).unwrap_err().to_string()
    }

    #[test]
    fn the_old_variables_are_read() {
        let endpoint = read(
            "gemini/gemini-2.5-flash",
            &[
                ("GOOGLE_API_KEY", " sk-canary-7731\n"),
                ("LLM_TIMEOUT", "90"),
                ("LLM_MAX_RETRIES", "2"),
                ("LLM_TEMPERATURE", "0.7"),
                ("LLM_MAX_TOKENS", "4000"),
            ],
        )
        .unwrap();
        assert_eq!(endpoint.key.as_ref().unwrap().expose_secret(), CANARY);
        assert_eq!(endpoint.timeout, Duration::from_secs(90));
        assert_eq!(endpoint.retry.max_attempts, 3);
        assert_eq!(
            (endpoint.temperature, endpoint.max_tokens),
            (Some(0.7), Some(4000))
        );
        assert!(!format!("{endpoint:?}").contains(CANARY));
    }

    #[test]
    fn a_key_alone_names_no_model() {
        let keys = variables(&[("OPENAI_API_KEY", CANARY), ("LLM_MODEL", "gpt-4o")]);
        assert_eq!(named_model(&keys), Ok(None));
    }

    #[test]
    fn variables_name_a_model_with_its_provider() {
        let name = |pairs: &[(&str, &str)]| {
            let model = named_model(&variables(pairs)).unwrap();
            model.map(|it| it.to_string()).unwrap_or_default()
        };
        let provider = ("LLM_PROVIDER", "OpenRouter");
        assert_eq!(
            name(&[provider, ("LLM_MODEL", "google/gemini-2.5-pro")]),
            "openrouter/google/gemini-2.5-pro"
        );
        assert_eq!(name(&[provider]), "openrouter/google/gemini-2.5-flash");
        assert_eq!(name(&[("LLM_MODEL", "ollama/llama3.1")]), "ollama/llama3.1");
        assert_eq!(
            name(&[
                ("LLM_PROVIDER", "openai"),
                ("OPENAI_MODEL", "a"),
                ("LLM_MODEL", "b")
            ]),
            "openai/a"
        );
        assert_eq!(name(&[("LLM_PROVIDER", "vllm")]), "");
    }

    #[test]
    fn no_provider_is_sent_the_key_of_another() {
        let pairs = [
            ("LLM_PROVIDER", "openrouter"),
            ("LLM_BASE_URL", "https://elsewhere.example/v1"),
            ("OPENAI_API_KEY", CANARY),
            ("LLM_API_KEY", "sk-other"),
        ];
        let host = |pairs: &[_]| {
            let url = read("openai/gpt", pairs).unwrap().url().unwrap();
            url.host_str().unwrap().to_owned()
        };
        assert_eq!(host(&pairs), "api.openai.com");
        assert_eq!(host(&[pairs[1], pairs[2]]), "elsewhere.example");
        let own = ("OPENAI_BASE_URL", "https://own.example/v1");
        assert_eq!(host(&[own, pairs[1], pairs[2]]), "own.example");
        assert!(refusal("mistral/m", &pairs).contains("set MISTRAL_API_KEY"));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in [
            "http://127.0.0.1:9/v1",
            "http://localhost:9/v1/",
            "http://[::1]:9/v1",
        ] {
            assert!(read("custom/m", &[("LLM_BASE_URL", url)]).is_ok(), "{url}");
        }
        for url in [
            "http://example.org/v1",
            "http://127.0.0.1.example.org/v1",
            "http://0.0.0.0/v1",
        ] {
            assert!(
                refusal("custom/m", &[("LLM_BASE_URL", url)]).contains("use https"),
                "{url}"
            );
        }
        let mut endpoint = Endpoint::new("custom/m".parse().unwrap()).unwrap();
        endpoint.base_url = Some("http://example.org/v1".to_owned());
        endpoint.allow_plain_http = true;
        assert!(endpoint.check().is_ok());
    }

    #[test]
    fn urls_with_secrets_queries_or_other_schemes_are_refused_without_showing_them() {
        for url in [
            "https://user:sk-canary-7731@example.org/v1",
            "https://example.org/v1?key=sk-canary-7731",
            "file:///etc/sk-canary-7731",
            "sk-canary-7731",
        ] {
            let text = refusal("custom/m", &[("LLM_BASE_URL", url)]);
            assert!(!text.contains(CANARY), "{text}");
        }
    }

    #[test]
    fn keys_that_cannot_be_headers_are_refused_without_showing_them() {
        for key in ["sk-canary-7731\nX: y", "sk-canary-7731\u{0}", "sk-canary-7731é"] {
            let text = refusal("openai/m", &[("OPENAI_API_KEY", key)]);
            assert!(
                text.contains("OPENAI_API_KEY") && !text.contains(CANARY),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_out_of_range_is_named() {
        assert!(refusal("openai/m", &[]).contains("set OPENAI_API_KEY"));
        assert!(refusal("azure/m", &[("AZURE_API_KEY", "k")]).contains("LLM_BASE_URL"));
        let bad = [
            ("LLM_TIMEOUT", "0"),
            ("LLM_TIMEOUT", "inf"),
            ("LLM_MAX_RETRIES", "-1"),
        ];
        for pair in bad {
            assert!(refusal("ollama/m", &[pair]).contains(pair.0));
        }
        assert!(refusal("ollama/m", &[("LLM_TEMPERATURE", "3")]).contains("0 to 2"));
    }
}
