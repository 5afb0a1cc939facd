-- Questions that tasks ask people, by the try that asks (its UUID as text), and the one answer that counts.
CREATE TABLE hitl_detail (
    ti_id TEXT NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    map_index INTEGER NOT NULL,
    options TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT,
    defaults TEXT,
    multiple INTEGER NOT NULL CHECK (multiple IN (0, 1)),
    params TEXT NOT NULL,
    assignees TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    responded_at INTEGER,
    responded_by TEXT,
    chosen_options TEXT,
    params_input TEXT,
    PRIMARY KEY (ti_id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE,
    CHECK ((responded_at IS NULL) = (chosen_options IS NULL) AND (responded_at IS NULL) = (params_input IS NULL)),
    CHECK (responded_at IS NOT NULL OR responded_by IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX hitl_detail_run ON hitl_detail (dag_id, run_id);
