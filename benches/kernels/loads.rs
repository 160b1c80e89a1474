//! From a file of edges to lists in both directions: the directed list with the header `src,dst`, as CSV and
//! as Parquet. The peers read the same files.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use gaai::algorithms::Control;
use gaai::graph::EdgeList;
use gaai::model::template::Projection;
use gaai::source::FileSource;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::graphs::{Files, GraphKind};
use crate::measure::{self, Times};
use crate::table::Measured;
use crate::work::Answer;

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Name of the work.
    pub(crate) work: &'static str,
    /// What the file's name ends with.
    ending: &'static str,
}

/// The formats.
pub(crate) const LOADS: &[Load] = &[
    load("load_csv", "csv"),
    load("load_parquet", "parquet"),
    // What peers do differs: they number the keys too.
    load("load_csv_keys", "csv"),
    load("load_parquet_keys", "parquet"),
];

const fn load(work: &'static str, ending: &'static str) -> Load {
    Load { work, ending }
}

impl Load {
    /// Opens the file and loads it whole, as often as wanted; nothing is kept in between. The peak counts
    /// from before the file is opened.
    pub(crate) fn measure(self, runs: usize, kind: &GraphKind, files: &Files) -> anyhow::Result<Measured> {
        let path = self.file(kind, files)?;
        let collection = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let projection = Projection {
            // What the ends name that are in no file.
            vertices: vec!["vertices".to_owned()],
            edges: vec![collection],
            ..Projection::default()
        };
        let before = measure::resident();
        measure::forget_peak()?;
        let mut times = Times::default();
        let mut edges = 0.0;
        for _ in 0..runs.max(1) {
            let loaded = times.of(|| {
                let source = FileSource::open(&path, kind.name)?;
                source.load_now(&projection, &Control::default())
            })?;
            edges = loaded.csr.edge_count as f64;
            drop(loaded);
            if times.enough() {
                break;
            }
        }
        let peak = measure::peak();
        let beyond = peak.saturating_sub(before) as f64;
        Ok(Measured {
            graph: kind.name,
            work: self.work,
            threads: rayon::current_num_threads(),
            times,
            peak,
            answer: Answer::from([("edges", edges), ("peak_bytes_an_edge", beyond / edges)]),
        })
    }

    /// The file, written now if it is missing.
    fn file(self, kind: &GraphKind, files: &Files) -> anyhow::Result<PathBuf> {
        let path = PathBuf::from(format!("{}.{}", files.stem(kind.directed).display(), self.ending));
        if !path.exists() {
            let begun = path.with_extension("begun");
            let edges = files.edges(kind.directed, false)?;
            let written = match self.ending {
                "csv" => write_csv(&begun, &edges),
                _ => write_parquet(&begun, edges),
            };
            written.with_context(|| format!("cannot write {}", begun.display()))?;
            fs::rename(&begun, &path)?;
        }
        Ok(path)
    }
}

/// The header is quoted, so that NetworKit can take it for a comment.
fn write_csv(path: &Path, edges: &EdgeList) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "\"src\",\"dst\"")?;
    for (source, target) in edges.sources.iter().zip(&edges.targets) {
        writeln!(file, "{source},{target}")?;
    }
    Ok(file.flush()?)
}

/// Without a dictionary, which would be as long as the column; groups of a million rows.
fn write_parquet(path: &Path, edges: EdgeList) -> anyhow::Result<()> {
    let columns: [(_, ArrayRef); 2] = [
        ("src", Arc::new(UInt32Array::from(edges.sources))),
        ("dst", Arc::new(UInt32Array::from(edges.targets))),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(1 << 20))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
