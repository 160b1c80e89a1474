//! The catalog in SQLite. In memory it is its own test double.

use std::path::Path;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Row, SqlSafeStr};

use super::error::CatalogError;
use super::{CatalogStore, RunLine};
use crate::model::{
    catalog::{RunRecord, WorkflowRun},
    id::RunId,
};
use crate::store::{Migration, StoreError, in_memory, migrate, open};

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("tables.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("workflow_runs.sql"),
    },
];

/// The catalog over a SQLite database.
#[derive(Clone, Debug)]
pub struct SqlCatalog {
    pool: SqlitePool,
}

/// The statements of one table of rows.
struct Table {
    insert: &'static str,
    select: &'static str,
}

macro_rules! tables {
    ($($constant:ident = $name:literal),+ $(,)?) => {
        $(const $constant: Table = Table {
            insert: concat!("INSERT INTO ", $name, " (run, place, row) VALUES (?, ?, ?)"),
            select: concat!("SELECT row FROM ", $name, " WHERE run = ? ORDER BY place"),
        };)+
    };
}

tables! {
    DOCUMENTS = "documents",
    REQUIREMENTS = "requirements",
    USE_CASES = "use_cases",
    TEMPLATES = "templates",
    EXECUTIONS = "executions",
    REPORTS = "reports",
    FINDINGS = "findings",
    EDGES = "edges",
    GAPS = "gaps",
}

const LINES: &str = "SELECT row,
    (SELECT count(*) FROM requirements it WHERE it.run = runs.run),
    (SELECT count(*) FROM use_cases it WHERE it.run = runs.run),
    (SELECT count(*) FROM executions it WHERE it.run = runs.run),
    (SELECT count(*) FROM executions it WHERE it.run = runs.run AND it.status <> 'finished'),
    (SELECT count(*) FROM reports it WHERE it.run = runs.run AND it.status = 'finished'),
    (SELECT count(*) FROM findings it WHERE it.run = runs.run AND it.found)
    FROM runs ORDER BY started_ms DESC, run DESC";

impl SqlCatalog {
    /// The catalog in the file at `path`, which is created if need be.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        Self::over(open(path).await?).await
    }

    /// An empty catalog that lives as long as this value.
    pub async fn in_memory() -> Result<Self, CatalogError> {
        Self::over(in_memory().await?).await
    }

    /// Writes out what stands in the log beside the file, and closes it.
    pub async fn close(self) {
        self.pool.close().await;
    }

    async fn over(pool: SqlitePool) -> Result<Self, CatalogError> {
        migrate(&pool, "catalog", MIGRATIONS).await?;
        Ok(Self { pool })
    }

    async fn write(&self, record: &RunRecord) -> Result<(), CatalogError> {
        let run = &record.head.run;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(refused)?;
        let connection = &mut *transaction;
        // The rows of an earlier record of the run go with it.
        let gone = sqlx::query("DELETE FROM runs WHERE run = ?").bind(&run.0);
        gone.execute(&mut *connection).await.map_err(refused)?;
        let head = sqlx::query("INSERT INTO runs (run, row) VALUES (?, ?)")
            .bind(&run.0)
            .bind(json(run, &record.head)?);
        head.execute(&mut *connection).await.map_err(refused)?;
        insert(connection, &DOCUMENTS, run, &record.documents).await?;
        insert(connection, &REQUIREMENTS, run, &record.requirements).await?;
        insert(connection, &USE_CASES, run, &record.use_cases).await?;
        insert(connection, &TEMPLATES, run, &record.templates).await?;
        insert(connection, &EXECUTIONS, run, &record.executions).await?;
        insert(connection, &REPORTS, run, &record.reports).await?;
        insert(connection, &FINDINGS, run, &record.findings).await?;
        insert(connection, &EDGES, run, &record.edges).await?;
        insert(connection, &GAPS, run, &record.gaps).await?;
        transaction.commit().await.map_err(refused)
    }

    async fn read(&self, run: &RunId) -> Result<Option<RunRecord>, CatalogError> {
        // One transaction, so that a run is not seen half replaced.
        let mut transaction = self.pool.begin().await.map_err(refused)?;
        let connection = &mut *transaction;
        let head: Option<String> = sqlx::query_scalar("SELECT row FROM runs WHERE run = ?")
            .bind(&run.0)
            .fetch_optional(&mut *connection)
            .await
            .map_err(refused)?;
        let Some(head) = head else { return Ok(None) };
        Ok(Some(RunRecord {
            head: parsed(run, &head)?,
            documents: select(connection, &DOCUMENTS, run).await?,
            requirements: select(connection, &REQUIREMENTS, run).await?,
            use_cases: select(connection, &USE_CASES, run).await?,
            templates: select(connection, &TEMPLATES, run).await?,
            executions: select(connection, &EXECUTIONS, run).await?,
            reports: select(connection, &REPORTS, run).await?,
            findings: select(connection, &FINDINGS, run).await?,
            edges: select(connection, &EDGES, run).await?,
            gaps: select(connection, &GAPS, run).await?,
        }))
    }

    async fn lines(&self) -> Result<Vec<RunLine>, CatalogError> {
        let rows = sqlx::query(LINES).fetch_all(&self.pool).await.map_err(refused)?;
        let line = |row: &sqlx::sqlite::SqliteRow| {
            let count = |place: usize| {
                let count: i64 = row.try_get(place).map_err(refused)?;
                Ok::<u64, CatalogError>(u64::try_from(count).unwrap_or(0))
            };
            let head: String = row.try_get(0).map_err(refused)?;
            Ok(RunLine {
                head: parsed(&RunId::default(), &head)?,
                requirements: count(1)?,
                use_cases: count(2)?,
                executions: count(3)?,
                unfinished: count(4)?,
                reports: count(5)?,
                findings: count(6)?,
            })
        };
        rows.iter().map(line).collect()
    }
}

