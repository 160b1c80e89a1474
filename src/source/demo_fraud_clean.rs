//! Breaks up what fulfils a definition of the demo bank by accident, so that its truth is complete.
//!
//! Everyday transfers that close a loop within 84 hours are moved to another time; everyday accounts
//! that happen to pass on about what many paid in get more people to pay.

use rustc_hash::{FxHashMap, FxHashSet};

use super::demo_draw::HOUR;
use super::demo_fraud::{Bank, Transfer, everyday_sum};

/// Loops that close within this many seconds are broken up; planted ones take at most 72 hours.
const WINDOW: i64 = 84 * HOUR;

/// Longest loop that is looked for.
const LONGEST: usize = 6;

/// Passes after which transfers that still close a loop are dropped instead of moved.
const PATIENCE: usize = 12;

/// Removes both kinds of accident.
pub(super) fn clean(bank: &mut Bank) {
    spread_pass_throughs(bank);
    for pass in 0.. {
        let closing = closing_transfers(&mut bank.transfers);
        if closing.is_empty() {
            break;
        }
        if pass < PATIENCE {
            for index in closing {
                bank.transfers[index].at = bank.draw.moment();
            }
        } else {
            let gone: FxHashSet<usize> = closing.into_iter().collect();
            let mut index = 0;
            bank.transfers.retain(|_| {
                index += 1;
                !gone.contains(&(index - 1))
            });
        }
    }
}

/// Everyday transfers, by position after sorting by time, one for each loop that has one.
fn closing_transfers(transfers: &mut [Transfer]) -> Vec<usize> {
    transfers.sort_by_key(|it| (it.at, it.from, it.to, it.cents));
    let mut leaving: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
    for (index, it) in transfers.iter().enumerate() {
        leaving.entry(it.from).or_default().push(index);
    }
    let mut moved: Vec<usize> = Vec::new();
    let mut is_moved = vec![false; transfers.len()];
    for first in 0..transfers.len() {
        let mut path = vec![first];
        walk(transfers, &leaving, &mut path, &mut |path| {
            let already = path.iter().any(|it| is_moved[*it]);
            let everyday = path.iter().copied().find(|it| !transfers[*it].is_fixed);
            if let (false, Some(index)) = (already, everyday) {
                is_moved[index] = true;
                moved.push(index);
            }
        });
    }
    moved
}

/// Calls `found` for each way in which `path` can be continued, in order of time and within the
/// window, to a loop of 3 or more different accounts.
fn walk(
    transfers: &[Transfer],
    leaving: &FxHashMap<u32, Vec<usize>>,
    path: &mut Vec<usize>,
    found: &mut dyn FnMut(&[usize]),
) {
    let (first, last) = (transfers[path[0]], transfers[path[path.len() - 1]]);
    let Some(next) = leaving.get(&last.to) else {
        return;
    };
    let begin = next.partition_point(|it| transfers[*it].at < last.at);
    for index in &next[begin..] {
        let step = transfers[*index];
        if step.at > first.at + WINDOW {
            break;
        }
        path.push(*index);
        if step.to == first.from {
            if path.len() > 2 {
                found(path);
            }
        } else if path.len() < LONGEST && !path.iter().rev().skip(1).any(|it| transfers[*it].to == step.to) {
            walk(transfers, leaving, path, found);
        }
        path.pop();
    }
}

/// What goes through an account.
#[derive(Default)]
struct Flow {
    payers: FxHashSet<u32>,
    takers: FxHashSet<u32>,
    received: i64,
    sent: i64,
    spent: i64,
    is_fixed: bool,
}

impl Flow {
    /// Whether it looks like a pass-through: many payers, few takers, about as much out as in.
    fn is_suspicious(&self) -> bool {
        let near = |sent: i64| sent * 100 >= self.received * 70 && sent * 100 <= self.received * 130;
        !self.is_fixed
            && self.payers.len() >= 6
            && self.takers.len() <= 6
            && (near(self.sent) || near(self.sent + self.spent))
    }
}

fn spread_pass_throughs(bank: &mut Bank) {
    let n = bank.accounts.len() as u32;
    let quiet = super::demo_fraud_planted::quiet(bank);
    for _ in 0..PATIENCE {
        let mut flows: Vec<Flow> = (0..n).map(|_| Flow::default()).collect();
        for it in &bank.transfers {
            let payer = &mut flows[it.from as usize];
            payer.takers.insert(it.to);
            payer.sent += it.cents;
            let taker = &mut flows[it.to as usize];
            taker.payers.insert(it.from);
            taker.received += it.cents;
        }
        for it in &bank.payments {
            flows[it.from as usize].spent += it.cents;
        }
        for account in &quiet {
            flows[*account as usize].is_fixed = true;
        }
        let suspicious: Vec<u32> = (0..n).filter(|it| flows[*it as usize].is_suspicious()).collect();
        if suspicious.is_empty() {
            return;
        }
        for from in suspicious {
            for _ in 0..7 {
                let (to, at) = (bank.draw.below(n), bank.draw.moment());
                let cents = everyday_sum(&mut bank.draw);
                if to != from && !quiet.contains(&to) {
                    bank.trade(from, to, cents, at);
                }
            }
        }
    }
}
