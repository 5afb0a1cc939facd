-- Timestamps are timestamptz (microseconds, readable in psql). Text compares by bytes (COLLATE "C"), as in SQLite.
-- JSON is text: json refuses NaN, jsonb loses the order of members.

CREATE TABLE schema_migration (
    version bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    applied_at timestamptz NOT NULL
);

-- One row: who may write. The epoch only grows.
CREATE TABLE scheduler_lease (
    id bigint PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL CHECK (epoch >= 0),
    holder text COLLATE "C",
    taken_at timestamptz
);
INSERT INTO scheduler_lease (id, epoch) VALUES (1, 0);

CREATE TABLE dag_run (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    run_type text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    logical_date timestamptz,
    data_interval_start timestamptz,
    data_interval_end timestamptz,
    run_after timestamptz NOT NULL,
    queued_at timestamptz,
    start_date timestamptz,
    end_date timestamptz,
    updated_at timestamptz,
    conf text COLLATE "C" NOT NULL,
    triggered_by text COLLATE "C" NOT NULL,
    triggering_user_name text COLLATE "C",
    created_dag_version_id uuid,
    bundle_version text COLLATE "C",
    clear_number bigint NOT NULL,
    partition_key text COLLATE "C",
    note text COLLATE "C",
    reason text COLLATE "C",
    PRIMARY KEY (dag_id, run_id),
    CHECK (state IN ('queued', 'running', 'success', 'failed')),
    CHECK ((state IN ('success', 'failed')) = (end_date IS NOT NULL)),
    CHECK (clear_number >= 0)
) WITH (fillfactor = 80);
CREATE INDEX dag_run_newest ON dag_run (run_after DESC, run_id DESC);
CREATE INDEX dag_run_newest_of_dag ON dag_run (dag_id, run_after DESC, run_id DESC);
CREATE INDEX dag_run_logical_date ON dag_run (dag_id, logical_date);
CREATE INDEX dag_run_active ON dag_run (state) WHERE state IN ('queued', 'running');
CREATE INDEX dag_run_ended ON dag_run (end_date) WHERE end_date IS NOT NULL;

-- The live try of each task instance.
CREATE TABLE task_instance (
    id uuid NOT NULL,
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    state text COLLATE "C",
    try_number bigint NOT NULL,
    max_tries bigint NOT NULL,
    launch_number bigint NOT NULL,
    loss_count bigint NOT NULL,
    reschedule_count bigint NOT NULL,
    scheduled_dttm timestamptz,
    queued_dttm timestamptz,
    start_date timestamptz,
    end_date timestamptz,
    updated_at timestamptz,
    next_look_at timestamptz,
    operator text COLLATE "C" NOT NULL,
    pool text COLLATE "C" NOT NULL,
    pool_slots bigint NOT NULL,
    priority_weight bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    executor text COLLATE "C",
    hostname text COLLATE "C" NOT NULL,
    unixname text COLLATE "C" NOT NULL,
    pid bigint,
    pid_start_time bigint,
    dag_version_id uuid,
    rendered_map_index text COLLATE "C",
    note text COLLATE "C",
    next_method text COLLATE "C",
    next_kwargs text COLLATE "C",
    trigger_class text COLLATE "C",
    trigger_kwargs text COLLATE "C",
    trigger_timeout timestamptz,
    reason text COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (dag_id, run_id, task_id, map_index),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE,
    CHECK (state IN (
        'scheduled', 'queued', 'running', 'success', 'restarting', 'failed', 'up_for_retry', 'up_for_reschedule',
        'upstream_failed', 'skipped', 'deferred', 'removed', 'awaiting_input')),
    CHECK (map_index >= -1),
    CHECK (try_number >= 0 AND launch_number >= 0 AND pool_slots >= 1)
) WITH (fillfactor = 70);

-- Tries before the live one.
CREATE TABLE task_instance_history (
    id uuid NOT NULL,
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    state text COLLATE "C",
    try_number bigint NOT NULL,
    max_tries bigint NOT NULL,
    launch_number bigint NOT NULL,
    loss_count bigint NOT NULL,
    reschedule_count bigint NOT NULL,
    scheduled_dttm timestamptz,
    queued_dttm timestamptz,
    start_date timestamptz,
    end_date timestamptz,
    updated_at timestamptz,
    next_look_at timestamptz,
    operator text COLLATE "C" NOT NULL,
    pool text COLLATE "C" NOT NULL,
    pool_slots bigint NOT NULL,
    priority_weight bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    executor text COLLATE "C",
    hostname text COLLATE "C" NOT NULL,
    unixname text COLLATE "C" NOT NULL,
    pid bigint,
    pid_start_time bigint,
    dag_version_id uuid,
    rendered_map_index text COLLATE "C",
    note text COLLATE "C",
    next_method text COLLATE "C",
    next_kwargs text COLLATE "C",
    trigger_class text COLLATE "C",
    trigger_kwargs text COLLATE "C",
    trigger_timeout timestamptz,
    reason text COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);
