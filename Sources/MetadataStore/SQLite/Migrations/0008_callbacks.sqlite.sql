-- What is to run after changes of state; a row goes when it has run. And the instants by which runs have to have
-- succeeded.
CREATE TABLE callback (
    id BLOB NOT NULL CHECK (length(id) = 16),
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('dag', 'task', 'email', 'deadline', 'webhook')),
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    due_at INTEGER,
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX callback_run ON callback (dag_id, run_id);

-- `since_queued` in microseconds.
CREATE TABLE deadline (
    id BLOB NOT NULL CHECK (length(id) = 16),
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    name TEXT,
    deadline_time INTEGER NOT NULL,
    missed INTEGER NOT NULL CHECK (missed IN (0, 1)),
    since_queued INTEGER,
    action TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_run ON deadline (dag_id, run_id);
CREATE INDEX deadline_to_come ON deadline (deadline_time) WHERE NOT missed;
