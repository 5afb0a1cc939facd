-- What tasks report of their work. A value that is NULL is not a number: SQLite stores no NaN.

CREATE TABLE tracked_metric (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    epoch INTEGER CHECK (epoch >= 0),
    value REAL,
    try_number INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name, step),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE tracked_param (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    try_number INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT;

CREATE TABLE tracked_artifact (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    try_number INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT;
