//! The models of a run, put together from the inside out: endpoint, kept replies, recording, budget, fallback.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{doctor, tape};
use crate::agents::prompts::Prompts;
use crate::assets::Assets;
use crate::config::Variables;
use crate::llm::{
    Budget, Budgeted, Cached, Endpoint, Fallback, Ledger, LlmError, Model, ModelName, Modes, OpenAi, Preset,
    Prices, Recorder, Replayer, Role, address, http_client,
};
use crate::model::id::ContentHash;
use crate::pipeline::{Effort, ModelRequest, Models, PipelineError, RunRequest, Watch};

/// How long a model that stood in for another is asked at once.
const STAND_IN: Duration = Duration::from_secs(120);

/// Seed of requests and of waits between attempts.
const SEED: u64 = 1;

/// What a face brings for language models.
#[derive(Clone, Default)]
pub struct ModelKeys {
    /// What the environment says: keys, addresses, limits.
    pub variables: Variables,
    /// A model of the caller's own, asked in every role instead of those that the request names.
    pub model: Option<Arc<dyn Model>>,
    /// Who sees how far replies are; endpoints then stream them.
    pub watch: Option<Watch>,
}

/// The models that `request` names, within what `effort` allows; none where it names none and the face brings none.
///
/// # Errors
///
/// A model, key, address or recording that cannot be used; nothing was sent.
pub(super) fn models(
    request: &RunRequest,
    effort: &Effort,
    keys: &ModelKeys,
    assets: &Assets,
) -> Result<Models, PipelineError> {
    let wanted = &request.models;
    if let Some(Err(problem)) = wanted.base_url.as_deref().map(address) {
        return Err(PipelineError::Invalid(format!(
            "the address of --model-url {problem}"
        )));
    }
    if !wanted.asks() && keys.model.is_none() {
        return match (&wanted.replay, &wanted.record) {
            (None, None) if wanted.base_url.is_none() && wanted.fallbacks.is_empty() => Ok(Models::default()),
            (None, None) => Err(PipelineError::Invalid(
                "an address or a fallback needs a model to go with; name it with --model PROVIDER/NAME"
                    .to_owned(),
            )),
            _ => Err(PipelineError::Invalid(
                "--record and --replay need a model; name it with --model PROVIDER/NAME".to_owned(),
            )),
        };
    }
    wanted.may_ask()?;
    let prompts = Prompts::load(assets).map_err(PipelineError::Invalid)?;
    let ledger = Workshop::ledger(effort);
    let workshop = Workshop::new(request, effort, keys, ledger).map_err(|error| invalid(&error))?;
    workshop.models(prompts).map_err(|error| invalid(&error))
}

pub(super) fn invalid(error: &LlmError) -> PipelineError {
    PipelineError::Invalid(format!("the model cannot be asked: {error}"))
}

/// `first`, and `others` where it is down.
fn with_fallbacks(first: Arc<dyn Model>, others: Vec<Arc<dyn Model>>) -> Arc<dyn Model> {
    if others.is_empty() {
        return first;
    }
    Arc::new(Fallback::new(first, others, STAND_IN))
}

/// The prices that gaai knows, those of the request's file before them.
fn prices(request: &RunRequest) -> Result<Prices, LlmError> {
    let ours = Prices::ours()?;
    let Some(file) = &request.models.prices else {
        return Ok(ours);
    };
    let path = request.path(file);
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| LlmError::Setting(format!("{name} cannot be read: {error}")))?;
    Ok(ours.overridden_by(Prices::parse(&name, &text)?))
}

/// What the models of a run share.
pub(super) struct Workshop<'a> {
    request: &'a RunRequest,
    effort: &'a Effort,
    keys: &'a ModelKeys,
    prices: Prices,
    ledger: Arc<Ledger>,
    modes: Arc<Modes>,
}

