//! Reads the modules of a batch while it runs: the first task of its flow, which adds the others.
//!
//! A module is read when there is room for its result, so what is in memory is bounded by the channel of results,
//! however long the batch is.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::module::Module;
use super::performer::Performer;
use super::result::ModuleResult;
use crate::flow::{Halt, Input, Order, Orders, Stop};

/// Where modules come from.
pub(super) type Source = BoxStream<'static, Module>;

/// What reads.
pub(super) struct Feed {
    pub(super) source: Source,
    pub(super) results: mpsc::Sender<ModuleResult>,
    pub(super) orders: Orders<Performer>,
    /// How many modules are over.
    pub(super) over: watch::Receiver<usize>,
    pub(super) batch_size: Option<NonZeroUsize>,
    pub(super) batch_delay: Duration,
}

/// What is left when reading ended.
pub(super) struct Rest {
    /// Modules that were not read.
    pub(super) source: Source,
    /// Modules that were.
    pub(super) read: usize,
}

impl Feed {
    /// Reads until there are no more modules, or it is told to stop.
    pub(super) async fn run(mut self, mut stop: Stop) -> Rest {
        let mut read = 0;
        loop {
            let next = tokio::select! {
                biased;
                _ = stop.told() => None,
                next = self.next(read) => next,
            };
            let Some((module, room)) = next else {
                break;
            };
            let index = read;
            read += 1;
            // Not given up half-way: a module that was read has a result.
            let add = Order::With(Box::new(move |flow, performer: &mut Performer| {
                performer.add(flow, index, module, room);
            }));
            self.orders.give(add).await;
        }
        Rest {
            source: self.source,
            read,
        }
    }

    /// The next module and the room for its result. Nothing is lost when this is dropped.
    async fn next(&mut self, read: usize) -> Option<(Module, mpsc::OwnedPermit<ModuleResult>)> {
        if read > 0 && self.batch_size.is_some_and(|size| read % size == 0) {
            // What counts them ends with the flow, and then nobody hears of this either.
            let _ = self.over.wait_for(|over| *over >= read).await;
            sleep(self.batch_delay).await;
        }
        let Ok(room) = self.results.clone().reserve_owned().await else {
            // Nobody wants results any more.
            self.orders.give(Order::Say(Input::Halt(Halt::Cancelled))).await;
            return None;
        };
        let module = self.source.next().await?;
        Some((module, room))
    }
}
