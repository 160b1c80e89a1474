//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exec_arguments::ExecArguments;
use super::exec_bench::ExecBenchArguments;
use super::workflow::arguments::WorkflowCommand;
use crate::trace::Durability;

/// Turns a graph plus a business question into verified, repeatable, decision-ready findings.
#[derive(Debug, Parser)]
#[command(name = "gaai", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Print results as JSON on standard output.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print nothing but results and errors.
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Print more: -v what was decided, -vv developer logs.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Do the main job: graph and brief in, verified reports out.
    Run(RunArguments),
    /// Print what a run would do, with time, memory and cost; run nothing.
    Plan(RequestArguments),
    /// Take up a run again that was interrupted, stopped or failed; what is not said stays as it was.
    Resume {
        /// Run id or run directory.
        run: String,
        #[command(flatten)]
        limits: LimitArguments,
        #[command(flatten)]
        pace: PaceArguments,
        #[command(flatten)]
        place: Place,
    },
    /// Print what is in a graph and whether it is fit to analyse.
    Inspect {
        /// Path, name in gaai.toml, or `demo:KIND`.
        graph: String,
    },
    /// Write a demo graph with planted truth: graph, brief.md and truth.json.
    Demo {
        /// Which one.
        kind: String,
        /// Seed; the same seed writes the same bytes.
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// Size: s, m or l.
        #[arg(long, default_value = "s")]
        scale: String,
        /// Directory to write to; `demo-KIND` unless said.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Compare a run's findings with the planted truth of its demo graph.
    Score {
        /// Run id or run directory.
        run: String,
        /// The truth.json to compare with; that of the run's graph unless said.
        #[arg(long)]
        truth: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// List, explain or run single algorithms.
    #[command(subcommand)]
    Algo(AlgoCommand),
    /// Recompute every claim of a run from its result tables; fail on any mismatch.
    Verify {
        /// Run id or run directory.
        run: String,
        #[command(flatten)]
        place: Place,
    },
    /// Walk a finding back: claim, facts, rows, projection, input files.
    Explain {
        /// Run id or run directory.
        run: String,
        /// Finding id, e.g. critical_points.1.
        finding: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show or export what happened in a run.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// Ask language models what they can do, and keep it for runs.
    Doctor {
        #[command(flatten)]
        models: ModelArguments,
    },
    /// Query the catalog of runs.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Run many scripts at once: each ends with one result, whatever the others do.
    Exec(Box<ExecArguments>),
    /// Measure.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// List or show the industries that gaai knows.
    #[command(subcommand)]
    Vertical(VerticalCommand),
    /// Run workflow files, and look at them and at their runs.
    #[command(subcommand)]
    Workflow(WorkflowCommand),
}

/// What a run is asked for; shared by `run` and `plan`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RequestArguments {
    /// The graph: a name in gaai.toml, a path, or `demo:KIND[:SEED[:SCALE]]`.
    #[arg(long)]
    pub(super) graph: String,
    /// Brief or other document (.md, .txt) or a directory of them; may be repeated.
    #[arg(long, num_args = 1..)]
    pub(super) documents: Vec<PathBuf>,
    /// A question given directly; may be repeated.
    #[arg(long)]
    pub(super) ask: Vec<String>,
    /// Industry: a name, auto, or a TOML file.
    #[arg(long)]
    pub(super) vertical: Option<String>,
    /// Vertex collections that the questions are about; decided by themselves unless said.
    #[arg(long, value_delimiter = ',')]
    pub(super) core_collections: Vec<String>,
    /// Templates at most; the lowest ranked are left out and named.
    #[arg(long)]
    pub(super) max_templates: Option<usize>,
    #[command(flatten)]
    pub(super) models: ModelArguments,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
    #[command(flatten)]
    pub(super) place: Place,
}

/// Which language models are asked; none unless said here or in gaai.toml.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Language models")]
pub(super) struct ModelArguments {
    /// Ask this model, e.g. openai/gpt-4o-mini or ollama/llama3.2; ROLE=PROVIDER/NAME sets it for one role only;
    /// env takes what LLM_PROVIDER and LLM_MODEL name.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(super) model: Vec<String>,
    /// Ask this one when the model is down; may be repeated.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(super) fallback_model: Vec<String>,
    /// Where the provider is, e.g. http://127.0.0.1:8080/v1.
    #[arg(long, value_name = "URL")]
    pub(super) model_url: Option<String>,
    /// Open no socket.
    #[arg(long)]
    pub(super) offline: bool,
    /// Ask no model, whatever gaai.toml says.
    #[arg(long, conflicts_with_all = ["model", "record", "replay"])]
    pub(super) no_model: bool,
    /// Record requests and replies in this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    pub(super) record: Option<PathBuf>,
    /// Answer from the recordings in this directory; opens no socket.
    #[arg(long, value_name = "DIR")]
    pub(super) replay: Option<PathBuf>,
    /// Replace keys and texts of the data by pseudonyms before they leave this machine.
    #[arg(long)]
    pub(super) redact: bool,
    /// Use the vertical that the model drafts where none fits.
    #[arg(long)]
    pub(super) accept_vertical: bool,
}

/// What a run may take.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct LimitArguments {
    /// Concurrent executions at most.
    #[arg(long)]
    pub(super) max_executions: Option<usize>,
    #[command(flatten)]
    pub(super) each: BudgetArguments,
    /// Ask models no more before it costs more, in USD; what was paid before a run was taken up counts.
    #[arg(long, value_name = "USD")]
    pub(super) budget_usd: Option<f64>,
    /// Ask models no more before it takes more tokens, prompts and replies together.
    #[arg(long, value_name = "TOKENS")]
    pub(super) budget_tokens: Option<u64>,
}

