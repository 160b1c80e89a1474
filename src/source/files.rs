//! A graph in files: a directory whose files are collections, or one edge file.
//!
//! Opening lists the files; they are read once, when a census or a projection is first asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use rayon::ThreadPool;

use super::blocks::{Blocks, Input};
use super::cache::CacheOptions;
use super::cells::RawTable;
use super::error::SourceError;
use super::kept::{self, Key};
use super::layout::{self, Content, Entry, Format, Listing};
use super::meter::{self, Meter};
use super::rows::{self, Notes, Rows};
use super::tables::Tables;
use super::{GraphSource, LoadedGraph, assemble, census, csv, edge_list, jsonl, load, parquet, settings};
use crate::algorithms::Control;
use crate::model::{
    schema::{Census, Guess},
    template::Projection,
};

/// A graph in files.
#[derive(Clone, Debug)]
pub struct FileSource(Arc<Reader>);

/// What reading a graph may take; the default is whatever there is.
#[derive(Clone, Debug, Default)]
pub struct LoadLimits {
    /// Bytes that its tables may hold.
    pub memory_bytes: Option<u64>,
    /// Threads that parse; `None`: those of the process.
    pub pool: Option<Arc<ThreadPool>>,
    /// Where what was read is kept for the next process; `None`: nowhere.
    pub cache: Option<CacheOptions>,
}

/// What the threads share that read and load.
#[derive(Debug)]
struct Reader {
    name: String,
    listing: Listing,
    limits: LoadLimits,
    tables: Mutex<Option<Arc<Tables>>>,
    /// Under what the inputs are kept, once their content is known.
    key: Mutex<Option<Key>>,
    census: Mutex<Option<Census>>,
}

impl FileSource {
    /// Lists the files of the graph at `path` and reads its `graph.toml`; nothing else is read yet.
    ///
    /// A directory's `.csv`, `.tsv`, `.jsonl`, `.parquet` and `.el` files are its collections, named
    /// by their stems; other files are ignored and listed in the census. A single file is an edge
    /// collection whose vertices are implied. `name` is the graph's name in reports.
    ///
    /// # Errors
    ///
    /// When `path` cannot be read, holds no collection, has a faulty `graph.toml`, or leads to a
    /// file outside of itself.
    pub fn open(path: &Path, name: &str) -> Result<Self, SourceError> {
        Ok(Self::with(name, layout::list(path)?, LoadLimits::default()))
    }

    /// The graph in `files` (name and bytes), read by the same rules as a directory.
    ///
    /// # Errors
    ///
    /// As [`FileSource::open`].
    pub fn in_memory(name: &str, files: Vec<(String, Vec<u8>)>) -> Result<Self, SourceError> {
        Ok(Self::with(
            name,
            layout::list_memory(files)?,
            LoadLimits::default(),
        ))
    }

    /// The same graph, read within `limits`.
    #[must_use]
    pub fn with_limits(self, limits: LoadLimits) -> Self {
        Self::with(&self.0.name, self.0.listing.clone(), limits)
    }

    fn with(name: &str, listing: Listing, limits: LoadLimits) -> Self {
        Self(Arc::new(Reader {
            name: name.to_owned(),
            listing,
            limits,
            tables: Mutex::new(None),
            key: Mutex::new(None),
            census: Mutex::new(None),
        }))
    }

    /// Counts what is in the graph; blocks while files are read.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not what it seems to be, or `control` is cancelled.
    pub fn census_now(&self, control: &Control) -> Result<Census, SourceError> {
        self.0.census(control)
    }

    /// Loads what `projection` names; blocks while files are read.
    ///
    /// # Errors
    ///
    /// As [`FileSource::census_now`], and when the graph lacks what the projection names.
    pub fn load_now(&self, projection: &Projection, control: &Control) -> Result<LoadedGraph, SourceError> {
        self.0.load(projection, control)
    }
}

