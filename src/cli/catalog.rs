//! `gaai catalog`.

use super::Session;
use super::arguments::CatalogCommand;
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
            let runs = app::open_catalog(&session.output(&place)).await?.runs().await?;
            session
                .console
                .result(&runs, |out| catalog::write_runs(&runs, out))
        }
        CatalogCommand::Show { run, place } => {
            let store = app::open_catalog(&session.output(&place)).await?;
            let record = catalog::show(&store, &RunId(run)).await?;
            session
                .console
                .result(&record, |out| catalog::write_show(&record, out))
        }
        CatalogCommand::Lineage { run, finding, place } => {
            let store = app::open_catalog(&session.output(&place)).await?;
            let record = catalog::show(&store, &RunId(run)).await?;
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
            let recorded: Vec<&str> = rebuilt.recorded.iter().map(|it| it.0.as_str()).collect();
            for (directory, reason) in &rebuilt.refused {
                session
                    .console
                    .note(&format!("warning: {directory} was left out: {reason}"));
            }
            session
                .console
                .result(&recorded, |out| writeln!(out, "{} runs recorded", recorded.len()))
        }
    }
}
