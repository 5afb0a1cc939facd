from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, RollupMapper, SegmentWindow, FixedKeyMapper, MinimumCount

from fixture_plugin import BeforeColons, EverySevenHours, TryWeight

with DAG("custom", schedule=EverySevenHours(), start_date=datetime(2024, 1, 1)):
    EmptyOperator(task_id="weighed", weight_rule=TryWeight())

rows, regions = Asset("rows", uri="s3://lake/rows"), Asset("regions", uri="s3://lake/regions")
rollup = RollupMapper(
    upstream_mapper=FixedKeyMapper("1"), window=SegmentWindow(["us", "eu"]), wait_policy=MinimumCount(-1))

with DAG("partitioned", schedule=PartitionedAssetTimetable(
        assets=rows & regions, partition_mapper_config={rows: BeforeColons(max_downstream_keys=5), regions: rollup})):
    EmptyOperator(task_id="t")