impl Reader {
    /// The census, taken by the first caller.
    fn census(&self, control: &Control) -> Result<Census, SourceError> {
        let mut held = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(census) = &*held {
            return Ok(census.clone());
        }
        let kept = self.kept_key(control)?;
        let kept = kept.and_then(|(options, key)| kept::census(options, &key));
        let census = match kept {
            Some(census) => census,
            None => {
                let tables = self.tables(control)?;
                let census = self.in_pool(|| census::take(&tables, control))?;
                if let Some((options, key)) = self.known_key() {
                    kept::keep_census(options, &key, &census);
                }
                census
            }
        };
        *held = Some(census.clone());
        Ok(census)
    }

    fn load(&self, projection: &Projection, control: &Control) -> Result<LoadedGraph, SourceError> {
        let kept = self.kept_key(control)?;
        if let Some(graph) = kept.and_then(|(options, key)| kept::graph(options, &key, projection)) {
            return Ok(graph);
        }
        let tables = self.tables(control)?;
        let graph = self.in_pool(|| load::project(&tables, projection, control))?;
        if let Some((options, key)) = self.known_key() {
            kept::keep_graph(options, &key, projection, &graph);
        }
        Ok(graph)
    }

    /// Under what the inputs are kept, if their content is known.
    fn known_key(&self) -> Option<(&CacheOptions, Key)> {
        let key = self.key.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.limits.cache.as_ref().zip(key)
    }

    /// Under what the inputs are kept, if something may be: files are hashed only when the cache knows
    /// files of these names and sizes.
    fn kept_key(&self, control: &Control) -> Result<Option<(&CacheOptions, Key)>, SourceError> {
        let Some(options) = &self.limits.cache else {
            return Ok(None);
        };
        let mut held = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*held {
            return Ok(Some((options, key.clone())));
        }
        let quick = kept::quick_key(&self.name, &self.listing, options);
        let Some(quick) = quick.filter(|it| options.has(it)) else {
            return Ok(None);
        };
        let mut hashes = Vec::with_capacity(self.listing.entries.len());
        for entry in &self.listing.entries {
            hashes.push(Blocks::open(entry, Meter::new(None), control)?.finish()?.hash);
        }
        let key = Key::of(&self.name, &self.listing, quick, hashes.iter());
        *held = Some(key.clone());
        Ok(Some((options, key)))
    }

    /// Notes under what `tables` are kept. What was known before must be the same: else a file has
    /// changed since, and half of an answer would be about the old one.
    fn note_key(&self, tables: &Tables) -> Result<(), SourceError> {
        let quick = self.limits.cache.as_ref();
        let quick = quick.and_then(|it| kept::quick_key(&self.name, &self.listing, it));
        let Some(quick) = quick else {
            return Ok(());
        };
        let hashes = self
            .listing
            .entries
            .iter()
            .filter_map(|it| tables.inputs.get(&it.place));
        let key = Key::of(&self.name, &self.listing, quick, hashes);
        let mut held = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|it| *it != key) {
            return Err(SourceError::Unreadable {
                path: self.name.clone(),
                reason: "its files changed while they were read; run it again".to_owned(),
            });
        }
        *held = Some(key);
        Ok(())
    }

    /// The tables, read by the first caller; a cancelled or failed reading is tried again.
    fn tables(&self, control: &Control) -> Result<Arc<Tables>, SourceError> {
        let mut held = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tables) = &*held {
            return Ok(Arc::clone(tables));
        }
        let tables = Arc::new(self.in_pool(|| self.read(control))?);
        self.note_key(&tables)?;
        *held = Some(Arc::clone(&tables));
        Ok(tables)
    }

    /// Does `work` on the threads that may be used. No lock is taken in there: a thread that waits takes
    /// up other work, which could want the same lock.
    fn in_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.limits.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    fn read(&self, control: &Control) -> Result<Tables, SourceError> {
        let mut meter = Meter::new(self.limits.memory_bytes);
        let mut notes = Notes::default();
        let (mut vertices, mut edges) = (Vec::new(), Vec::new());
        let (mut inputs, mut input_bytes) = (std::collections::BTreeMap::new(), 0);
        for entry in &self.listing.entries {
            if control.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            check_content(entry)?;
            let (table, input) = read_table(entry, meter, control)?;
            inputs.insert(entry.place.clone(), input.hash);
            input_bytes += input.bytes;
            match rows::typed(entry, table, &mut notes, control)? {
                Rows::Vertices(rows) => {
                    meter.keep(meter::vertex_bytes(&rows));
                    vertices.push(rows);
                }
                Rows::Edges(rows) => {
                    meter.keep(meter::edge_bytes(&rows));
                    edges.push(*rows);
                }
            }
        }
        if !self.listing.ignored.is_empty() {
            notes.guesses.push(Guess {
                what: format!("not part of the graph: {}", self.listing.ignored.join(", ")),
                change: settings::line("NAME", "file", "\"…\""),
            });
        }
        let mut tables = assemble::assemble(&self.name, vertices, edges, notes, control)?;
        tables.inputs = inputs;
        tables.input_bytes = input_bytes;
        Ok(tables)
    }
}