/// What each execution may take.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct BudgetArguments {
    /// Kernel threads, 1 to 1024; as many as cores unless said, and with 0.
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// Refuse what needs more memory, e.g. 2GB.
    #[arg(long)]
    pub(super) budget_memory: Option<String>,
    /// Refuse what is estimated to take longer, e.g. 5m.
    #[arg(long)]
    pub(super) budget_time: Option<String>,
    /// Read all files again and keep nothing of them in .gaai/cache.
    #[arg(long)]
    pub(super) no_cache: bool,
}

/// How a run goes on its way.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct PaceArguments {
    /// How to work through the stages; parallel unless said, and all three give the same bytes.
    #[arg(long, value_enum)]
    pub(super) mode: Option<ModeArgument>,
    /// Time limit of the whole run, e.g. 10m.
    #[arg(long)]
    pub(super) timeout: Option<String>,
    /// When journal records reach the disk; batched unless said.
    #[arg(long, value_enum)]
    pub(super) durability: Option<DurabilityArgument>,
}

/// `gaai run`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub(super) request: RequestArguments,
    #[command(flatten)]
    pub(super) pace: PaceArguments,
    /// Report formats.
    #[arg(long, value_delimiter = ',', default_value = "md,html,json,txt")]
    pub(super) format: Vec<String>,
    /// Run id; made from time and graph unless said.
    #[arg(long)]
    pub(super) run_id: Option<String>,
}

/// Where runs are.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Place {
    /// Directory that holds the runs; output unless said.
    #[arg(long, visible_alias = "output")]
    pub(super) out: Option<PathBuf>,
}

/// See `pipeline::Mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArgument {
    /// Ask before each stage.
    Stepwise,
    /// One task at a time.
    Sequential,
    /// As many as the limits allow.
    #[default]
    Parallel,
}

/// See `trace::Durability`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DurabilityArgument {
    /// Each record before anything acts on it.
    Strict,
    /// Every 5 ms or 64 records.
    #[default]
    Batched,
    /// Whenever the system pleases.
    None,
}

impl DurabilityArgument {
    pub(super) fn durability(self) -> Durability {
        match self {
            Self::Strict => Durability::Strict,
            Self::Batched => Durability::Batched,
            Self::None => Durability::None,
        }
    }
}

/// `gaai algo`.
#[derive(Debug, Subcommand)]
pub(super) enum AlgoCommand {
    /// List the algorithms.
    List {
        /// Print the whole handbook as Markdown.
        #[arg(long)]
        markdown: bool,
    },
    /// Print parameters, columns and conventions of one.
    Show {
        /// Name or alias.
        name: String,
    },
    /// Run one on a graph.
    Run(Box<AlgoRunArguments>),
}

