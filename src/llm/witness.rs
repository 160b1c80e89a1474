//! Who is told what happens to a request on its way, beside its reply: calls that fail, what they may have cost,
//! other models that are asked instead, and how far a reply is; and who is asked before it is sent again.

use std::fmt;
use std::sync::Arc;

use super::{LlmError, Switch};

/// Something that happened to a request.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A model gave no reply, or was not asked.
    Failed {
        /// What people call the model.
        model: &'a str,
        /// Why there is no reply.
        error: &'a LlmError,
        /// Tokens that count as spent all the same: the provider may have charged them.
        tokens: u64,
        /// What those cost in USD; `None` where the price is not known.
        cost_usd: Option<f64>,
    },
    /// Another model is asked.
    Switched(&'a Switch),
    /// So many tokens of the reply came so far, estimated; another attempt begins again at zero.
    Came(u64),
}

type Listener = Arc<dyn Fn(Happening<'_>) + Send + Sync>;

/// Who is told; nobody unless said. It is no part of what is asked: equal requests may have different witnesses.
#[derive(Clone, Default)]
pub struct Witness {
    listener: Option<Listener>,
    is_watching: bool,
}

impl Witness {
    /// `listener` is told what happens. It must not wait.
    pub fn new(listener: impl Fn(Happening<'_>) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Arc::new(listener)),
            is_watching: false,
        }
    }

    /// The same, told also how far the reply is; endpoints then stream it.
    #[must_use]
    pub fn watching(self) -> Self {
        Self {
            is_watching: true,
            ..self
        }
    }

    /// Whether it is told how far the reply is.
    pub fn is_watching(&self) -> bool {
        self.is_watching
    }

    /// Tells what happened.
    pub fn tell(&self, happening: Happening<'_>) {
        if let Some(listener) = &self.listener {
            listener(happening);
        }
    }
}

impl PartialEq for Witness {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}

type Rule = Arc<dyn Fn(&LlmError) -> bool + Send + Sync>;

/// Whether a request may be sent again after an error that may pass; always, unless said. Each attempt may be
/// charged, so that a budget has a say. Like the witness it is no part of what is asked.
#[derive(Clone, Default)]
pub struct Allowance(Option<Rule>);

impl Allowance {
    /// Asks `rule` after each attempt that failed and would be made again. It must not wait.
    pub fn new(rule: impl Fn(&LlmError) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(rule)))
    }

    /// Whether there may be another attempt after `error`.
    pub(super) fn allows(&self, error: &LlmError) -> bool {
        self.0.as_ref().is_none_or(|it| it(error))
    }
}

impl PartialEq for Allowance {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowance").finish_non_exhaustive()
    }
}
