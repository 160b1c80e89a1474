//! What differs between two runs of the same inputs: times, and what models were paid. It stands in one block of
//! each report.

use super::model_plan::{PlannedCalls, planned_calls};
use super::orchestrator::{Ground, Orchestrator};
use super::stages::execution_task;
use crate::llm::{Budget, Spent};
use crate::model::{execution::Execution, id::TemplateId, report::Volatile};
use crate::trace::ModelUsage;

impl Orchestrator {
    /// The facts of a report: when the run began, and how long its executions took.
    pub(super) fn volatile(&self, executions: &[Execution]) -> Volatile {
        let started = jiff::Timestamp::from_millisecond(self.setting.started_ms)
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default();
        let mut lines = Vec::new();
        let mut seen: Vec<&TemplateId> = Vec::new();
        for execution in executions {
            if seen.contains(&&execution.template) {
                continue;
            }
            seen.push(&execution.template);
            if let Some(elapsed_us) = self.heard.time_of(&execution_task(&execution.template)) {
                let value = format!(
                    "{:.1} ms (estimated {} ms)",
                    elapsed_us as f64 / 1000.0,
                    execution.estimate.time_ms
                );
                lines.push((format!("time of {}", execution.template), value));
            }
        }
        Volatile {
            run: self.setting.run.0.clone(),
            started,
            lines,
        }
    }

    /// The facts of the index: those of all executions, and what models took against what was estimated.
    pub(super) fn facts_of_run(&self, executions: &[Execution], ground: &Ground) -> Volatile {
        let mut volatile = self.volatile(executions);
        let models = &self.parts.models;
        let calls = self.heard.calls();
        if !models.by_role.is_empty() {
            let planned = planned_calls(models, &ground.outline());
            let value = format!("{} (estimated {})", taken(&calls), estimated(&planned));
            volatile.lines.push(("models".to_owned(), value));
        }
        if !models.settings.is_empty() {
            let line = ("settings of models".to_owned(), models.settings.join(", "));
            volatile.lines.push(line);
        }
        if let Some(ledger) = &models.ledger {
            let used = used(ledger.budget(), ledger.spent());
            volatile
                .lines
                .extend(used.map(|it| ("budget of models".to_owned(), it)));
        }
        volatile
    }
}

/// What models took.
fn taken(calls: &ModelUsage) -> String {
    let mut told = format!("{} calls", calls.calls);
    if calls.failed > 0 {
        told += &format!(" and {} that were not answered", calls.failed);
    }
    told += &format!(", {} tokens", calls.tokens);
    if calls.saved_tokens > 0 {
        told += &format!(" and {} saved", calls.saved_tokens);
    }
    told += &match calls.unpriced {
        0 => format!(", {:.4} USD", calls.cost_usd),
        all if all == calls.calls + calls.failed => ", cost unknown".to_owned(),
        some => format!(", {:.4} USD and {some} calls of unknown cost", calls.cost_usd),
    };
    told
}

/// What they were to take.
fn estimated(planned: &[PlannedCalls]) -> String {
    let calls: u64 = planned.iter().map(|it| it.calls).sum();
    let tokens: u64 = planned.iter().map(|it| it.prompt_tokens + it.reply_tokens).sum();
    let usd = planned.iter().map(|it| it.usd).sum::<Option<f64>>();
    let cost = usd.map_or_else(|| "cost unknown".to_owned(), |it| format!("{it:.4} USD"));
    format!("{calls} calls, {tokens} tokens, {cost}")
}

/// What is used of a budget; `None` where there is none.
fn used(budget: Budget, spent: Spent) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(most) = budget.tokens {
        parts.push(format!("{} of {most} tokens", spent.usage.tokens()));
    }
    if let Some(most) = budget.usd {
        let usd = spent
            .usd
            .map_or_else(|| "an unknown part".to_owned(), |it| format!("{it:.4}"));
        parts.push(format!("{usd} of {most:.4} USD"));
    }
    if spent.refused > 0 {
        parts.push(format!("{} requests refused", spent.refused));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Role;
    use crate::model::usage::Usage;

    #[test]
    fn what_is_not_known_is_not_told_as_nothing() {
        let calls = ModelUsage {
            calls: 3,
            failed: 1,
            time_us: 0,
            tokens: 900,
            saved_tokens: 50,
            cost_usd: 0.0,
            unpriced: 4,
        };
        assert_eq!(
            taken(&calls),
            "3 calls and 1 that were not answered, 900 tokens and 50 saved, cost unknown"
        );
        let some = ModelUsage {
            cost_usd: 0.25,
            unpriced: 1,
            ..calls
        };
        assert!(taken(&some).ends_with("0.2500 USD and 1 calls of unknown cost"));
        let call = |usd| PlannedCalls {
            role: Role::Findings,
            model: "a/b".to_owned(),
            calls: 2,
            prompt_tokens: 100,
            reply_tokens: 20,
            usd,
        };
        assert_eq!(
            estimated(&[call(Some(0.1)), call(Some(0.2))]),
            "4 calls, 240 tokens, 0.3000 USD"
        );
        assert_eq!(
            estimated(&[call(Some(0.1)), call(None)]),
            "4 calls, 240 tokens, cost unknown"
        );
    }

    #[test]
    fn a_budget_is_told_with_what_is_used_of_it() {
        let spent = Spent {
            usage: Usage {
                prompt_tokens: 30,
                reply_tokens: 12,
                is_estimated: false,
            },
            usd: Some(0.01),
            refused: 2,
        };
        let budget = Budget {
            usd: Some(0.5),
            tokens: Some(100),
            time: None,
        };
        assert_eq!(
            used(budget, spent).unwrap(),
            "42 of 100 tokens, 0.0100 of 0.5000 USD, 2 requests refused"
        );
        assert_eq!(used(Budget::default(), Spent { refused: 0, ..spent }), None);
    }
}
