-- Runs of a DAG for a range of its schedule that somebody asked for.
CREATE TABLE backfill (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dag_id TEXT NOT NULL,
    from_date INTEGER NOT NULL,
    to_date INTEGER NOT NULL,
    dag_run_conf TEXT,
    reprocess_behavior TEXT NOT NULL CHECK (reprocess_behavior IN ('none', 'failed', 'completed')),
    max_active_runs INTEGER NOT NULL CHECK (max_active_runs >= 1),
    is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
    run_on_latest_version INTEGER NOT NULL CHECK (run_on_latest_version IN (0, 1)),
    dag_version_id BLOB,
    triggering_user_name TEXT,
    created_at INTEGER NOT NULL,
    completed_at INTEGER,
    updated_at INTEGER NOT NULL,
    CHECK (from_date <= to_date)
) STRICT;
-- One at a time for each DAG.
CREATE UNIQUE INDEX backfill_open ON backfill (dag_id) WHERE completed_at IS NULL;

-- Its dates: open until one has a run or a reason why it has none. The run may be deleted later.
CREATE TABLE backfill_dag_run (
    backfill_id INTEGER NOT NULL REFERENCES backfill (id) ON DELETE CASCADE,
    sort_ordinal INTEGER NOT NULL CHECK (sort_ordinal >= 1),
    logical_date INTEGER NOT NULL,
    data_interval_start INTEGER NOT NULL,
    data_interval_end INTEGER NOT NULL,
    run_after INTEGER NOT NULL,
    run_id TEXT,
    exception_reason TEXT CHECK (exception_reason IN ('in flight', 'already exists', 'unknown')),
    PRIMARY KEY (backfill_id, sort_ordinal),
    UNIQUE (backfill_id, logical_date),
    CHECK (run_id IS NULL OR exception_reason IS NULL)
) STRICT, WITHOUT ROWID;

ALTER TABLE dag_run ADD COLUMN backfill_id INTEGER;
CREATE INDEX dag_run_backfill ON dag_run (backfill_id) WHERE backfill_id IS NOT NULL;

-- What retention looks for, oldest first: runs count from their start, those that never started from their end.
DROP INDEX dag_run_ended;
CREATE INDEX dag_run_age ON dag_run ((coalesce(start_date, end_date)), dag_id, run_id) WHERE end_date IS NOT NULL;
