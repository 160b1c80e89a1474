//! The pools of a run by name, and the parts of them that branches have for themselves.
//!
//! A branch that owns a part holds it while others wait, so two of them could wait for each other's for
//! ever. They cannot, because pools are taken in one order: inside a branch that owns a part of a pool,
//! only its own parts and pools declared later may be taken.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use super::metrics::MetricsRecorder;
use crate::flow::{BreakerIndex, Input, PoolIndex, PoolUse, Scheduler};
use crate::limits::{AdaptivePolicy, BreakerPolicy};

/// A named limit.
#[derive(Clone, Debug, PartialEq)]
pub enum PoolSize {
    /// So many units.
    Units(u64),
    /// As many as go well between the bounds, beginning with the lower one.
    Adaptive(AdaptivePolicy),
    /// So much in every period.
    Rate(NonZeroU64, Duration),
}

impl PoolSize {
    /// Between `min` and `max`, with the usual marks.
    pub fn adaptive(min: NonZeroU32, max: NonZeroU32) -> Self {
        Self::Adaptive(AdaptivePolicy::new(min, max))
    }

    /// Units that one branch could take at most.
    fn most(&self) -> u64 {
        match self {
            Self::Units(size) => *size,
            Self::Adaptive(policy) => u64::from(policy.max.get().max(policy.min.get())),
            Self::Rate(amount, _) => amount.get(),
        }
    }
}

/// A part of a pool that a branch has for itself: which pool by order, and the pool that stands for it.
pub(super) type Part = (usize, PoolIndex);

struct Named {
    name: String,
    size: PoolSize,
    index: PoolIndex,
}

/// See the module.
pub(super) struct Pools {
    named: Vec<Named>,
    places: BTreeMap<String, usize>,
    /// Pools that stood for parts which were given back.
    free: Vec<PoolIndex>,
    parts_made: usize,
    breakers: BTreeMap<String, BreakerIndex>,
    breaker: BreakerPolicy,
}

impl Pools {
    pub(super) fn new(pools: &[(String, PoolSize)], breaker: BreakerPolicy, flow: &mut Scheduler) -> Self {
        let mut named = Vec::with_capacity(pools.len());
        let mut places = BTreeMap::new();
        for (name, size) in pools {
            let index = match size {
                PoolSize::Units(size) => flow.pool(*size),
                PoolSize::Adaptive(policy) => flow.pool(u64::from(policy.min.get())),
                PoolSize::Rate(amount, period) => flow.rate_pool(*amount, *period),
            };
            places.insert(name.clone(), named.len());
            named.push(Named {
                name: name.clone(),
                size: size.clone(),
                index,
            });
        }
        Self {
            named,
            places,
            free: Vec::new(),
            parts_made: 0,
            breakers: BTreeMap::new(),
            breaker,
        }
    }

    /// What keeps a branch from taking or owning `units` of the pool inside branches that own `parts`.
    pub(super) fn fault(&self, name: &str, units: u64, parts: &[Part], owns: bool) -> Option<String> {
        let Some(place) = self.places.get(name) else {
            return Some(format!("there is no pool `{name}`; {}", self.known()));
        };
        let pool = &self.named[*place];
        let most = pool.size.most();
        if units == 0 || units > most {
            return Some(format!(
                "it takes {units} of pool `{name}`, which has 1 to {most} for it"
            ));
        }
        let is_rate = matches!(pool.size, PoolSize::Rate(..));
        if is_rate && owns {
            return Some(format!(
                "pool `{name}` refills by time, so no part of it can be owned"
            ));
        }
        let is_own = parts.iter().any(|(part, _)| part == place);
        let later = parts
            .iter()
            .find(|(part, _)| part > place)
            .filter(|_| !is_own && !is_rate)?;
        let other = &self.named[later.0].name;
        Some(format!(
            "it takes of pool `{name}` inside a branch that owns a part of `{other}`; let that branch own a part \
             of both, or declare `{name}` after `{other}`"
        ))
    }

    fn known(&self) -> String {
        let names: Vec<String> = self.places.keys().map(|it| format!("`{it}`")).collect();
        if names.is_empty() {
            "the run has none".to_owned()
        } else {
            format!("the run has {}", names.join(", "))
        }
    }

