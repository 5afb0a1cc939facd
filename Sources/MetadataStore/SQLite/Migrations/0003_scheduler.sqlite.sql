-- When the scheduler that leads last said so; NULL: none leads.
ALTER TABLE scheduler_lease ADD COLUMN renewed_at INTEGER;

-- What other processes ask of the scheduler; removed by the commit that carries it out.
CREATE TABLE scheduler_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
