//! `gaai vertical`.

use std::path::Path;

use super::Session;
use super::arguments::VerticalCommand;
use crate::agents::vertical_files;
use crate::app;
use crate::pipeline::PipelineError;

/// Lists or shows verticals.
pub(super) fn perform(session: &Session, command: VerticalCommand) -> anyhow::Result<u8> {
    let folder = session.project.assets.as_ref();
    let assets = app::assets(folder.map(|it| session.project.directory.join(it)).as_deref());
    let verticals = vertical_files::load(&assets)?;
    match command {
        VerticalCommand::List => session.console.result(&verticals, |out| {
            for it in &verticals {
                writeln!(out, "{:<14} {}", it.name, it.description)?;
            }
            Ok(())
        })?,
        VerticalCommand::Show { name } => {
            let known: Vec<&str> = verticals.iter().map(|it| it.name.as_str()).collect();
            let found = match verticals.iter().find(|it| it.name == name) {
                Some(found) => found.clone(),
                None if Path::new(&name).is_file() => {
                    vertical_files::parse(&name, &std::fs::read_to_string(&name)?)?
                }
                None => {
                    return Err(PipelineError::Invalid(format!(
                        "there is no vertical `{name}` and no such file; there are {}",
                        known.join(", ")
                    ))
                    .into());
                }
            };
            session.console.result(&found, |out| {
                writeln!(
                    out,
                    "{} {}: {}\n\nTopics",
                    found.title, found.version, found.description
                )?;
                for topic in &found.topics {
                    writeln!(out, "  {:<22} {}", topic.id, topic.question)?;
                }
                writeln!(out, "\nPatterns")?;
                for pattern in &found.patterns {
                    writeln!(
                        out,
                        "  {:<28} {:<18} {}",
                        pattern.id, pattern.algorithm, pattern.why
                    )?;
                }
                Ok(())
            })?;
        }
    }
    Ok(0)
}