/// `gaai algo run`.
#[derive(Clone, Debug, Args)]
pub(super) struct AlgoRunArguments {
    /// Name or alias.
    pub(super) name: String,
    /// The graph, as for `gaai run`.
    #[arg(long)]
    pub(super) graph: String,
    /// A parameter, e.g. --param damping=0.9; may be repeated. Keys stand between commas, or as a JSON list:
    /// --param 'sources=["a, b"]'.
    #[arg(long, value_name = "K=V")]
    pub(super) param: Vec<String>,
    /// Edge collections; all unless said.
    #[arg(long, value_delimiter = ',')]
    pub(super) edges: Vec<String>,
    /// Vertex collections; all unless said.
    #[arg(long, value_delimiter = ',')]
    pub(super) vertices: Vec<String>,
    /// Edge direction; as the graph says unless said.
    #[arg(long, value_enum)]
    pub(super) direction: Option<DirectionArgument>,
    /// Edges between the same two vertices; as `algo show` says of the algorithm unless said.
    #[arg(long, value_enum)]
    pub(super) parallel: Option<ParallelArgument>,
    /// Keep edges from a vertex to itself.
    #[arg(long)]
    pub(super) self_loops: bool,
    /// Edge attribute used as weight.
    #[arg(long)]
    pub(super) weight: Option<String>,
    /// Edge attribute used as time.
    #[arg(long)]
    pub(super) time: Option<String>,
    /// Vertex attributes that the algorithm reads and that are joined to the result.
    #[arg(long, value_delimiter = ',')]
    pub(super) attributes: Vec<String>,
    /// Pack the lists of neighbours into about half the memory; reading them takes longer. For algorithms
    /// that `algo list` marks, without weights and times.
    #[arg(long)]
    pub(super) compressed: bool,
    /// What becomes of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub(super) mode: AlgoMode,
    /// Rows of each table that --mode top prints; 20 unless said, with --json all.
    #[arg(long)]
    pub(super) top: Option<usize>,
    /// The table that --mode stream prints; the one that was computed unless said.
    #[arg(long)]
    pub(super) table: Option<String>,
    /// Directory that --mode write writes `results/` under; output unless said.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Print time and memory bounds and run nothing.
    #[arg(long)]
    pub(super) estimate: bool,
    #[command(flatten)]
    pub(super) budget: BudgetArguments,
}

/// What becomes of the answer of a single algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum AlgoMode {
    /// Its numbers and its first rows are printed.
    #[default]
    Top,
    /// Its numbers are printed.
    Stats,
    /// Every row is printed, as CSV, or with --json as JSON lines.
    Stream,
    /// Every table is written as Parquet.
    Write,
}

/// See `graph::Direction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DirectionArgument {
    /// As stored.
    Directed,
    /// Against the stored direction.
    Reversed,
    /// Both ways.
    Undirected,
}

/// See `graph::ParallelEdges`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ParallelArgument {
    /// Each counts.
    Keep,
    /// They become one edge with the smallest weight.
    Smallest,
    /// They become one edge with the sum of the weights.
    Sum,
}

/// `gaai trace`.
#[derive(Debug, Subcommand)]
pub(super) enum TraceCommand {
    /// Print the trace summary.
    Show {
        /// Run id or run directory.
        run: String,
        #[command(flatten)]
        place: Place,
    },
    /// Write the trace as json, html timeline, svg and md.
    Export {
        /// Run id or run directory.
        run: String,
        /// Formats.
        #[arg(long, value_delimiter = ',', default_value = "json,html,svg,md")]
        format: Vec<String>,
        /// Directory to write to; trace/ of the run unless said.
        #[arg(long)]
        to: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// `gaai catalog`.
#[derive(Debug, Subcommand)]
pub(super) enum CatalogCommand {
    /// List all runs, failures included.
    Runs {
        #[command(flatten)]
        place: Place,
    },
    /// Print what is known about one run.
    Show {
        /// Run id, its beginning, or `latest`.
        run: String,
        #[command(flatten)]
        place: Place,
    },
    /// Print where a run's findings, or one of them, come from.
    Lineage {
        /// Run id, its beginning, or `latest`.
        run: String,
        /// Finding id; all unless said.
        finding: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Make the catalog again from the journals.
    Rebuild {
        #[command(flatten)]
        place: Place,
    },
}

/// `gaai bench`.
#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Run the same scripts with different numbers at a time: duration, successes and throughput of each.
    Exec(ExecBenchArguments),
}

/// `gaai vertical`.
#[derive(Debug, Subcommand)]
pub(super) enum VerticalCommand {
    /// List them.
    List,
    /// Print topics and patterns of one.
    Show {
        /// Its name or file.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
