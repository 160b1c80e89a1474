//! Brings tables up to date, once for all processes that share the file.

use sqlx::sqlite::SqlitePool;

use super::error::StoreError;

/// A step from the version before to this one.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: i64,
    /// Statements.
    pub sql: &'static str,
}

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS migrations (
    room TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT";

/// Applies those of `migrations` that the tables of `room` lack, all or none.
///
/// # Errors
///
/// When the tables are newer than the last migration, so that an old gaai never writes them.
pub async fn migrate(pool: &SqlitePool, room: &str, migrations: &[Migration]) -> Result<(), StoreError> {
    // Immediate: of two processes that start at once, the second waits and then finds it done.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(VERSIONS).execute(&mut *transaction).await?;
    let found: Option<i64> = sqlx::query_scalar("SELECT version FROM migrations WHERE room = ?")
        .bind(room)
        .fetch_optional(&mut *transaction)
        .await?;
    let found = found.unwrap_or(0);
    let known = migrations.last().map_or(0, |it| it.version);
    if found > known {
        return Err(StoreError::TooNew {
            room: room.to_owned(),
            found,
            known,
        });
    }
    for migration in migrations.iter().filter(|it| it.version > found) {
        let applied = sqlx::raw_sql(migration.sql).execute(&mut *transaction).await;
        applied.map_err(|error| StoreError::Migration {
            room: room.to_owned(),
            version: migration.version,
            reason: error.to_string(),
        })?;
    }
    sqlx::query(
        "INSERT INTO migrations VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version",
    )
    .bind(room)
    .bind(known)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration {
        version: 1,
        sql: "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);",
    };
    const SECOND: Migration = Migration {
        version: 2,
        sql: "ALTER TABLE a ADD COLUMN y INTEGER; INSERT INTO a VALUES (2, 3);",
    };
    const BROKEN: Migration = Migration {
        version: 3,
        sql: "INSERT INTO a VALUES (9, 9); SELECT nonsense;",
    };

    async fn rows(pool: &SqlitePool) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM a")
            .fetch_one(pool)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn each_migration_is_applied_once_and_all_or_none() {
        let pool = super::super::in_memory().await.unwrap();
        migrate(&pool, "test", &[FIRST]).await.unwrap();
        migrate(&pool, "test", &[FIRST, SECOND]).await.unwrap();
        migrate(&pool, "test", &[FIRST, SECOND]).await.unwrap();
        assert_eq!(rows(&pool).await, 2);
        assert!(migrate(&pool, "test", &[FIRST, SECOND, BROKEN]).await.is_err());
        assert_eq!(rows(&pool).await, 2);
        let old = migrate(&pool, "test", &[FIRST]).await;
        assert!(matches!(
            old,
            Err(StoreError::TooNew {
                found: 2,
                known: 1,
                ..
            })
        ));
    }

    #[tokio::test]
    async fn processes_that_start_at_once_share_one_file() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("deep/catalog.db");
        let start = || async {
            let pool = super::super::open(&path).await.unwrap();
            migrate(&pool, "test", &[FIRST, SECOND]).await.unwrap();
            pool
        };
        let (one, _, _) = tokio::join!(start(), start(), start());
        assert_eq!(rows(&one).await, 2);
    }
}
