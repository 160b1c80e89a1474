//! Integration tests: one binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a panic in a test is its report, and tests drive the outside world"
)]

mod algo;
mod algo_words;
mod bad_input;
mod batch;
mod batch_trouble;
mod branch_case;
mod branches;
mod branches_ends;
mod branches_limits;
mod branches_parts;
mod branches_status;
mod branches_stress;
mod branches_told;
mod catalog;
mod crash;
mod documents;
mod endings;
mod exec;
mod exit_codes;
mod findings;
mod flow;
mod flow_drive;
mod flow_law;
mod flow_random;
mod flow_room;
mod flow_shuttle;
mod fuzz_documents;
mod fuzz_journal;
mod fuzz_sources;
mod fuzz_workflows;
mod html;
mod karate;
mod layers;
mod ldbc;
mod london;
mod main_job;
mod model_case;
mod model_keys;
mod model_orders;
mod model_peers;
mod model_prose;
mod model_replays;
mod model_runs;
mod model_servers;
mod model_shapes;
mod model_waits;
mod models;
mod networkx;
mod paraphrases;
mod patterns;
mod peers;
mod process;
mod program;
mod recompute;
mod renamed;
mod requirements;
mod resume;
mod sockets;
mod source_demo;
mod source_files;
mod source_parsers;
mod strangers;
mod trace;
mod workflow_cli;
mod workflow_control;
mod workflow_crash;
mod workflow_errors;
mod workflow_faults;
mod workflow_hostile;
mod workflow_limits;
mod workflow_parts;
mod workflow_room;
mod workflow_runs;
mod workflow_seeds;
mod workflow_time;
mod workflow_views;
