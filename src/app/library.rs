//! Models for questions that belong to no stage: each made when it is first asked for, all within one budget.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::models::{ModelKeys, Workshop, invalid};
use crate::llm::{Ledger, LlmError, Model, OpenAi};
use crate::pipeline::{PipelineError, RunRequest};

/// See the module.
pub(super) struct Library {
    request: RunRequest,
    keys: ModelKeys,
    ledger: Arc<Ledger>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    models: BTreeMap<String, Arc<dyn Model>>,
    endpoints: BTreeMap<&'static str, OpenAi>,
}

impl Library {
    /// A library for what `request` allows; nothing is made yet.
    pub(super) fn new(request: RunRequest, keys: ModelKeys) -> Self {
        Self {
            ledger: Workshop::ledger(&request.effort),
            request,
            keys,
            made: Mutex::default(),
        }
    }

    /// The model `name`, or the one that the request names.
    ///
    /// # Errors
    /// None is named, or it cannot be asked; nothing was sent.
    pub(super) fn model(&self, name: Option<&str>) -> Result<Arc<dyn Model>, PipelineError> {
        let wanted = &self.request.models;
        let name = name.or(wanted.default.as_deref()).ok_or_else(|| {
            PipelineError::Invalid(
                "no model is named; add --model PROVIDER/NAME, or a default under [models] in gaai.toml"
                    .to_owned(),
            )
        })?;
        wanted.may_ask()?;
        let made = || -> Result<Arc<dyn Model>, LlmError> {
            let workshop = Workshop::new(
                &self.request,
                &self.request.effort,
                &self.keys,
                Arc::clone(&self.ledger),
            )?;
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let Made { models, endpoints } = &mut *made;
            workshop.model(name, models, endpoints)
        };
        made().map_err(|error| invalid(&error))
    }
}