CREATE INDEX task_instance_history_key ON task_instance_history (dag_id, run_id, task_id, map_index, try_number);

CREATE TABLE task_reschedule (
    ti_id uuid NOT NULL,
    start_date timestamptz NOT NULL,
    end_date timestamptz NOT NULL,
    reschedule_date timestamptz NOT NULL,
    PRIMARY KEY (ti_id, start_date)
);

CREATE TABLE rendered_task_instance_fields (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    rendered_fields text COLLATE "C" NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);

CREATE TABLE xcom (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    mapped_length bigint,
    timestamp timestamptz NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, key),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);

CREATE TABLE task_state_store (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, key),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);

-- val, password and extra (of connection) are Fernet tokens.
CREATE TABLE variable (
    key text COLLATE "C" PRIMARY KEY,
    val text COLLATE "C" NOT NULL,
    description text COLLATE "C"
);

CREATE TABLE connection (
    conn_id text COLLATE "C" PRIMARY KEY,
    conn_type text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    host text COLLATE "C",
    schema text COLLATE "C",
    login text COLLATE "C",
    password text COLLATE "C",
    port bigint,
    extra text COLLATE "C"
);

CREATE TABLE slot_pool (
    pool text COLLATE "C" PRIMARY KEY,
    slots bigint NOT NULL CHECK (slots >= -1),
    description text COLLATE "C" NOT NULL,
    include_deferred boolean NOT NULL
);
INSERT INTO slot_pool (pool, slots, description, include_deferred)
VALUES ('default_pool', 128, 'Default pool', FALSE);

CREATE TABLE asset (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    uri text COLLATE "C" NOT NULL,
    "group" text COLLATE "C" NOT NULL,
    extra text COLLATE "C" NOT NULL,
    is_active boolean NOT NULL,
    UNIQUE (name, uri)
);
CREATE INDEX asset_uri ON asset (uri);

-- Events outlive the runs that caused them, so there is no foreign key to dag_run.
CREATE TABLE asset_event (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    asset_id bigint NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    extra text COLLATE "C" NOT NULL,
    alias_names text COLLATE "C" NOT NULL,
    source_dag_id text COLLATE "C",
    source_run_id text COLLATE "C",
    source_task_id text COLLATE "C",
    source_map_index bigint,
    timestamp timestamptz NOT NULL,
    ordinal bigint NOT NULL,
    UNIQUE (source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal)
);
CREATE INDEX asset_event_of_asset ON asset_event (asset_id, timestamp);

CREATE TABLE asset_state_store (
    asset_id bigint NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (asset_id, key)
);

CREATE TABLE dag (
    dag_id text COLLATE "C" PRIMARY KEY,
    is_paused boolean NOT NULL,
    is_stale boolean NOT NULL,
    bundle_name text COLLATE "C" NOT NULL,
    relative_fileloc text COLLATE "C" NOT NULL,
    fileloc text COLLATE "C" NOT NULL,
    latest_version_id uuid,
    last_parsed_time timestamptz
);

CREATE TABLE dag_version (
    id uuid PRIMARY KEY,
    dag_id text COLLATE "C" NOT NULL,
    version_number bigint NOT NULL CHECK (version_number >= 1),
    bundle_name text COLLATE "C" NOT NULL,
    bundle_version text COLLATE "C",
    hash text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    document bytea NOT NULL,
    UNIQUE (dag_id, version_number)
);

CREATE TABLE import_error (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    filename text COLLATE "C" NOT NULL,
    line bigint,
    message text COLLATE "C" NOT NULL,
    stacktrace text COLLATE "C" NOT NULL
);

-- What reading files gave, newest last; the driver bounds the sum of sizes.
CREATE TABLE parsed_file (
    seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    size bigint NOT NULL,
    content bytea NOT NULL
);

-- Fences a writer whose lease was taken by another one (SQLSTATE PL001). FOR SHARE holds the lease until the commit.
CREATE FUNCTION pipeline_verify_epoch(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    current bigint;
BEGIN
    SELECT epoch INTO current FROM scheduler_lease FOR SHARE;
    IF current IS NULL OR wanted < current THEN
        RAISE EXCEPTION 'epoch % was superseded by %', wanted, current USING ERRCODE = 'PL001';
    END IF;
END $$;
