//! A workflow as its file describes it: the model, reading, rules.
//!
//! [`load()`] is the door: text in, a [`Workflow`] that keeps all rules out, or all [`Faults`] at once. The types
//! are the only description of what a file may hold; [`schema()`] gives it to editors.

mod check;
mod check_expressions;
mod check_run;
mod check_step;
mod dependency;
mod explain;
mod graph;
mod kind;
mod load;
mod order;
mod policy;
mod pool;
mod quantity;
mod resize;
mod schema;
mod service;
mod step;
mod workflow;

pub use super::yaml::{Fault, Faults, format};
pub use dependency::{Awaited, Dependency, OnSkipped};
pub use explain::{Explanation, explain};
pub use graph::{GraphFormat, graph};
pub use kind::{
    AgentConfig, AnalysisConfig, ConditionConfig, ScriptConfig, StepKind, StepList, WorkflowConfig,
};
pub use load::{Loaded, load, values};
pub use order::{Cycle, Order};
pub use policy::{Backoff, Breaker, Jitter, Retry, RetryOn};
pub use pool::{Adaptive, FailFast, Jobs, Parallel, Pool, PoolScope, RatePool, SlotPool};
pub use quantity::{Period, Size, TimeLimit};
pub use resize::{NewSizes, ResizeError, resized};
pub use schema::schema;
pub use service::{
    Check, ConnectionPool, HttpProbe, LogCheck, Probe, Restart, RestartBackoff, RestartPolicy, Signal,
    Startup, Stop,
};
pub use step::{ForEach, HANDLERS, Limits, Log, Step, StepId, StepParallel};
pub use workflow::{
    Behavior, Concurrency, Defaults, ErrorAction, ErrorRule, ScheduleRule, SecretSource, Workflow,
};
