-- Runs of partitions, and what waits to become one.

-- When the partition of the run begins.
ALTER TABLE dag_run ADD COLUMN partition_date INTEGER;
CREATE INDEX dag_run_partition ON dag_run (dag_id, partition_date, run_after)
WHERE partition_key IS NOT NULL AND run_type IN ('scheduled', 'backfill');

-- A partition of a DAG that has had an event and has no run yet; the row goes when it gets one.
CREATE TABLE asset_partition_dag_run (
    dag_id TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    partition_date INTEGER,
    rollup_fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (dag_id, partition_key)
) STRICT, WITHOUT ROWID;

-- The events that count for it. `answer` is what a custom mapper said.
CREATE TABLE partitioned_asset_key_log (
    dag_id TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    asset_id INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    event_id INTEGER NOT NULL REFERENCES asset_event (id) ON DELETE CASCADE,
    source_partition_key TEXT NOT NULL,
    answer TEXT,
    PRIMARY KEY (dag_id, partition_key, event_id),
    FOREIGN KEY (dag_id, partition_key) REFERENCES asset_partition_dag_run ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX partitioned_asset_key_log_of_event ON partitioned_asset_key_log (event_id);

-- Events whose targets a custom mapper has yet to name.
CREATE TABLE partition_mapping_question (
    dag_id TEXT NOT NULL,
    event_id INTEGER NOT NULL REFERENCES asset_event (id) ON DELETE CASCADE,
    source_partition_key TEXT NOT NULL,
    source_partition_date INTEGER,
    rollup_fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (dag_id, event_id)
) STRICT, WITHOUT ROWID;
