-- Timestamps are integer microseconds since 1970-01-01T00:00:00Z, UUIDs 16 bytes, truth values 0 and 1.

CREATE TABLE schema_migration (
    version INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT;

-- One row: who may write. The epoch only grows.
CREATE TABLE scheduler_lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    holder TEXT,
    taken_at INTEGER
) STRICT;
INSERT INTO scheduler_lease (id, epoch) VALUES (1, 0);

CREATE TABLE dag_run (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    run_type TEXT NOT NULL,
    state TEXT NOT NULL,
    logical_date INTEGER,
    data_interval_start INTEGER,
    data_interval_end INTEGER,
    run_after INTEGER NOT NULL,
    queued_at INTEGER,
    start_date INTEGER,
    end_date INTEGER,
    updated_at INTEGER,
    conf TEXT NOT NULL,
    triggered_by TEXT NOT NULL,
    triggering_user_name TEXT,
    created_dag_version_id BLOB,
    bundle_version TEXT,
    clear_number INTEGER NOT NULL,
    partition_key TEXT,
    note TEXT,
    reason TEXT,
    PRIMARY KEY (dag_id, run_id),
    CHECK (state IN ('queued', 'running', 'success', 'failed')),
    CHECK ((state IN ('success', 'failed')) = (end_date IS NOT NULL)),
    CHECK (clear_number >= 0)
) STRICT;
CREATE INDEX dag_run_newest ON dag_run (run_after DESC, run_id DESC);
CREATE INDEX dag_run_newest_of_dag ON dag_run (dag_id, run_after DESC, run_id DESC);
CREATE INDEX dag_run_logical_date ON dag_run (dag_id, logical_date);
CREATE INDEX dag_run_active ON dag_run (state) WHERE state IN ('queued', 'running');
CREATE INDEX dag_run_ended ON dag_run (end_date) WHERE end_date IS NOT NULL;

-- The live try of each task instance.
CREATE TABLE task_instance (
    id BLOB NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    state TEXT,
    try_number INTEGER NOT NULL,
    max_tries INTEGER NOT NULL,
    launch_number INTEGER NOT NULL,
    loss_count INTEGER NOT NULL,
    reschedule_count INTEGER NOT NULL,
    scheduled_dttm INTEGER,
    queued_dttm INTEGER,
    start_date INTEGER,
    end_date INTEGER,
    updated_at INTEGER,
    next_look_at INTEGER,
    operator TEXT NOT NULL,
    pool TEXT NOT NULL,
    pool_slots INTEGER NOT NULL,
    priority_weight INTEGER NOT NULL,
    queue TEXT NOT NULL,
    executor TEXT,
    hostname TEXT NOT NULL,
    unixname TEXT NOT NULL,
    pid INTEGER,
    pid_start_time INTEGER,
    dag_version_id BLOB,
    rendered_map_index TEXT,
    note TEXT,
    next_method TEXT,
    next_kwargs TEXT,
    trigger_class TEXT,
    trigger_kwargs TEXT,
    trigger_timeout INTEGER,
    reason TEXT,
    PRIMARY KEY (id),
    UNIQUE (dag_id, run_id, task_id, map_index),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE,
    CHECK (state IN (
        'scheduled', 'queued', 'running', 'success', 'restarting', 'failed', 'up_for_retry', 'up_for_reschedule',
        'upstream_failed', 'skipped', 'deferred', 'removed', 'awaiting_input')),
    CHECK (map_index >= -1),
    CHECK (try_number >= 0 AND launch_number >= 0 AND pool_slots >= 1),
    CHECK (length(id) = 16)
) STRICT;