impl CatalogStore for SqlCatalog {
    fn put<'a>(&'a self, record: &'a RunRecord) -> BoxFuture<'a, Result<(), CatalogError>> {
        Box::pin(self.write(record))
    }

    fn forget<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let gone = sqlx::query("DELETE FROM runs WHERE run = ?").bind(&run.0);
            gone.execute(&self.pool).await.map_err(refused).map(|_| ())
        })
    }

    fn get<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunRecord>, CatalogError>> {
        Box::pin(self.read(run))
    }

    fn runs(&self) -> BoxFuture<'_, Result<Vec<RunLine>, CatalogError>> {
        Box::pin(self.lines())
    }

    fn put_workflow<'a>(&'a self, run: &'a WorkflowRun) -> BoxFuture<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            sqlx::query("INSERT OR REPLACE INTO workflow_runs (run, row) VALUES (?, ?)")
                .bind(&run.run.0)
                .bind(json(&run.run, run)?)
                .execute(&self.pool)
                .await
                .map_err(refused)
                .map(|_| ())
        })
    }

    fn forget_workflow<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let gone = sqlx::query("DELETE FROM workflow_runs WHERE run = ?").bind(&run.0);
            gone.execute(&self.pool).await.map_err(refused).map(|_| ())
        })
    }

    fn workflow_runs(&self) -> BoxFuture<'_, Result<Vec<WorkflowRun>, CatalogError>> {
        Box::pin(async move {
            let latest = "SELECT row FROM workflow_runs ORDER BY started_ms DESC, run DESC";
            let rows: Vec<String> = sqlx::query_scalar(latest)
                .fetch_all(&self.pool)
                .await
                .map_err(refused)?;
            rows.iter().map(|it| parsed(&RunId::default(), it)).collect()
        })
    }
}

async fn insert<T: Serialize>(
    connection: &mut SqliteConnection,
    table: &Table,
    run: &RunId,
    rows: &[T],
) -> Result<(), CatalogError> {
    for (place, row) in (0_i64..).zip(rows) {
        sqlx::query(table.insert.into_sql_str())
            .bind(&run.0)
            .bind(place)
            .bind(json(run, row)?)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

async fn select<T: DeserializeOwned>(
    connection: &mut SqliteConnection,
    table: &Table,
    run: &RunId,
) -> Result<Vec<T>, CatalogError> {
    let rows: Vec<String> = sqlx::query_scalar(table.select.into_sql_str())
        .bind(&run.0)
        .fetch_all(connection)
        .await
        .map_err(refused)?;
    rows.iter().map(|it| parsed(run, it)).collect()
}

fn json<T: Serialize>(run: &RunId, row: &T) -> Result<String, CatalogError> {
    serde_json::to_string(row).map_err(|error| foreign(run, &error))
}

fn parsed<T: DeserializeOwned>(run: &RunId, row: &str) -> Result<T, CatalogError> {
    serde_json::from_str(row).map_err(|error| foreign(run, &error))
}

fn foreign(run: &RunId, error: &serde_json::Error) -> CatalogError {
    CatalogError::Foreign {
        run: run.0.clone(),
        reason: error.to_string(),
    }
}

fn refused(error: sqlx::Error) -> CatalogError {
    CatalogError::Store(StoreError::Refused(error))
}
