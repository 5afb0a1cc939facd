-- The scheduler asks each second which DAGs are paused.
CREATE INDEX dag_paused ON dag (dag_id) WHERE is_paused;