impl GraphSource for FileSource {
    fn census<'a>(&'a self, control: &'a Control) -> BoxFuture<'a, Result<Census, SourceError>> {
        let (source, control) = (self.clone(), control.clone());
        blocking(move || source.census_now(&control)).boxed()
    }

    fn load<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LoadedGraph, SourceError>> {
        let (source, wanted, control) = (self.clone(), projection.clone(), control.clone());
        blocking(move || source.load_now(&wanted, &control)).boxed()
    }

    fn files(&self) -> Vec<PathBuf> {
        let tables = self.0.listing.entries.iter().filter_map(|it| match &it.content {
            Content::OnDisk(path) => Some(path.clone()),
            Content::InMemory(_) => None,
        });
        self.0
            .listing
            .settings_file
            .iter()
            .cloned()
            .chain(tables)
            .collect()
    }
}

/// Runs what reads, parses and sorts on a thread that may block: on the caller's it would hold up
/// everything else, the wish to stop included.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SourceError::Defect {
            reason: error.to_string(),
        }),
    }
}

/// Refuses what is no file or has no content.
fn check_content(entry: &Entry) -> Result<(), SourceError> {
    let unreadable = |reason: String| SourceError::Unreadable {
        path: entry.place.clone(),
        reason,
    };
    let bytes = match &entry.content {
        Content::OnDisk(path) => {
            let found = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
            if found.is_dir() {
                let reason = format!(
                    "it is a directory; put the files in it into the graph's directory, each named as a \
                     collection, or say `{}` for one of them",
                    settings::line(&entry.collection, "file", &format!("\"{}/…\"", entry.place))
                );
                return Err(unreadable(reason));
            }
            found.len()
        }
        Content::InMemory(bytes) => bytes.len() as u64,
    };
    if bytes == 0 {
        return Err(unreadable("the file is empty; remove it or fill it".to_owned()));
    }
    Ok(())
}

/// The table of `entry`, and what was read for it.
fn read_table(entry: &Entry, meter: Meter, control: &Control) -> Result<(RawTable, Input), SourceError> {
    let place = &entry.place;
    let mut blocks = Blocks::open(entry, meter, control)?;
    let table = match entry.format {
        Format::Csv => csv::read(entry, &mut blocks)?,
        Format::Jsonl => jsonl::read(place, &mut blocks)?,
        Format::EdgeList => edge_list::read(place, &mut blocks)?,
        Format::Parquet => {
            // The format is not read from front to back, as the hash is.
            let (table, input) = rayon::join(|| parquet::read(entry, meter, control), || blocks.finish());
            return Ok((table?, input?));
        }
    };
    Ok((table, blocks.finish()?))
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
