//! What limits branches: sizes that adapt, priorities, breakers, retries, pools, and that what waits is a
//! number (004-P1, P2, P3, P8, P9).

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gaai::limits::{AdaptivePolicy, BreakerPolicy, Retry};
use gaai::process::{Gauge, MachineState};
use gaai::workflow::branches::{Branch, BranchFailure, PoolSize, Status, Successors};
use tokio::time::{Instant, sleep};

use super::branch_case::{Count, context, millis, nap, run, takes};

/// 004-P1: what computes settles at the cores, what sleeps at the highest size, and nobody is stopped.
#[tokio::test(start_paused = true)]
async fn the_number_of_branches_follows_the_machine() {
    let cores = 4.0;
    for (computes, least, most) in [(true, 3, 5), (false, 16, 16)] {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let (running, seen) = (Count::default(), Arc::clone(&sizes));
        let gauge = Gauge::showing(MachineState::default());
        let mut context = context(1);
        let bounds = (NonZeroU32::MIN, NonZeroU32::new(16).unwrap());
        context.settings.adaptive = Some(AdaptivePolicy::new(bounds.0, bounds.1));
        context.machine = Some(gauge.clone());
        context.observer = Some(Arc::new(move |it| {
            if let Status::Resized { size } = it.status {
                seen.lock().unwrap().push(size);
            }
        }));
        let count = running.clone();
        let work = Branch {
            times: 6000,
            ..Branch::new("work", move |_| {
                let (count, gauge) = (count.clone(), gauge.clone());
                async move {
                    let _inside = count.enter();
                    let load = count.now() as f64;
                    let pressure = if computes {
                        100.0 * (1.0 - cores / load).max(0.0)
                    } else {
                        0.0
                    };
                    gauge.set(MachineState {
                        cpu_pressure: Some(pressure),
                        ..MachineState::default()
                    });
                    // More than the cores can do takes longer.
                    let slower = if computes { (load / cores).max(1.0) } else { 1.0 };
                    sleep(millis(100).mul_f64(slower)).await;
                    Ok(Successors::none())
                }
            })
        };
        let report = run(context, vec![work]).await;
        assert_eq!(report.branches.succeeded, 6000, "shrinking stops nobody");
        let sizes = sizes.lock().unwrap();
        let settled = *sizes.last().unwrap();
        assert!((least..=most).contains(&settled), "{computes}: {sizes:?}");
    }
}

/// 004-P1
#[tokio::test(start_paused = true)]
async fn an_adaptive_pool_shrinks_when_the_other_side_is_overloaded() {
    let mut context = context(64);
    let (min, max) = (NonZeroU32::new(2).unwrap(), NonZeroU32::new(32).unwrap());
    context.pools = vec![("api".to_owned(), PoolSize::adaptive(min, max))];
    let calls = Count::default();
    let count = calls.clone();
    let call = Branch {
        times: 2000,
        retry: Retry {
            max_attempts: 50,
            ..Retry::default()
        },
        ..takes(
            "api",
            1,
            Branch::new("call", move |_| {
                let count = count.clone();
                async move {
                    let _inside = count.enter();
                    sleep(millis(100)).await;
                    if count.now() > 12 {
                        return Err(BranchFailure {
                            is_overload: true,
                            ..BranchFailure::passing("HTTP 429")
                        });
                    }
                    Ok(Successors::none())
                }
            }),
        )
    };
    let report = run(context, vec![call]).await;
    assert_eq!(report.branches.succeeded, 2000);
    assert!((4..=13).contains(&calls.peak()), "{}", calls.peak());
}

/// 004-P2
#[tokio::test(start_paused = true)]
async fn larger_priorities_go_first_then_the_longer_way_then_the_order_given() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &str, priority, expected| {
        let (order, what) = (Arc::clone(&order), name.to_owned());
        Branch {
            priority,
            expected: millis(expected),
            ..Branch::new(name, move |_| {
                order.lock().unwrap().push(what.clone());
                async { Ok(Successors::none()) }
            })
        }
    };
    let branches = vec![
        noting("d", 0, 10),
        noting("e", 0, 10),
        noting("c", 0, 20),
        noting("b", 1, 1),
        noting("a", 7, 1),
    ];
    let _ = run(context(1), branches).await;
    assert_eq!(order.lock().unwrap().concat(), "abcde");
}

/// 004-P2
#[tokio::test(start_paused = true)]
async fn nobody_starves_behind_a_stream_of_urgent_branches() {
    fn urgent(left: u32) -> Branch {
        Branch {
            priority: 100,
            ..Branch::new("urgent", move |_| async move {
                sleep(millis(1000)).await;
                Ok(Successors::of((left > 0).then(|| urgent(left - 1))))
            })
        }
    }
    let began = Instant::now();
    let waited = Arc::new(Mutex::new(None));
    let note = Arc::clone(&waited);
    let patient = Branch::new("patient", move |_| {
        *note.lock().unwrap() = Some(began.elapsed());
        async { Ok(Successors::none()) }
    });
    let report = run(context(1), vec![urgent(100), patient]).await;
    assert_eq!(report.branches.succeeded, 102);
    let waited = waited.lock().unwrap().unwrap();
    assert!(waited <= Duration::from_secs(31), "{waited:?}");
}

