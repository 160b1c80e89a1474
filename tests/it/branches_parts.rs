//! Parts of pools that branches have for themselves, and that none leaks (004-P6).

use gaai::limits::Retry;
use gaai::model::event::RunState;
use gaai::workflow::branches::{Branch, BranchFailure, PoolSize, Successors};
use proptest::prelude::*;
use tokio::time::sleep;

use super::branch_case::{Count, context, millis, nap, owns, run, takes};

/// 004-P6: a branch has its part until all that it led to is over.
#[tokio::test(start_paused = true)]
async fn a_part_of_a_pool_is_the_branchs_own_until_all_it_led_to_is_over() {
    let mut context = context(50);
    context.pools = vec![("db".to_owned(), PoolSize::Units(5))];
    let inside = Count::default();
    let count = inside.clone();
    let query = takes(
        "db",
        1,
        Branch::new("query", move |_| {
            let inside = count.enter();
            async move {
                sleep(millis(100)).await;
                drop(inside);
                Ok(Successors::none())
            }
        }),
    );
    let query = Branch { times: 8, ..query };
    let owner = owns(
        "db",
        4,
        Branch::new("owner", move |_| {
            let query = query.clone();
            async move { Ok(Successors::of([query])) }
        }),
    );
    let outside = Branch {
        times: 3,
        ..takes("db", 1, nap("outside", 100))
    };
    let report = run(context, vec![owner, outside]).await;
    // Eight queries of four at once, beside three others one at a time.
    assert_eq!((report.took, inside.peak()), (millis(300), 4));
    let seen = &report.pools["db"];
    assert_eq!((seen.peak, seen.held), (5, 0));
}

/// 004-P6
#[tokio::test(start_paused = true)]
async fn branches_that_could_wait_for_each_others_parts_are_refused() {
    let mut context = context(10);
    context.pools = vec![
        ("db".to_owned(), PoolSize::Units(1)),
        ("api".to_owned(), PoolSize::Units(1)),
    ];
    let leading = |first: &str, inner: Branch| {
        owns(
            first,
            1,
            Branch::new(first, move |_| {
                let inner = inner.clone();
                async move { Ok(Successors::of([inner])) }
            }),
        )
    };
    let good = leading("db", takes("api", 1, nap("in order", 5)));
    let bad = leading("api", takes("db", 1, nap("against it", 5)));
    let report = run(context, vec![good, bad]).await;
    assert_eq!((report.branches.succeeded, report.branches.failed), (2, 1));
    assert!(
        report.failures[0].end.contains("declare `db` after `api`"),
        "{:?}",
        report.failures
    );
}

/// How an owner and what it leads to go.
#[derive(Clone, Debug)]
struct Going {
    units: u64,
    queries: u32,
    /// 0 well, 1 fails, 2 panics, 3 runs out of time, 4 fails once and is tried again.
    how: u8,
    nested: bool,
}

fn goings() -> impl Strategy<Value = Vec<Going>> {
    let one = (1..=4_u64, 0..4_u32, 0..5_u8, any::<bool>()).prop_map(|(units, queries, how, nested)| Going {
        units,
        queries,
        how,
        nested,
    });
    proptest::collection::vec(one, 1..12)
}

fn branch_of(going: Going, inside: Count) -> Branch {
    let (count, how, queries) = (inside.clone(), going.how, going.queries);
    let nested = going.nested.then(|| Going {
        nested: false,
        units: 1,
        ..going.clone()
    });
    let query = takes(
        "db",
        1,
        Branch::new("query", move |attempt| {
            let inside = inside.enter();
            async move {
                sleep(millis(u64::from(attempt.index) * 7 + 3)).await;
                drop(inside);
                match how {
                    1 => Err(BranchFailure::lasting("no")),
                    2 => panic!("as the test wants"),
                    3 => std::future::pending().await,
                    4 if attempt.number == 1 => Err(BranchFailure::passing("not yet")),
                    _ => Ok(Successors::none()),
                }
            }
        }),
    );
    let query = Branch {
        times: queries,
        timeout: Some(millis(50)),
        retry: Retry {
            max_attempts: 2,
            ..Retry::default()
        },
        ..query
    };
    let owner = Branch::new("owner", move |_| {
        let branches = std::iter::once(query.clone());
        let nested = nested.clone().map(|it| branch_of(it, count.clone()));
        let nested = nested.map(|it| Branch {
            name: "nested".to_owned(),
            ..it
        });
        let all = branches.chain(nested).collect::<Vec<_>>();
        async move { Ok(Successors::of(all).then(takes("db", 1, nap("join", 2)))) }
    });
    owns("db", going.units, owner)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// 004-P6: however branches end, no part of a pool stays with them, and the pool is never overdrawn.
    #[test]
    fn no_part_of_a_pool_leaks(goings in goings(), stop_ms in proptest::option::of(0..200_u64)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let (report, peak) = runtime.block_on(async {
            let inside = Count::default();
            let mut context = context(6);
            context.pools = vec![("db".to_owned(), PoolSize::Units(4))];
            let cancel = context.cancel.clone();
            let name = |(place, it): (usize, &Going)| Branch {
                name: format!("owner {place}"),
                ..branch_of(it.clone(), inside.clone())
            };
            let branches = goings.iter().enumerate().map(name).collect();
            let stopping = async {
                if let Some(ms) = stop_ms {
                    sleep(millis(ms)).await;
                    cancel.cancel();
                }
            };
            let (report, ()) = tokio::join!(run(context, branches), stopping);
            (report, inside.peak())
        });
        let seen = &report.pools["db"];
        prop_assert_eq!(seen.held, 0);
        prop_assert!(seen.peak <= 4 && peak <= 4);
        if stop_ms.is_none() {
            let bad = goings.iter().any(|it| matches!(it.how, 1..=3) && it.queries > 0);
            prop_assert_eq!(report.state == RunState::Succeeded, !bad);
        }
    }
}
