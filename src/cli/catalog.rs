//! `gaai catalog`.

use super::Session;
use super::arguments::{CatalogCommand, Place};
use super::run::runtime;
use crate::app;
use crate::catalog::{self, CatalogStore};
use crate::model::id::{FindingId, RunId};

/// Queries or rebuilds the catalog.
pub(super) fn perform(session: &Session, command: CatalogCommand) -> anyhow::Result<u8> {
    runtime()?.block_on(answer(session, command))?;
    Ok(0)
}

async fn answer(session: &Session, command: CatalogCommand) -> anyhow::Result<()> {
    match command {
        CatalogCommand::Runs { place } => {
            let store = app::open_catalog(&session.output(&place)).await?;
            let runs = store.runs().await;
            store.close().await;
            let runs = runs?;
            session
                .console
                .result(&runs, |out| catalog::write_runs(&runs, out))
        }
        CatalogCommand::Show { run, place } => {
            let store = app::open_catalog(&session.output(&place)).await?;
            let record = catalog::show(&store, &run_id(session, &place, run)).await;
            store.close().await;
            let record = record?;
            session
                .console
                .result(&record, |out| catalog::write_show(&record, out))
        }
        CatalogCommand::Lineage { run, finding, place } => {
            let store = app::open_catalog(&session.output(&place)).await?;
            let record = catalog::show(&store, &run_id(session, &place, run)).await;
            store.close().await;
            let record = record?;
            let wanted: Vec<FindingId> = match finding {
                Some(finding) => vec![FindingId(finding)],
                None => record.findings.iter().map(|it| it.id.clone()).collect(),
            };
            let mut lineages = Vec::new();
            for finding in &wanted {
                lineages.push(catalog::lineage(&record, finding)?);
            }
            session.console.result(&lineages, |out| {
                for lineage in &lineages {
                    catalog::write_lineage(lineage, out)?;
                }
                Ok(())
            })
        }
        CatalogCommand::Rebuild { place } => {
            let rebuilt = app::rebuild_catalog(&session.output(&place)).await?;
            for (directory, reason) in &rebuilt.refused {
                session
                    .console
                    .warn(&format!("{directory} was left out: {reason}"));
            }
            session.console.result(&rebuilt, |out| {
                let count = rebuilt.recorded.len() + rebuilt.workflows.len();
                writeln!(out, "{count} runs recorded")
            })
        }
    }
}

/// The id that `run` names on disk: in full, by its beginning, or as `latest`. One whose directory is gone
/// may be in the catalog still.
fn run_id(session: &Session, place: &Place, run: String) -> RunId {
    let found = app::find_run(&session.output(place), &run).ok();
    let name = found.and_then(|it| Some(it.file_name()?.to_string_lossy().into_owned()));
    RunId(name.unwrap_or(run))
}