/// 004-P3
#[tokio::test(start_paused = true)]
async fn a_breaker_opens_after_five_failures_for_a_minute_and_tries_one() {
    let mut context = context(10);
    assert_eq!(
        context.settings.breaker,
        BreakerPolicy::in_a_row(5, Duration::from_secs(60))
    );
    context.pools = vec![("one".to_owned(), PoolSize::Units(1))];
    let starts = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&starts);
    let began = Instant::now();
    let call = Branch {
        times: 9,
        breaker: Some("ledger".to_owned()),
        ..takes(
            "one",
            1,
            Branch::new("call", move |attempt| {
                let mut starts = note.lock().unwrap();
                starts.push(began.elapsed().as_secs());
                let is_down = starts.len() <= 6;
                async move {
                    if is_down {
                        return Err(BranchFailure::lasting(format!(
                            "ledger is down for {}",
                            attempt.index
                        )));
                    }
                    Ok(Successors::none())
                }
            }),
        )
    };
    let report = run(context, vec![call, nap("other", 10)]).await;
    // Five fail, one on trial after a minute fails too, one after another closes it.
    assert_eq!(*starts.lock().unwrap(), [0, 0, 0, 0, 0, 60, 120, 120, 120]);
    assert_eq!((report.branches.failed, report.branches.succeeded), (6, 4));
}

/// 004-P3
#[tokio::test(start_paused = true)]
async fn retries_pause_as_their_policy_says_and_only_for_what_may_pass() {
    for (factor, pauses) in [(1.0, [100, 100, 100]), (2.0, [100, 200, 400])] {
        let began = Instant::now();
        let starts = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&starts);
        let flaky = Branch {
            retry: Retry {
                max_attempts: 4,
                base: millis(100),
                factor,
                jitter: 0.0,
                ..Retry::default()
            },
            ..Branch::new("flaky", move |attempt| {
                note.lock().unwrap().push(began.elapsed().as_millis());
                async move {
                    assert!(attempt.number <= 4);
                    Err(BranchFailure::passing("connection reset"))
                }
            })
        };
        let report = run(context(1), vec![flaky]).await;
        let starts = starts.lock().unwrap();
        let between: Vec<u128> = starts.windows(2).map(|it| it[1] - it[0]).collect();
        assert_eq!((between, report.branches.failed), (pauses.to_vec(), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn pools_and_rates_are_kept_whatever_the_number_of_branches() {
    let mut context = context(50);
    let per_second = NonZeroU64::new(10).unwrap();
    context.pools = vec![
        ("cpu".to_owned(), PoolSize::Units(3)),
        (
            "tokens".to_owned(),
            PoolSize::Rate(per_second, Duration::from_secs(1)),
        ),
    ];
    let computing = Count::default();
    let count = computing.clone();
    let compute = Branch {
        times: 12,
        ..takes(
            "cpu",
            1,
            Branch::new("compute", move |_| {
                let inside = count.enter();
                async move {
                    sleep(millis(100)).await;
                    drop(inside);
                    Ok(Successors::none())
                }
            }),
        )
    };
    let ask = Branch {
        times: 30,
        ..takes("tokens", 1, nap("ask", 1))
    };
    let report = run(context, vec![compute, ask]).await;
    assert_eq!((report.branches.succeeded, computing.peak()), (42, 3));
    // Ten at once, the others one each tenth of a second.
    assert_eq!(report.took.as_millis(), 2001);
    assert_eq!(report.pools["cpu"].peak, 3);
}

/// 004-P8 and P9: what waits is a number, and only what runs is a future.
#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_nested_branches_are_numbers_until_they_run() {
    let futures = Count::default();
    let count = futures.clone();
    let leaf = Branch {
        times: 1000,
        ..Branch::new("leaf", move |_| {
            // Made with the future, gone with it.
            let alive = count.enter();
            async move {
                tokio::task::yield_now().await;
                drop(alive);
                Ok(Successors::none())
            }
        })
    };
    let inner = Branch {
        times: 100,
        ..Branch::new("inner", move |_| {
            let leaf = leaf.clone();
            async move { Ok(Successors::of([leaf]).then(nap("join", 0))) }
        })
    };
    let report = run(context(10), vec![inner]).await;
    let total = report.branches.succeeded;
    assert_eq!(total, 100 + 100 * 1000 + 100);
    assert_eq!((futures.peak(), futures.now(), report.peak_running), (10, 0, 10));
    let each = report.bytes as u64 / total;
    assert!(each <= 256, "{each} bytes a branch");
}
