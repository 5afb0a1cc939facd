/// The statements of the PostgreSQL dialect, embedded in the binary.
let postgresStatementFiles: [[UInt8]] = [
    PackageResources.asset_postgres_sql, PackageResources.asset_queue_postgres_sql, PackageResources.dag_postgres_sql,
    PackageResources.dag_run_postgres_sql, PackageResources.backfill_postgres_sql, PackageResources.callback_postgres_sql,
    PackageResources.hitl_postgres_sql,
    PackageResources.partition_postgres_sql,
    PackageResources.retention_postgres_sql, PackageResources.schema_postgres_sql, PackageResources.settings_postgres_sql,
    PackageResources.task_instance_postgres_sql, PackageResources.tracking_postgres_sql, PackageResources.xcom_postgres_sql,
]

/// The schema's steps in the PostgreSQL dialect.
let postgresMigrations = [
    Migration(1, "initial", PackageResources._001_initial_postgres_sql),
    Migration(2, "tracking", PackageResources._002_tracking_postgres_sql),
    Migration(3, "scheduler", PackageResources._003_scheduler_postgres_sql),
    Migration(4, "image", PackageResources._004_image_postgres_sql),
    Migration(5, "assets", PackageResources._005_assets_postgres_sql),
    Migration(6, "hitl", PackageResources._006_hitl_postgres_sql),
    Migration(7, "backfill", PackageResources._007_backfill_postgres_sql),
    Migration(8, "callbacks", PackageResources._008_callbacks_postgres_sql),
    Migration(9, "partitions", PackageResources._009_partitions_postgres_sql),
    Migration(10, "paused", PackageResources._010_paused_postgres_sql),
]
