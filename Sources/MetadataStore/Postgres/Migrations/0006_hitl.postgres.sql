-- Questions that tasks ask people, by the try that asks, and the one answer that counts.
CREATE TABLE hitl_detail (
    ti_id uuid NOT NULL,
    dag_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    map_index bigint NOT NULL,
    options text NOT NULL,
    subject text NOT NULL,
    body text,
    defaults text,
    multiple boolean NOT NULL,
    params text NOT NULL,
    assignees text NOT NULL,
    created_at timestamptz NOT NULL,
    responded_at timestamptz,
    responded_by text,
    chosen_options text,
    params_input text,
    PRIMARY KEY (ti_id),
    FOREIGN KEY (dag_id, run_id) REFERENCES dag_run ON DELETE CASCADE,
    CHECK ((responded_at IS NULL) = (chosen_options IS NULL) AND (responded_at IS NULL) = (params_input IS NULL)),
    CHECK (responded_at IS NOT NULL OR responded_by IS NULL)
);
CREATE INDEX hitl_detail_run ON hitl_detail (dag_id, run_id);