impl<'a> Workshop<'a> {
    /// What the requests within `effort` have used, from now on.
    pub(super) fn ledger(effort: &Effort) -> Arc<Ledger> {
        let budget = Budget {
            usd: effort.budget_usd,
            tokens: effort.budget_tokens,
            time: effort.budget_time_ms.map(Duration::from_millis),
        };
        let began = Instant::now();
        Ledger::new(budget, Arc::new(move || began.elapsed()))
    }

    pub(super) fn new(
        request: &'a RunRequest,
        effort: &'a Effort,
        keys: &'a ModelKeys,
        ledger: Arc<Ledger>,
    ) -> Result<Self, LlmError> {
        Ok(Self {
            request,
            effort,
            keys,
            prices: prices(request)?,
            ledger,
            modes: Arc::default(),
        })
    }

    fn wanted(&self) -> &ModelRequest {
        &self.request.models
    }

    fn models(self, prompts: Prompts) -> Result<Models, LlmError> {
        let mut endpoints: BTreeMap<&'static str, OpenAi> = BTreeMap::new();
        let mut made: BTreeMap<String, Arc<dyn Model>> = BTreeMap::new();
        let mut by_role = BTreeMap::new();
        for role in Role::ASKING {
            if let Some(model) = &self.keys.model {
                let kept = self.kept(self.budgeted(Arc::clone(model)), "own");
                by_role.insert(role, self.recorded(kept)?);
                continue;
            }
            let own = self.wanted().roles.get(&role);
            if let Some(name) = own.or(self.wanted().default.as_ref()) {
                by_role.insert(role, self.model(name, &mut made, &mut endpoints)?);
            }
        }
        // Endpoints alone read them.
        let changing = ["LLM_TEMPERATURE", "LLM_MAX_TOKENS"]
            .into_iter()
            .filter(|_| !endpoints.is_empty());
        let set = changing.filter_map(|name| Some((name, self.keys.variables.get(name)?)));
        let settings = set
            .map(|(name, value)| format!("{name}={}", value.trim()))
            .collect();
        let quoted = by_role
            .iter()
            .map(|(role, model)| (*role, self.prices.quote(model.name())));
        let prices = quoted.filter_map(|(role, it)| Some((role, it?.price))).collect();
        Ok(Models {
            by_role,
            prices,
            settings,
            prompts: Arc::new(prompts),
            modes: Arc::clone(&self.modes),
            seed: SEED,
            // Set once the inputs are known.
            redacting: None,
            // Recordings cost nothing.
            ledger: self.wanted().replay.is_none().then_some(self.ledger),
            watch: self.keys.watch.clone(),
        })
    }