-- Tries before the live one.
CREATE TABLE task_instance_history (
    id BLOB NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    state TEXT,
    try_number INTEGER NOT NULL,
    max_tries INTEGER NOT NULL,
    launch_number INTEGER NOT NULL,
    loss_count INTEGER NOT NULL,
    reschedule_count INTEGER NOT NULL,
    scheduled_dttm INTEGER,
    queued_dttm INTEGER,
    start_date INTEGER,
    end_date INTEGER,
    updated_at INTEGER,
    next_look_at INTEGER,
    operator TEXT NOT NULL,
    pool TEXT NOT NULL,
    pool_slots INTEGER NOT NULL,
    priority_weight INTEGER NOT NULL,
    queue TEXT NOT NULL,
    executor TEXT,
    hostname TEXT NOT NULL,
    unixname TEXT NOT NULL,
    pid INTEGER,
    pid_start_time INTEGER,
    dag_version_id BLOB,
    rendered_map_index TEXT,
    note TEXT,
    next_method TEXT,
    next_kwargs TEXT,
    trigger_class TEXT,
    trigger_kwargs TEXT,
    trigger_timeout INTEGER,
    reason TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE,
    CHECK (length(id) = 16)
) STRICT;
CREATE INDEX task_instance_history_key ON task_instance_history (dag_id, run_id, task_id, map_index, try_number);

CREATE TABLE task_reschedule (
    ti_id BLOB NOT NULL,
    start_date INTEGER NOT NULL,
    end_date INTEGER NOT NULL,
    reschedule_date INTEGER NOT NULL,
    PRIMARY KEY (ti_id, start_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE rendered_task_instance_fields (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    rendered_fields TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT;

CREATE TABLE xcom (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    mapped_length INTEGER,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, key),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT;

CREATE TABLE task_state_store (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, key),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT;

-- val, password and extra (of connection) are Fernet tokens.
CREATE TABLE variable (
    key TEXT PRIMARY KEY NOT NULL,
    val TEXT NOT NULL,
    description TEXT
) STRICT;

CREATE TABLE connection (
    conn_id TEXT PRIMARY KEY NOT NULL,
    conn_type TEXT NOT NULL,
    description TEXT,
    host TEXT,
    schema TEXT,
    login TEXT,
    password TEXT,
    port INTEGER,
    extra TEXT
) STRICT;

CREATE TABLE slot_pool (
    pool TEXT PRIMARY KEY NOT NULL,
    slots INTEGER NOT NULL CHECK (slots >= -1),
    description TEXT NOT NULL,
    include_deferred INTEGER NOT NULL CHECK (include_deferred IN (0, 1))
) STRICT;
INSERT INTO slot_pool (pool, slots, description, include_deferred)
VALUES ('default_pool', 128, 'Default pool', 0);

CREATE TABLE asset (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    uri TEXT NOT NULL,
    "group" TEXT NOT NULL,
    extra TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    UNIQUE (name, uri)
) STRICT;
CREATE INDEX asset_uri ON asset (uri);

-- Events outlive the runs that caused them, so there is no foreign key to dag_run.
CREATE TABLE asset_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asset_id INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    extra TEXT NOT NULL,
    alias_names TEXT NOT NULL,
    source_dag_id TEXT,
    source_run_id TEXT,
    source_task_id TEXT,
    source_map_index INTEGER,
    timestamp INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    UNIQUE (source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal)
) STRICT;
CREATE INDEX asset_event_of_asset ON asset_event (asset_id, timestamp);

CREATE TABLE asset_state_store (
    asset_id INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (asset_id, key)
) STRICT;

CREATE TABLE dag (
    dag_id TEXT PRIMARY KEY NOT NULL,
    is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
    is_stale INTEGER NOT NULL CHECK (is_stale IN (0, 1)),
    bundle_name TEXT NOT NULL,
    relative_fileloc TEXT NOT NULL,
    fileloc TEXT NOT NULL,
    latest_version_id BLOB,
    last_parsed_time INTEGER
) STRICT;

CREATE TABLE dag_version (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    dag_id TEXT NOT NULL,
    version_number INTEGER NOT NULL CHECK (version_number >= 1),
    bundle_name TEXT NOT NULL,
    bundle_version TEXT,
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (dag_id, version_number)
) STRICT;

CREATE TABLE import_error (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    filename TEXT NOT NULL,
    line INTEGER,
    message TEXT NOT NULL,
    stacktrace TEXT NOT NULL
) STRICT;

-- What reading files gave, newest last; the driver bounds the sum of sizes.
CREATE TABLE parsed_file (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
