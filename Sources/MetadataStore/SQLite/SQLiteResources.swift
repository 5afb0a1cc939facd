/// The statements of the SQLite dialect, embedded in the binary.
let sqliteStatementFiles: [[UInt8]] = [
    PackageResources.asset_sqlite_sql, PackageResources.asset_queue_sqlite_sql, PackageResources.dag_sqlite_sql,
    PackageResources.dag_run_sqlite_sql, PackageResources.backfill_sqlite_sql, PackageResources.callback_sqlite_sql,
    PackageResources.hitl_sqlite_sql,
    PackageResources.partition_sqlite_sql,
    PackageResources.retention_sqlite_sql, PackageResources.schema_sqlite_sql, PackageResources.settings_sqlite_sql,
    PackageResources.task_instance_sqlite_sql, PackageResources.tracking_sqlite_sql, PackageResources.xcom_sqlite_sql,
]

/// The schema's steps in the SQLite dialect.
let sqliteMigrations = [
    Migration(1, "initial", PackageResources._001_initial_sqlite_sql),
    Migration(2, "tracking", PackageResources._002_tracking_sqlite_sql),
    Migration(3, "scheduler", PackageResources._003_scheduler_sqlite_sql),
    Migration(4, "image", PackageResources._004_image_sqlite_sql),
    Migration(5, "assets", PackageResources._005_assets_sqlite_sql),
    Migration(6, "hitl", PackageResources._006_hitl_sqlite_sql),
    Migration(7, "backfill", PackageResources._007_backfill_sqlite_sql),
    Migration(8, "callbacks", PackageResources._008_callbacks_sqlite_sql),
    Migration(9, "partitions", PackageResources._009_partitions_sqlite_sql),
    Migration(10, "paused", PackageResources._010_paused_sqlite_sql),
]