    /// The model `name` with its fallbacks, recorded or replayed; made once.
    pub(super) fn model(
        &self,
        name: &str,
        made: &mut BTreeMap<String, Arc<dyn Model>>,
        endpoints: &mut BTreeMap<&'static str, OpenAi>,
    ) -> Result<Arc<dyn Model>, LlmError> {
        if let Some(model) = made.get(name) {
            return Ok(Arc::clone(model));
        }
        let named: ModelName = name.parse()?;
        let model = match &self.wanted().replay {
            Some(directory) => self.replayed(&named, &self.request.path(directory))?,
            None => {
                let first = self.asked(&named, endpoints)?;
                let others = self.wanted().fallbacks.iter().filter(|it| *it != name);
                let others = others.map(|it| self.asked(&it.parse()?, endpoints));
                let others = others.collect::<Result<Vec<_>, LlmError>>()?;
                self.recorded(with_fallbacks(first, others))?
            }
        };
        made.insert(name.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    /// What answered when the run was recorded, refusals of budgets and switches between models included.
    fn replayed(&self, named: &ModelName, directory: &Path) -> Result<Arc<dyn Model>, LlmError> {
        let title = named.to_string();
        let usual = Preset::find(named.provider())?.shape;
        self.modes
            .set(&title, tape::mode_of(directory, &title)?.unwrap_or(usual));
        Ok(Arc::new(Replayer::open(title, directory)?))
    }

    /// `model`, recorded if wanted.
    fn recorded(&self, model: Arc<dyn Model>) -> Result<Arc<dyn Model>, LlmError> {
        let Some(directory) = &self.wanted().record else {
            return Ok(model);
        };
        let directory = self.request.path(directory);
        let title = model.name().to_owned();
        let recorder = Recorder::open(model, &directory)?;
        tape::keep_mode(&directory, &title, self.modes.of(&title).mode())?;
        Ok(Arc::new(recorder))
    }

    /// `model` within the budget.
    fn budgeted(&self, model: Arc<dyn Model>) -> Arc<dyn Model> {
        let price = self.prices.quote(model.name()).map(|it| it.price);
        Arc::new(Budgeted::new(model, price, Arc::clone(&self.ledger)))
    }

    /// A model at its endpoint, whose replies are kept. Models of one provider share its limits.
    fn asked(
        &self,
        named: &ModelName,
        endpoints: &mut BTreeMap<&'static str, OpenAi>,
    ) -> Result<Arc<dyn Model>, LlmError> {
        let openai = match endpoints.get(named.provider()) {
            Some(known) => known.for_model(named)?,
            None => {
                let openai = self.openai(named)?;
                endpoints.insert(named.provider(), openai.for_model(named)?);
                openai
            }
        };
        let endpoint = openai.endpoint();
        let cache = self.effort.cache.as_ref();
        let found = cache.and_then(|it| doctor::kept(it, endpoint));
        let mode = found.map_or(endpoint.preset.shape, |it| it.mode());
        self.modes.set(openai.name(), mode);
        // Two servers may call different models alike.
        let place = ContentHash::of(endpoint.url()?.as_str().as_bytes());
        Ok(self.kept(self.budgeted(Arc::new(openai)), place.short()))
    }

    /// `model`, whose replies are kept at `place` where the run has a cache.
    fn kept(&self, model: Arc<dyn Model>, place: &str) -> Arc<dyn Model> {
        match &self.effort.cache {
            Some(directory) => Arc::new(Cached::new(model, directory.join("replies").join(place))),
            None => model,
        }
    }

    /// The model at its endpoint.
    pub(super) fn openai(&self, named: &ModelName) -> Result<OpenAi, LlmError> {
        let endpoint = self.endpoint(named)?;
        let http = http_client(&endpoint)?;
        OpenAi::new(endpoint, http, SEED)
    }

    fn endpoint(&self, named: &ModelName) -> Result<Endpoint, LlmError> {
        let wanted = self.wanted();
        let mut endpoint = Endpoint::from_variables(named.clone(), &|name| self.keys.variables.get(name))?;
        if let Some(url) = wanted.base_url.as_ref().filter(|_| self.is_main(named)) {
            endpoint.base_url = Some(url.clone());
        }
        endpoint.allow_plain_http |= wanted.allow_plain_http;
        endpoint.concurrency = wanted.concurrency.unwrap_or(endpoint.concurrency);
        let limit = |it: Option<u64>| it.and_then(std::num::NonZeroU64::new);
        endpoint.requests_per_minute = limit(wanted.requests_per_minute).or(endpoint.requests_per_minute);
        endpoint.tokens_per_minute = limit(wanted.tokens_per_minute).or(endpoint.tokens_per_minute);
        if let Some(ms) = wanted.timeout_ms {
            endpoint.timeout = Duration::from_millis(ms);
        }
        endpoint.check()?;
        Ok(endpoint)
    }

    /// Whether an address that was given without a provider is that of this model's: another provider's key is
    /// not sent there.
    fn is_main(&self, named: &ModelName) -> bool {
        let wanted = self.wanted();
        let main = wanted.default.as_ref().or(wanted.roles.values().next());
        let main = main.and_then(|it| it.parse::<ModelName>().ok());
        main.is_some_and(|it| it.provider() == named.provider())
    }
}
