-- Variables, connections and pools. Values, passwords and extras are Fernet tokens.

-- name: SelectVariables
SELECT key, val, description FROM variable ORDER BY key;

-- name: SelectVariable
SELECT key, val, description FROM variable WHERE key = ?;

-- name: SetVariable
INSERT INTO variable (key, val, description) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET val = excluded.val, description = excluded.description;

-- name: DeleteVariable
DELETE FROM variable WHERE key = ?;

-- name: ConnectionColumns
conn_id, conn_type, description, host, schema, login, password, port, extra

-- name: SelectConnections
SELECT {ConnectionColumns} FROM connection ORDER BY conn_id;

-- name: SelectConnection
SELECT {ConnectionColumns} FROM connection WHERE conn_id = ?;

-- name: SetConnection
INSERT INTO connection ({ConnectionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (conn_id) DO UPDATE SET
    conn_type = excluded.conn_type, description = excluded.description, host = excluded.host,
    schema = excluded.schema, login = excluded.login, password = excluded.password, port = excluded.port,
    extra = excluded.extra;

-- name: DeleteConnection
DELETE FROM connection WHERE conn_id = ?;

-- name: SelectPools
SELECT pool, slots, description, include_deferred FROM slot_pool ORDER BY pool;

-- name: SetPool
INSERT INTO slot_pool (pool, slots, description, include_deferred) VALUES (?, ?, ?, ?)
ON CONFLICT (pool) DO UPDATE SET
    slots = excluded.slots, description = excluded.description, include_deferred = excluded.include_deferred;

-- name: DeletePool
DELETE FROM slot_pool WHERE pool = ?;
