//! `gaai workflow`.

pub(super) mod arguments;
mod files;
mod lines;
mod run;
mod runs;
mod schedule;
mod summary;

use arguments::WorkflowCommand;

use super::Session;

/// Does what a command about workflows says.
pub(super) fn perform(session: &Session, command: WorkflowCommand) -> anyhow::Result<u8> {
    match command {
        WorkflowCommand::Run(arguments) => run::run(session, arguments),
        WorkflowCommand::Resume(arguments) => run::resume(session, &arguments),
        WorkflowCommand::Retry(arguments) => run::retry(session, &arguments),
        WorkflowCommand::Validate { schema: true, .. } => files::schema(session),
        WorkflowCommand::Validate { workflows, .. } => files::validate(session, &workflows),
        WorkflowCommand::Fmt { files, check } => files::fmt(session, &files, check),
        WorkflowCommand::Graph { workflow, format } => files::graph(session, &workflow, format),
        WorkflowCommand::Plan(arguments) => files::plan(session, &arguments),
        WorkflowCommand::Explain { workflow, step } => files::explain(session, &workflow, &step),
        WorkflowCommand::New { name, template } => files::new(session, &name, &template),
        WorkflowCommand::List { directory } => files::list(session, directory),
        WorkflowCommand::History { workflow, place } => runs::history(session, workflow.as_deref(), &place),
        WorkflowCommand::Status { run } => runs::status(session, &run),
        WorkflowCommand::Logs {
            run,
            step,
            follow,
            place,
        } => runs::logs(session, &run, step.as_deref(), follow, &place),
        WorkflowCommand::Cancel { run, now } => runs::cancel(session, &run, now),
        WorkflowCommand::Verify { run } => runs::verify(session, &run),
        WorkflowCommand::Schedule(arguments) => schedule::schedule(session, &arguments),
    }
}
