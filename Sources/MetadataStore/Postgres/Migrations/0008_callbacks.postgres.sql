-- What is to run after changes of state; a row goes when it has run. And the instants by which runs have to have
-- succeeded.
CREATE TABLE callback (
    id uuid NOT NULL,
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    type text NOT NULL CHECK (type IN ('dag', 'task', 'email', 'deadline', 'webhook')),
    data text NOT NULL,
    created_at timestamptz NOT NULL,
    attempts bigint NOT NULL CHECK (attempts >= 0),
    due_at timestamptz,
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);
CREATE INDEX callback_run ON callback (dag_id, run_id);

-- `since_queued` in microseconds.
CREATE TABLE deadline (
    id uuid NOT NULL,
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    name text,
    deadline_time timestamptz NOT NULL,
    missed boolean NOT NULL,
    since_queued bigint,
    action text NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);
CREATE INDEX deadline_run ON deadline (dag_id, run_id);
CREATE INDEX deadline_to_come ON deadline (deadline_time) WHERE NOT missed;
