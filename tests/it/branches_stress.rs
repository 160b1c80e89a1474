//! The branch processor under load and against the clock, by name: `cargo test --test it branches_stress -- --ignored`
//! (004-13, 004-14).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gaai::model::event::RunState;
use gaai::workflow::branches::{Branch, Shape, StatusJournal, StatusRecord, StatusTarget, Successors};

use super::branch_case::{context, millis, run};

/// Branches of the stress test.
const MANY: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "stress: some seconds"]
async fn a_hundred_thousand_branches_and_all_their_statuses() {
    let directory = tempfile::tempdir().unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let mut context = context(1000);
    context.status = Some(StatusTarget {
        sink: Arc::new(move |batch: &[StatusRecord]| {
            count.fetch_add(batch.len(), Ordering::Relaxed);
            async {
                tokio::time::sleep(millis(1)).await;
                Ok(())
            }
        }),
        journal: Arc::new(StatusJournal::open(&directory.path().join("status.jsonl")).unwrap()),
    });
    let many = Branch {
        times: MANY,
        ..Branch::new("many", |_| async { Ok(Successors::none()) })
    };
    let report = run(context, vec![many]).await;
    assert_eq!((report.state, report.statuses_kept), (RunState::Succeeded, 0));
    assert_eq!(report.branches.succeeded, u64::from(MANY));
    assert_eq!(written.load(Ordering::Relaxed), 2 * MANY as usize + 2);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "performance: depends on what else the machine does"]
async fn branches_beside_each_other_take_at_most_four_tenths_of_one_after_the_other() {
    for shape in [Shape::Diamond, Shape::Wide] {
        let took = |jobs| async move { shape.run(60, Duration::from_millis(10), jobs).await.unwrap().took };
        let (beside, in_turn) = (took(10).await, took(1).await);
        assert!(
            beside < in_turn.mul_f64(0.4),
            "{shape:?}: {beside:?} of {in_turn:?}"
        );
    }
}
