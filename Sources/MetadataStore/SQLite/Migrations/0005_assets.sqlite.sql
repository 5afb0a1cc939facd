-- What assets are to start, and what of it was started.

-- When a scheduler took note of the event: that of a task at once, that of another process when it sees it.
ALTER TABLE asset_event ADD COLUMN registered_at INTEGER;
ALTER TABLE asset_event ADD COLUMN partition_key TEXT;
UPDATE asset_event SET registered_at = timestamp;
CREATE INDEX asset_event_registered ON asset_event (registered_at);

-- The assets that events through an alias went to.
CREATE TABLE asset_alias_asset (
    alias TEXT NOT NULL,
    asset_id INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    PRIMARY KEY (alias, asset_id)
) STRICT, WITHOUT ROWID;
INSERT INTO asset_alias_asset (alias, asset_id)
SELECT DISTINCT a.value, e.asset_id FROM asset_event AS e, json_each(e.alias_names) AS a;

-- Assets that have had an event which a DAG waits for.
CREATE TABLE asset_dag_run_queue (
    dag_id TEXT NOT NULL,
    asset_id INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (dag_id, asset_id)
) STRICT, WITHOUT ROWID;

-- Since when the schedule of a DAG names an asset.
CREATE TABLE dag_schedule_asset_reference (
    dag_id TEXT NOT NULL,
    name TEXT NOT NULL,
    uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (dag_id, name, uri)
) STRICT, WITHOUT ROWID;

-- The events that a run consumes.
CREATE TABLE dag_run_asset_event (
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    event_id INTEGER NOT NULL REFERENCES asset_event (id) ON DELETE CASCADE,
    PRIMARY KEY (dag_id, run_id, event_id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX dag_run_asset_event_of_event ON dag_run_asset_event (event_id, dag_id);

CREATE INDEX dag_run_asset_triggered ON dag_run (dag_id, run_after) WHERE run_type = 'asset_triggered';
