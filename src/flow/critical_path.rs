//! How far each task is from the end of the flow, as far as it is known.

use std::time::Duration;

use super::state::State;

/// For each task of [`State::tasks`], the greatest sum of expected times over the tasks from it
/// (included) to one that nothing waits for. O(tasks + dependencies).
///
/// Tasks that will be queued later are not known, so the figure is a lower bound.
pub fn remaining(state: &State) -> Vec<Duration> {
    let tasks = state.tasks();
    let mut longest: Vec<Duration> = tasks.iter().map(|it| it.spec.expected).collect();
    // A task is queued after those it waits for, so one pass from the back meets dependants first.
    for (place, task) in tasks.iter().enumerate().rev() {
        let through = longest[place];
        for earlier in task.spec.after.iter().filter_map(|it| state.place(it)) {
            longest[earlier] = longest[earlier].max(tasks[earlier].spec.expected + through);
        }
    }
    longest
}
