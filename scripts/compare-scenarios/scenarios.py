"""The table of scenarios: which examples, what is paused at first, which steps, and what is compared beside the runs."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

from steps import NOW, Answer, Clear, End, Event, Run, Settle, Step, Unpause, Wait

CORE, STANDARD = "airflow.example_dags", "airflow.providers.standard.example_dags"


@dataclass(frozen=True)
class Scenario:
    """One folder of examples and what happens to it."""

    name: str
    files: tuple[tuple[str, str], ...]
    """Package and file name."""
    steps: tuple[Step, ...]
    paused: tuple[str, ...] = ()
    """DAGs that begin paused; all others are on from the start."""
    xcoms: bool = False
    """Whether the tasks' XComs are compared too."""
    by_day: str | None = None
    """Why a recording of Airflow is of use on its day only."""
    edits: tuple[tuple[str, str], ...] = ()
    """What is replaced in the files, on both sides."""


def by_hand(dag_id: str, number: int = 1, **more: dict) -> Run:
    """A run by hand with a run id and a logical date of its own, so that neither needs a rule."""
    return Run(dag_id, f"hand_{number}", f"2026-03-{number:02}T00:00:00Z", **more)


def settled(*steps: Step) -> tuple[Step, ...]:
    """Each step, and a wait for all that comes of it."""
    return tuple(part for step in steps for part in (step, Settle()))


PARTITIONS = Scenario(
    "partitions", ((CORE, "example_asset_partition.py"),),
    paused=("ingest_team_a_player_stats", "team_b_player_stats", "team_c_player_stats", "train_weekly_model"),
    steps=(
        *(Event("team_a_player_stats", f"2026-03-10T{hour:02}:00:00") for hour in range(24)),
        Event("team_b_player_stats", "2026-03-10T05:15:00"), Event("team_c_player_stats", "2026-03-10T05:30:00"),
        Event("team_b_player_stats", "2026-03-10T06:15:00"), Event("team_c_player_stats"),
        Event("weekly_model_artifact", "2026-03-09T00:00:00"), Event("region_raw_stats", "mars"),
        Run("ingest_regional_sales"), Run("live_region_player_stats"), Run("multi_region_player_stats"),
        Run("ingest_region_stats", key="us"), Run("ingest_region_stats", key="eu"), Settle(),
    ),
)
"""Runs that go by the clock are left away: events with their keys take their place."""

ASSETS = Scenario(
    "assets", ((CORE, "example_assets.py"),), paused=("asset_produces_1",),
    by_day="the schedule of asset_produces_1 is daily",
    steps=settled(
        Unpause("asset_produces_1"), by_hand("asset_produces_1", 1), by_hand("asset_produces_2", 1),
        by_hand("asset_produces_2", 2), Event("s3://dag3/output_3.txt", extra={"rows": 3}),
        Event("s3://dag3/output_3.txt"), Event("s3://dag1/output_1.txt", extra={"from": "outside"}),
        Event("s3://unrelated/asset3.txt"), Clear("asset_produces_2", "hand_1"),
        by_hand("conditional_asset_and_time_based_timetable", 1),
    ),
)

ALIASES = Scenario(
    "aliases", ((CORE, "example_asset_alias.py"), (CORE, "example_asset_alias_with_no_taskflow.py")),
    steps=(
        by_hand("asset_s3_bucket_producer", 1), by_hand("asset_s3_bucket_producer_with_no_taskflow", 1), Settle(),
        *settled(
            by_hand("asset_alias_example_alias_producer", 1),
            by_hand("asset_alias_example_alias_producer_with_no_taskflow", 1),
            by_hand("asset_s3_bucket_producer", 2), Event("s3://bucket/my-task"),
        ),
    ),
)
"""Both alias producers write the same asset. Two of its events at once may be one run or two: it depends on the clock."""