    /// Adds to `parts` those that a branch would own, as if it did.
    pub(super) fn pretend(&self, owns: &[(String, u64)], parts: &mut Vec<Part>) {
        let places = owns.iter().filter_map(|(name, _)| self.places.get(name));
        parts.extend(places.map(|it| (*it, self.named[*it].index)));
    }

    /// What the scheduler is to ask for, inside branches that own `parts`, the innermost last.
    pub(super) fn units(&self, takes: &[(String, u64)], parts: &[Part]) -> Vec<(PoolIndex, u64)> {
        let mut units = BTreeMap::new();
        for (name, count) in takes {
            if let Some(place) = self.places.get(name) {
                let part = parts.iter().rev().find(|(part, _)| part == place);
                let index = part.map_or(self.named[*place].index, |(_, index)| *index);
                *units.entry(index).or_insert(0) += count;
            }
        }
        units.into_iter().collect()
    }

    /// Pools that stand for parts which a branch has been given.
    pub(super) fn parts(
        &mut self,
        owns: &[(String, u64)],
        outer: &[Part],
        flow: &mut Scheduler,
    ) -> Vec<Part> {
        let mut parts = Vec::with_capacity(owns.len());
        for ((name, _), (index, count)) in owns.iter().zip(self.units_in_order(owns, outer)) {
            let Some(place) = self.places.get(name) else {
                continue;
            };
            // An adaptive pool may have shrunk since it was asked for.
            let size = flow.pool_use(index).map_or(count, |it| count.min(it.size)).max(1);
            parts.push((*place, self.part(size, flow)));
        }
        parts
    }

    fn units_in_order(&self, owns: &[(String, u64)], outer: &[Part]) -> Vec<(PoolIndex, u64)> {
        owns.iter()
            .flat_map(|it| self.units(std::slice::from_ref(it), outer))
            .collect()
    }

    fn part(&mut self, size: u64, flow: &mut Scheduler) -> PoolIndex {
        match self.free.pop() {
            Some(pool) => {
                // The scheduler's own time stands: an earlier one counts as that.
                flow.take(Duration::ZERO, Input::Resized { pool, size });
                pool
            }
            None => {
                self.parts_made += 1;
                flow.pool(size)
            }
        }
    }

    /// Takes back the pools that stood for parts.
    pub(super) fn give_back(&mut self, parts: Vec<Part>) {
        self.free.extend(parts.into_iter().map(|(_, index)| index));
    }

    /// Parts that branches have.
    pub(super) fn parts_held(&self) -> usize {
        self.parts_made - self.free.len()
    }

    pub(super) fn breaker(&mut self, key: &str, flow: &mut Scheduler) -> BreakerIndex {
        let policy = self.breaker;
        *self
            .breakers
            .entry(key.to_owned())
            .or_insert_with(|| flow.breaker(policy))
    }

    /// Shows how the breaker of this key stands.
    pub(super) fn show_breaker(&self, key: &str, metrics: &MetricsRecorder, flow: &Scheduler) {
        if let Some(index) = self.breakers.get(key) {
            metrics.breaker_stands(key, flow.stance(*index));
        }
    }

    /// Name, policy and index of the pools whose size adapts.
    pub(super) fn adaptive(&self) -> impl Iterator<Item = (&str, AdaptivePolicy, PoolIndex)> {
        self.named.iter().filter_map(|it| match &it.size {
            PoolSize::Adaptive(policy) => Some((it.name.as_str(), *policy, it.index)),
            PoolSize::Units(_) | PoolSize::Rate(..) => None,
        })
    }

    /// Shows how much of these is held.
    pub(super) fn show<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        metrics: &MetricsRecorder,
        flow: &mut Scheduler,
    ) {
        for name in names {
            let index = self.places.get(name).map(|it| self.named[*it].index);
            if let Some(seen) = index.and_then(|it| flow.pool_use(it)) {
                metrics.pool_slots(name, &seen);
            }
        }
    }

    /// What was seen of each.
    pub(super) fn uses(&self, flow: &mut Scheduler) -> BTreeMap<String, PoolUse> {
        let uses = self
            .named
            .iter()
            .filter_map(|it| Some((it.name.clone(), flow.pool_use(it.index)?)));
        uses.collect()
    }
}
