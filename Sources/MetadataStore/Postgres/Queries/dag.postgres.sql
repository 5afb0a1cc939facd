-- DAGs, their versions, and what reading files gave.

-- name: DAGColumns
dag_id, is_paused, is_stale, bundle_name, relative_fileloc, fileloc, latest_version_id, last_parsed_time

-- name: SelectDAGs
SELECT {DAGColumns} FROM dag ORDER BY dag_id;

-- name: SelectPausedDAGs
SELECT dag_id FROM dag WHERE is_paused ORDER BY dag_id;

-- name: SelectDAG
SELECT {DAGColumns} FROM dag WHERE dag_id = ?;

-- is_paused belongs to users: reading the file again does not change it.
-- name: SaveDAG :batch
INSERT INTO dag ({DAGColumns})
SELECT * FROM unnest(
    ?::text[], ?::boolean[], ?::boolean[], ?::text[], ?::text[], ?::text[], ?::uuid[], ?::timestamptz[]
)
ON CONFLICT (dag_id) DO UPDATE SET
    is_stale = excluded.is_stale, bundle_name = excluded.bundle_name, relative_fileloc = excluded.relative_fileloc,
    fileloc = excluded.fileloc, latest_version_id = excluded.latest_version_id,
    last_parsed_time = excluded.last_parsed_time;

-- name: SetPaused :batch
UPDATE dag SET is_paused = n.is_paused
FROM unnest(?::text[], ?::boolean[]) AS n (dag_id, is_paused)
WHERE dag.dag_id = n.dag_id;

-- name: DAGVersionColumns
id, dag_id, version_number, bundle_name, bundle_version, hash, created_at

-- name: SelectDAGVersion
SELECT {DAGVersionColumns}, document FROM dag_version WHERE id = ?;

-- name: SelectLatestDAGVersion
SELECT {DAGVersionColumns} FROM dag_version WHERE dag_id = ? ORDER BY version_number DESC LIMIT 1;

-- name: SelectLatestDAGVersions
SELECT {DAGVersionColumns} FROM dag_version AS latest
WHERE version_number = (SELECT max(version_number) FROM dag_version WHERE dag_id = latest.dag_id)
ORDER BY dag_id;

-- name: SelectDAGVersions
SELECT {DAGVersionColumns} FROM dag_version WHERE dag_id = ? ORDER BY version_number DESC;

-- Adds nothing unless the number is one above the latest.
-- name: AddDAGVersion
INSERT INTO dag_version ({DAGVersionColumns}, document)
SELECT ?1::uuid, ?2::text, ?3::bigint, ?4::text, ?5::text, ?6::text, ?7::timestamptz, ?8::bytea
WHERE ?3 = (SELECT coalesce(max(version_number), 0) + 1 FROM dag_version WHERE dag_id = ?2)
ON CONFLICT DO NOTHING;

-- name: SelectImportErrors
SELECT filename, line, message, stacktrace FROM import_error ORDER BY filename, id;

-- name: DeleteImportErrors
DELETE FROM import_error;

-- name: AddImportError
INSERT INTO import_error (filename, line, message, stacktrace) VALUES (?, ?, ?, ?);

-- name: SelectParsedFiles
SELECT key, content FROM parsed_file WHERE key = ANY(?::text[]);

-- A file that is set again becomes the newest.
-- name: SetParsedFile
INSERT INTO parsed_file (key, size, content) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, size = excluded.size, content = excluded.content;

-- The oldest go until the rest has at most this many bytes.
-- name: EvictParsedFiles
DELETE FROM parsed_file WHERE seq <= (
    SELECT max(seq) FROM (SELECT seq, sum(size) OVER (ORDER BY seq DESC) AS total FROM parsed_file) AS sums
    WHERE total > ?::bigint);
