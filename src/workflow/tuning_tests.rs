//! Claims about proposals.

use proptest::prelude::*;

use super::*;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn step(takes: u64, after: &[usize], pools: &[(usize, u64)]) -> TunedStep {
    TunedStep {
        after: after.to_vec(),
        takes: seconds(takes),
        priority: 0,
        pools: pools.to_vec(),
        ..TunedStep::default()
    }
}

fn pool(name: &str, size: u64, most: u64) -> TunedPool {
    TunedPool {
        name: name.to_owned(),
        size,
        most,
    }
}

#[test]
fn the_middle_of_what_was_seen_is_expected() {
    let mut experience = Experience::default();
    assert_eq!(experience.of("build"), None);
    for took in [9, 1, 2, 3] {
        experience.learn("build", seconds(took), seconds(took * 2));
    }
    let expected = Expected {
        takes: seconds(2),
        waits: seconds(4),
        runs: 4,
    };
    assert_eq!(experience.of("build"), Some(expected));
    (0..REMEMBERED).for_each(|_| experience.learn("build", seconds(7), seconds(0)));
    let now = experience.of("build").unwrap();
    assert_eq!((now.takes, now.runs), (seconds(7), REMEMBERED));
}

#[test]
fn a_wide_plan_gets_as_many_places_as_shorten_it_and_each_change_is_explained() {
    let plan = TunedPlan {
        steps: (0..12).map(|_| step(10, &[], &[(0, 1)])).collect(),
        max_concurrency: 2,
        most_concurrency: 64,
        pools: vec![pool("db", 3, 8)],
    };
    let tuned = tune(&plan).unwrap();
    // With eight connections twelve steps take two rounds, which six places at once do too.
    assert_eq!(
        (tuned.now.makespan, tuned.proposed.makespan),
        (seconds(60), seconds(20))
    );
    assert_eq!((tuned.sizes.max_concurrency, tuned.sizes.pools[0]), (6, 6));
    let changes = [
        (
            "defaultMaxConcurrency",
            false,
            2,
            "20.0 s instead of 60.0 s as it is",
        ),
        ("db", true, 3, "20.0 s instead of 40.0 s as it is"),
    ];
    let changes = changes.map(|(limit, is_pool, from, why)| Change {
        limit: limit.to_owned(),
        is_pool,
        from,
        to: 6,
        why: why.to_owned(),
    });
    assert_eq!(tuned.changes, changes);
}

#[test]
fn what_a_chain_does_not_use_is_given_back() {
    let plan = TunedPlan {
        steps: vec![step(5, &[], &[]), step(5, &[0], &[]), step(5, &[1], &[])],
        max_concurrency: 16,
        most_concurrency: 16,
        pools: Vec::new(),
    };
    let tuned = tune(&plan).unwrap();
    assert_eq!((tuned.sizes.max_concurrency, tuned.best), (1, seconds(15)));
    assert_eq!(critical_path(&plan), (seconds(15), vec![0, 1, 2]));
    assert_eq!(tuned.changes[0].why, "15.0 s is within 5 % of 15.0 s as it is");
}

#[test]
fn a_step_that_runs_alone_gains_nothing_by_places_and_a_whole_holds_none() {
    let plan = |is_alone, is_whole| TunedPlan {
        steps: vec![
            TunedStep {
                is_alone,
                is_whole,
                ..step(10, &[], &[])
            };
            4
        ],
        max_concurrency: 1,
        most_concurrency: 4,
        pools: Vec::new(),
    };
    let sizes = Sizes {
        max_concurrency: 1,
        pools: Vec::new(),
    };
    assert_eq!(tune(&plan(true, false)).unwrap().changes, []);
    let wholes = rehearse(&plan(false, true), &sizes).unwrap();
    assert_eq!(wholes.makespan, seconds(10));
}

#[test]
fn a_plan_that_suits_is_left_alone() {
    let plan = TunedPlan {
        steps: (0..4).map(|_| step(10, &[], &[])).collect(),
        max_concurrency: 4,
        most_concurrency: 8,
        pools: Vec::new(),
    };
    assert_eq!(tune(&plan).unwrap().changes, []);
}

#[test]
fn candidates_rise_to_the_largest() {
    for most in [1, 2, 8, 9, 17, 100, 10_000] {
        let sizes = candidates(most);
        assert!(sizes.is_sorted_by(|one, other| one < other), "{sizes:?}");
        assert_eq!((sizes[0], *sizes.last().unwrap()), (1, most));
        assert!(sizes.len() <= 8 + 4 * 14, "{}", sizes.len());
    }
}

fn plans() -> impl Strategy<Value = TunedPlan> {
    let row = (1..20_u64, proptest::collection::vec(0..100_usize, 0..3), 0..3_u64);
    let rows = proptest::collection::vec(row, 1..25);
    (rows, 1..6_usize, 1..6_u64).prop_map(|(rows, max_concurrency, size)| {
        let steps = rows
            .into_iter()
            .enumerate()
            .map(|(place, (takes, after, units))| {
                let after: Vec<usize> = after.into_iter().filter(|it| *it < place).collect();
                let pools = (units > 0).then_some((0, units));
                step(takes, &after, pools.as_slice())
            });
        TunedPlan {
            steps: steps.collect(),
            max_concurrency,
            most_concurrency: 12,
            pools: vec![pool("db", size, 8)],
        }
    })
}

proptest! {
    #[test]
    fn a_proposal_is_never_slower_than_what_there_is_and_near_the_best(plan in plans()) {
        let tuned = tune(&plan).unwrap();
        prop_assert!(tuned.proposed.makespan <= tuned.now.makespan);
        prop_assert!(tuned.proposed.makespan <= tuned.best.mul_f64(1.0 + NEAR));
        prop_assert!(tuned.best >= critical_path(&plan).0);
        let again = rehearse(&plan, &tuned.sizes).unwrap();
        prop_assert_eq!(again.makespan, tuned.proposed.makespan);
    }
}
