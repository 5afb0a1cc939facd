-- What tasks report of their work. A value that is NULL is not a number, as in SQLite.

CREATE TABLE tracked_metric (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    step bigint NOT NULL CHECK (step >= 0),
    epoch bigint CHECK (epoch >= 0),
    value double precision,
    try_number bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name, step),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);

CREATE TABLE tracked_param (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    try_number bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);

CREATE TABLE tracked_artifact (
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    sha256 text COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    try_number bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE
);
