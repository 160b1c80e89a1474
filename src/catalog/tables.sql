-- Each row is kept as JSON; the other columns are read from it, so that nothing is said twice.
CREATE TABLE runs (
    run TEXT NOT NULL PRIMARY KEY,
    row TEXT NOT NULL CHECK (json_valid(row)),
    graph TEXT AS (row ->> '$.graph'),
    vertical TEXT AS (row ->> '$.vertical'),
    state TEXT AS (row ->> '$.state'),
    started_ms INTEGER AS (row ->> '$.started_ms')
) STRICT;

CREATE TABLE documents (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    id TEXT AS (row ->> '$.id'),
    name TEXT AS (row ->> '$.name'),
    hash TEXT AS (row ->> '$.hash'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX documents_by_hash ON documents (hash);

CREATE TABLE requirements (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    id TEXT AS (row ->> '$.id'),
    kind TEXT AS (row ->> '$.kind'),
    text TEXT AS (row ->> '$.text'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE use_cases (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    id TEXT AS (row ->> '$.id'),
    title TEXT AS (row ->> '$.title'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE templates (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    id TEXT AS (row ->> '$.id'),
    algorithm TEXT AS (row ->> '$.algorithm'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX templates_by_id ON templates (id);

CREATE TABLE executions (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    template TEXT AS (row ->> '$.template'),
    status TEXT AS (row ->> '$.outcome.status'),
    reason TEXT AS (row ->> '$.outcome.reason'),
    elapsed_us INTEGER AS (row ->> '$.outcome.elapsed_us'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    use_case TEXT AS (row ->> '$.use_case'),
    status TEXT AS (row ->> '$.outcome.status'),
    reason TEXT AS (row ->> '$.outcome.reason'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    id TEXT AS (row ->> '$.id'),
    use_case TEXT AS (row ->> '$.use_case'),
    template TEXT AS (row ->> '$.template'),
    severity TEXT AS (row ->> '$.severity'),
    found INTEGER AS (row ->> '$.found'),
    headline TEXT AS (row ->> '$.headline'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE edges (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    from_kind TEXT AS (row ->> '$.from.kind'),
    from_id TEXT AS (row ->> '$.from.id'),
    to_kind TEXT AS (row ->> '$.to.kind'),
    to_id TEXT AS (row ->> '$.to.id'),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_forward ON edges (run, from_kind, from_id);
CREATE INDEX edges_backward ON edges (run, to_kind, to_id);

CREATE TABLE gaps (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL,
    row TEXT NOT NULL CHECK (json_valid(row)),
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
