-- Runs of workflows, each kept as JSON; the other columns are read from it.
CREATE TABLE workflow_runs (
    run TEXT NOT NULL PRIMARY KEY,
    row TEXT NOT NULL CHECK (json_valid(row)),
    workflow TEXT AS (row ->> '$.workflow'),
    state TEXT AS (row ->> '$.state'),
    started_ms INTEGER AS (row ->> '$.started_ms'),
    last_ms INTEGER AS (row ->> '$.last_ms')
) STRICT;
CREATE INDEX workflow_runs_by_workflow ON workflow_runs (workflow, started_ms);