EXTRA_PRODUCERS = ("asset_with_extra_by_yield", "asset_with_extra_by_context", "asset_with_extra_from_classic_operator")
EXTRA_READERS = ("read_asset_event", "read_asset_event_from_classic")
OUTLETS_ALONE = Scenario(
    "extras-written", ((CORE, "example_outlet_event_extra.py"),), paused=EXTRA_PRODUCERS, xcoms=True,
    by_day="the schedules are daily", steps=(*(Unpause(dag_id) for dag_id in EXTRA_PRODUCERS), Settle()),
)
INLETS_ALONE = Scenario(
    "extras-read", ((CORE, "example_inlet_event_extra.py"),), paused=EXTRA_READERS, xcoms=True,
    by_day="the schedules are daily",
    steps=(
        Event("s3://output/1.txt", extra={"hi": "one"}), Event("s3://output/1.txt", extra={"hi": "two"}),
        Event("s3://output/1.txt", extra={"hi": "three"}), *(Unpause(dag_id) for dag_id in EXTRA_READERS), Settle(),
    ),
)
EXTRAS = Scenario(
    "extras", ((CORE, "example_outlet_event_extra.py"), (CORE, "example_inlet_event_extra.py")),
    paused=EXTRA_PRODUCERS + EXTRA_READERS, xcoms=True, by_day="the schedules are daily",
    edits=(('Asset("s3://output/1.txt")', 'Asset(uri="s3://output/1.txt", name="test-asset")'),),
    steps=(
        *(Unpause(dag_id) for dag_id in EXTRA_PRODUCERS), Settle(), *(Unpause(dag_id) for dag_id in EXTRA_READERS), Settle(),
        by_hand("asset_with_extra_by_yield"), Settle(), by_hand("read_asset_event_from_classic"), Settle(),
    ),
)
"""Both examples mean one asset and give it two names, of which Airflow keeps one; with one name both work."""

ASSET_DAGS = Scenario(
    "asset-dags", ((CORE, "example_asset_decorator.py"),),
    steps=settled(by_hand("asset1_producer", 1), by_hand("asset2_producer", 1), by_hand("asset1_producer", 2),
                  Event("asset2_producer", extra={"from": "outside"})),
)

TRIGGERS = Scenario(
    "triggers", ((STANDARD, "example_trigger_controller_dag.py"), (CORE, "example_trigger_target_dag.py")),
    paused=("example_trigger_controller_dag",),
    steps=(Unpause("example_trigger_controller_dag"), by_hand("example_trigger_controller_dag", 1),
           by_hand("example_trigger_target_dag", 1, conf={"message": "by hand"}), Settle()),
)

PARENT, CHILD = "example_external_task_marker_parent", "example_external_task_marker_child"
MARKERS = Scenario(
    "markers", ((STANDARD, "example_external_task_marker_dag.py"),), paused=(PARENT, CHILD),
    steps=(
        Unpause(PARENT), Wait(PARENT, "scheduled", "parent_task", "success"), by_hand(PARENT, 1),
        Wait(PARENT, "hand_1", "parent_task", "success"), Unpause(CHILD),
        Wait(CHILD, "scheduled", "child_task1", "up_for_reschedule"), End(CHILD, "scheduled"), by_hand(CHILD, 1),
        Settle(),
    ),
)
"""The schedule gives parent and child instants of their own, so that the scheduled child waits in vain; and the group of
tasks that `child_task2` waits for does not exist in the example, so that the other child fails."""

EXTERNAL = Scenario(
    "external-tasks",
    ((STANDARD, "example_external_task_child_deferrable.py"), (STANDARD, "example_external_task_parent_deferrable.py")),
    paused=("child_dag", "example_external_task"),
    steps=settled(Unpause("child_dag"), Unpause("example_external_task"), by_hand("example_external_task", 1)),
)

PEOPLE = Scenario(
    "people", ((STANDARD, "example_hitl_operator.py"),), xcoms=True,
    edits=(('{"id": "admin", "name": "admin"}', f'{{"id": "{getpass.getuser()}", "name": "{getpass.getuser()}"}}'),),
    steps=tuple(
        step for run_id, run, approved, branches in (
            ("hand_1", by_hand("example_hitl_operator", 1), "Approve", ["task_2"]),
            ("hand_2", by_hand("example_hitl_operator", 2), "Reject", None),
        ) for step in (
            run,
            Answer(run.dag_id, run_id, "wait_for_input", ["OK"], {"information": "epochs: 30"}),
            Answer(run.dag_id, run_id, "wait_for_option", ["option 2"]),
            Answer(run.dag_id, run_id, "wait_for_multiple_options", ["option 4", "option 6"]),
            Answer(run.dag_id, run_id, "valid_input_and_options", [approved]),
            *([Answer(run.dag_id, run_id, "choose_a_branch_to_run", branches)] if branches else []), Settle(),
        )
    ),
)

DEFERRAL = Scenario(
    "deferral", ((CORE, "example_time_delta_sensor_async.py"), (CORE, "example_task_state_store_async.py")), xcoms=True,
    steps=(by_hand("example_time_delta_sensor_async", 1), Run("example_time_delta_sensor_async", "hand_now", NOW),
           by_hand("example_task_state_store_async", 1), Settle()),
)

SCENARIOS = (PARTITIONS, ASSETS, ALIASES, EXTRAS, OUTLETS_ALONE, INLETS_ALONE, ASSET_DAGS, TRIGGERS, MARKERS, EXTERNAL,
             PEOPLE, DEFERRAL)
