-- Runs of a DAG for a range of its schedule that somebody asked for.
CREATE TABLE backfill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id text COLLATE "C" NOT NULL,
    from_date timestamptz NOT NULL,
    to_date timestamptz NOT NULL,
    dag_run_conf text,
    reprocess_behavior text COLLATE "C" NOT NULL CHECK (reprocess_behavior IN ('none', 'failed', 'completed')),
    max_active_runs bigint NOT NULL CHECK (max_active_runs >= 1),
    is_paused boolean NOT NULL,
    run_on_latest_version boolean NOT NULL,
    dag_version_id uuid,
    triggering_user_name text,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    updated_at timestamptz NOT NULL,
    CHECK (from_date <= to_date)
);
-- One at a time for each DAG.
CREATE UNIQUE INDEX backfill_open ON backfill (dag_id) WHERE completed_at IS NULL;

-- Its dates: open until one has a run or a reason why it has none. The run may be deleted later.
CREATE TABLE backfill_dag_run (
    backfill_id bigint NOT NULL REFERENCES backfill (id) ON DELETE CASCADE,
    sort_ordinal bigint NOT NULL CHECK (sort_ordinal >= 1),
    logical_date timestamptz NOT NULL,
    data_interval_start timestamptz NOT NULL,
    data_interval_end timestamptz NOT NULL,
    run_after timestamptz NOT NULL,
    run_id text COLLATE "C",
    exception_reason text COLLATE "C" CHECK (exception_reason IN ('in flight', 'already exists', 'unknown')),
    PRIMARY KEY (backfill_id, sort_ordinal),
    UNIQUE (backfill_id, logical_date),
    CHECK (run_id IS NULL OR exception_reason IS NULL)
);

ALTER TABLE dag_run ADD COLUMN backfill_id bigint;
CREATE INDEX dag_run_backfill ON dag_run (backfill_id) WHERE backfill_id IS NOT NULL;

-- What retention looks for, oldest first: runs count from their start, those that never started from their end.
DROP INDEX dag_run_ended;
CREATE INDEX dag_run_age ON dag_run ((coalesce(start_date, end_date)), dag_id, run_id) WHERE end_date IS NOT NULL;
