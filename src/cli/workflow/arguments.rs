//! The words of `gaai workflow`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments::{DurabilityArgument, ModelArguments, Place};
use crate::workflow::definition::GraphFormat;

/// `gaai workflow`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WorkflowCommand {
    /// Run a workflow.
    Run(RunArguments),
    /// Take up a run that was interrupted, cancelled or stopped; what succeeded is not repeated.
    Resume(ResumeArguments),
    /// Repeat the failed steps of a run that has ended, and what was skipped because of them.
    Retry(RetryArguments),
    /// Print all that is wrong with workflow files.
    Validate {
        /// Files, or names of workflows that gaai brings along.
        #[arg(required_unless_present = "schema")]
        workflows: Vec<String>,
        /// Print the JSON Schema of workflow files, for editors.
        #[arg(long, conflicts_with = "workflows")]
        schema: bool,
    },
    /// Write workflow files tidily: tabs and indentation mended, comments kept.
    Fmt {
        /// Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Change nothing; fail if a file is not tidy.
        #[arg(long)]
        check: bool,
    },
    /// Draw the steps and what they wait for.
    Graph {
        /// File or name.
        workflow: String,
        /// How.
        #[arg(long, value_enum, default_value_t)]
        format: GraphArgument,
    },
    /// Print what a run would do: steps by group, what each takes, limits; run nothing.
    Plan(PlanArguments),
    /// Print what happens if a step fails.
    Explain {
        /// File or name.
        workflow: String,
        /// The step.
        step: String,
    },
    /// Write a new workflow file from one that gaai brings along.
    New {
        /// Its name; the file is NAME.yaml.
        name: String,
        /// Which one to begin with.
        #[arg(long, default_value = "hello")]
        template: String,
    },
    /// List the workflow files of a directory.
    List {
        /// The directory; workflows, or else this one, unless said.
        directory: Option<PathBuf>,
    },
    /// List the runs of workflows, the latest first.
    History {
        /// Only those of this workflow.
        workflow: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Print how each step of a run stands; also while another process performs it.
    Status {
        #[command(flatten)]
        run: RunChoice,
    },
    /// Print what the steps of a run printed.
    Logs {
        /// Run id, its beginning, `latest`, or run directory.
        run: String,
        /// Only of this step.
        step: Option<String>,
        /// Go on until the run has ended.
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Stop a run that another process performs, and wait until it has ended.
    Cancel {
        #[command(flatten)]
        run: RunChoice,
        /// Kill its processes instead of asking them to end.
        #[arg(long)]
        now: bool,
    },
    /// Check what the `verify` block of a run's workflow asks for; fail unless all of it holds.
    Verify {
        #[command(flatten)]
        run: RunChoice,
    },
    /// Run a workflow at the times of its `schedule`, until it is interrupted.
    Schedule(ScheduleArguments),
}

/// A run.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct RunChoice {
    /// Run id, its beginning, `latest`, or run directory.
    pub(super) run: String,
    #[command(flatten)]
    pub(super) place: Place,
}

/// Which steps of a workflow, with which values.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ChoiceArguments {
    /// Set a variable of the workflow; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) var: Vec<String>,
    /// Take variables from a YAML or JSON file; --var goes before it.
    #[arg(long, value_name = "FILE")]
    pub(super) vars_file: Option<PathBuf>,
    /// Steps at once at most, or auto.
    #[arg(long, value_name = "N|auto")]
    pub(super) jobs: Option<String>,
    /// One step at a time.
    #[arg(long, conflicts_with = "parallel")]
    pub(super) sequential: bool,
    /// Steps beside each other, whatever the file says.
    #[arg(long)]
    pub(super) parallel: bool,
    /// After a failure, still run what does not depend on it.
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Run these steps and no others.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Run these steps and all that wait for them.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    pub(super) from: Vec<String>,
    /// Run these steps and all that they wait for.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    pub(super) until: Vec<String>,
}

/// `gaai workflow run`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct RunArguments {
    /// File or name.
    pub(super) workflow: String,
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,
    /// Fail if a step failed, also where the file tolerates it.
    #[arg(long)]
    pub(super) strict: bool,
    /// Print the plan and run nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// When journal records reach the disk; batched unless said.
    #[arg(long, value_enum)]
    pub(super) durability: Option<DurabilityArgument>,
    /// Run id; made from time and name unless said.
    #[arg(long)]
    pub(super) run_id: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) models: ModelArguments,
}

/// `gaai workflow plan`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct PlanArguments {
    /// File or name.
    pub(super) workflow: String,
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,
    /// Run it in virtual time with the durations of earlier runs, and propose sizes of its limits.
    #[arg(long)]
    pub(super) simulate: bool,
    /// Write the proposed sizes into the file.
    #[arg(long, requires = "simulate")]
    pub(super) apply: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

/// `gaai workflow schedule`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ScheduleArguments {
    /// File or name.
    pub(super) workflow: String,
    /// Run what is due, or else the next one, and end.
    #[arg(long)]
    pub(super) once: bool,
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) models: ModelArguments,
}

/// `gaai workflow resume`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ResumeArguments {
    #[command(flatten)]
    pub(super) run: RunChoice,
    /// Go on although the file has changed; steps that did, and what waits for them, are repeated.
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) models: ModelArguments,
}

/// `gaai workflow retry`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct RetryArguments {
    #[command(flatten)]
    pub(super) run: RunChoice,
    /// Repeat this step too, although it succeeded, and what waits for it; may be repeated.
    #[arg(long, value_name = "STEP")]
    pub(super) step: Vec<String>,
    /// Go on although the file has changed.
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) models: ModelArguments,
}

/// See `definition::GraphFormat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GraphArgument {
    /// Groups and their steps.
    #[default]
    Text,
    /// For Markdown pages.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For programs.
    Json,
}

impl GraphArgument {
    pub(super) fn format(self) -> GraphFormat {
        match self {
            Self::Text => GraphFormat::Text,
            Self::Mermaid => GraphFormat::Mermaid,
            Self::Dot => GraphFormat::Dot,
            Self::Json => GraphFormat::Json,
        }
    }
}
