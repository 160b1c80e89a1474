//! gaai turns *a graph plus a business question* into verified, repeatable, decision-ready findings.
//!
//! The rooms, bottom up; imports point down only (`tests/it/layers.rs` keeps this):
//! [`graph`] and [`algorithms`] are plain computation, [`model`] is plain data, [`trace`],
//! [`store`] and [`assets`] carry what happened, what is kept and what is embedded, [`process`] knows this
//! machine and its child processes; [`documents`],
//! [`llm`], [`source`], [`catalog`], [`report`] and [`flow`] touch the world; [`engine`] runs templates,
//! [`agents`] decide, [`pipeline`] orders the stages, [`workflow`] the steps of workflow files; [`config`],
//! [`app`] and [`cli`] assemble.

pub mod agents;
pub mod algorithms;
pub mod app;
pub mod assets;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod documents;
pub mod engine;
pub mod flow;
pub mod graph;
pub mod limits;
pub mod llm;
pub mod model;
pub mod pipeline;
pub mod process;
pub mod report;
pub mod source;
pub mod store;
pub mod trace;
pub mod workflow;
