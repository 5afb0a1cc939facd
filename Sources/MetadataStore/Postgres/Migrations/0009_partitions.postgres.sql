-- Runs of partitions, and what waits to become one.

-- When the partition of the run begins.
ALTER TABLE dag_run ADD COLUMN partition_date timestamptz;
CREATE INDEX dag_run_partition ON dag_run (dag_id, partition_date, run_after)
WHERE partition_key IS NOT NULL AND run_type IN ('scheduled', 'backfill');

-- A partition of a DAG that has had an event and has no run yet; the row goes when it gets one.
CREATE TABLE asset_partition_dag_run (
    dag_id text COLLATE "C" NOT NULL,
    partition_key text COLLATE "C" NOT NULL,
    partition_date timestamptz,
    rollup_fingerprint text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, partition_key)
);

-- The events that count for it. `answer` is what a custom mapper said.
CREATE TABLE partitioned_asset_key_log (
    dag_id text COLLATE "C" NOT NULL,
    partition_key text COLLATE "C" NOT NULL,
    asset_id bigint NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    event_id bigint NOT NULL REFERENCES asset_event (id) ON DELETE CASCADE,
    source_partition_key text COLLATE "C" NOT NULL,
    answer text,
    PRIMARY KEY (dag_id, partition_key, event_id),
    FOREIGN KEY (dag_id, partition_key) REFERENCES asset_partition_dag_run ON DELETE CASCADE
);
CREATE INDEX partitioned_asset_key_log_of_event ON partitioned_asset_key_log (event_id);

-- Events whose targets a custom mapper has yet to name.
CREATE TABLE partition_mapping_question (
    dag_id text COLLATE "C" NOT NULL,
    event_id bigint NOT NULL REFERENCES asset_event (id) ON DELETE CASCADE,
    source_partition_key text COLLATE "C" NOT NULL,
    source_partition_date timestamptz,
    rollup_fingerprint text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, event_id)
);
