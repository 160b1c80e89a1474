//! What a run of branches is given: its names, limits, pools, and where it tells what happens.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::metrics::MetricsRecorder;
use super::performer::Performer;
use super::pools::PoolSize;
use super::settings::ProcessorSettings;
use super::spans::SpanFactory;
use super::status::{Observer, StatusTarget};
use crate::flow::{Cancel, Order, Orders};
use crate::model::id::RunId;
use crate::process::Gauge;

/// See the module. One context is one run: whoever processes branches with it while it runs adds to the
/// run, within the same limits.
pub struct ProcessingContext {
    /// The run.
    pub flow_session_id: RunId,
    /// What runs; a label of metrics, so not an id of its own for every run.
    pub workflow_id: String,
    /// Limits.
    pub settings: ProcessorSettings,
    /// Named limits of the run. What owns a part of one can only take of those after it.
    pub pools: Vec<(String, PoolSize)>,
    /// Stops the run.
    pub cancel: Cancel,
    /// The machine, if a size adapts to it.
    pub machine: Option<Gauge>,
    /// Looks on.
    pub observer: Option<Observer>,
    /// Where statuses are kept durably.
    pub status: Option<StatusTarget>,
    /// Counts and times.
    pub metrics_recorder: MetricsRecorder,
    /// Spans.
    pub span_factory: SpanFactory,
    pub(super) active: AtomicUsize,
    pub(super) statuses: Arc<AtomicU64>,
    live: Mutex<Option<Orders<Performer>>>,
}

impl ProcessingContext {
    /// A run with the default limits, no pools, and nobody who looks on.
    pub fn new(flow_session_id: RunId, workflow_id: impl Into<String>) -> Self {
        Self {
            flow_session_id,
            workflow_id: workflow_id.into(),
            settings: ProcessorSettings::default(),
            pools: Vec::new(),
            cancel: Cancel::default(),
            machine: None,
            observer: None,
            status: None,
            metrics_recorder: MetricsRecorder::default(),
            span_factory: SpanFactory::default(),
            active: AtomicUsize::new(0),
            statuses: Arc::new(AtomicU64::new(0)),
            live: Mutex::new(None),
        }
    }

    /// Branches that run now.
    pub fn active_branches(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// Makes the caller the one who drives the run, unless somebody does; then the way to that one.
    pub(super) fn lead(&self) -> Result<Lead<'_>, Orders<Performer>> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = &*live {
            return Err(orders.clone());
        }
        let (orders, heard) = Orders::channel();
        *live = Some(orders.clone());
        Ok(Lead {
            context: self,
            orders,
            heard: Some(heard),
        })
    }

    /// The way to whoever drives the run.
    pub(super) fn live(&self) -> Option<Orders<Performer>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// That the holder drives the run; over when it is dropped.
pub(super) struct Lead<'a> {
    context: &'a ProcessingContext,
    pub(super) orders: Orders<Performer>,
    pub(super) heard: Option<mpsc::Receiver<Order<Performer>>>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        *self.context.live.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
