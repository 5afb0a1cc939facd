"""Jinja: each task echoes what a template renders to, so that the XComs show it."""

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

TEMPLATES = {
    "ds": "{{ ds }} {{ ds_nodash }}",
    "ts": "{{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }}",
    "logical_date": "{{ logical_date }} {{ logical_date.isoformat() }} {{ logical_date.year }}",
    "interval": "{{ data_interval_start }} {{ data_interval_end | ds }}",
    "run": "{{ run_id }} {{ dag_run.run_id }} {{ dag_run.run_type }} {{ dag_run.conf }}",
    "names": "{{ dag.dag_id }} {{ task.task_id }} {{ ti.task_id }} {{ task_instance_key_str }}",
    "instance": "{{ ti.try_number }} {{ ti.map_index }} {{ ti.run_id }} {{ task_instance.dag_id }}",
    "filters": "{{ logical_date | ds }} {{ logical_date | ts }} {{ logical_date | ds_nodash }} {{ logical_date | ts_nodash }}",
    "date_macros": "{{ macros.ds_add(ds, 7) }} {{ macros.ds_add('2026-01-31', -31) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m') }}",
    "time_macros": "{{ macros.datetime(2026, 1, 2, 3).isoformat() }} {{ macros.timedelta(days=2) }}",
    "date_arithmetic": "{{ (logical_date + macros.timedelta(days=1, hours=2)).strftime('%Y%m%dT%H') }}",
    "pendulum": "{{ logical_date.add(months=1).to_date_string() }} {{ logical_date.start_of('week').format('YYYY-MM-DD') }}",
    "params": "{{ params.text }} {{ params['number'] + 1 }} {{ params.list[1] }} {{ params.nested.key }}",
    "params_missing_default": "{{ params.get('missing', 'fallback') }}",
    "variables": "{{ var.value.get('compare_missing', 'none here') }} {{ var.json.get('compare_missing', {'a': 1}).a }}",
    "environment_variable": "{{ var.value.compare_text }} {{ var.json.compare_json.b[1] }}",
    "connection": "{{ conn.get('compare_missing', 'no connection') }} {{ conn.compare_http.host }} {{ conn.compare_http.port }}",
    "arithmetic": "{{ 7 // 2 }} {{ 7 / 2 }} {{ 7 % 3 }} {{ 2 ** 10 }} {{ -3 + 1.5 }} {{ 1e3 }}",
    "comparison": "{{ 1 < 2 }} {{ 'a' == 'b' }} {{ 3 in [1, 2, 3] }} {{ not true }} {{ none is none }} {{ 1 if false else 2 }}",
    "strings": "{{ 'a' ~ 1 ~ true }} {{ 'abc'[1:] }} {{ 'Hello'.lower() }} {{ 'a-b'.split('-') }} {{ '%03d' % 7 }}",
    "collections": "{{ [1, 'two', 3.0, none, true] }} {{ {'k': (1, 2)} }} {{ {'a': 1}.items() | list }}",
    "jinja_filters": "{{ 'x' | upper }} {{ [3, 1, 2] | sort | join('-') }} {{ 'a b' | replace(' ', '_') }} {{ 3.14159 | round(2) }}",
    "more_filters": "{{ [1, 2, 3] | sum }} {{ 'abc' | length }} {{ none | default('d', true) }} {{ ' s ' | trim }} {{ 'ab' | reverse }}",
    "json_filter": "{{ {'b': 1, 'a': [none, true, 'x']} | tojson }}",
    "statements": "{% for i in range(3) %}{{ loop.index }}:{{ i }}{% if not loop.last %},{% endif %}{% endfor %}",
    "sets": "{% set x = 5 %}{% if x > 3 and x is odd %}big{% elif x %}small{% else %}zero{% endif %}",
    "whitespace": "a {%- if true %} b {%- endif %} c{# a comment #} d",
    "macro": "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice('ab') }}",
    "raw": "{% raw %}{{ not rendered }}{% endraw %}",
    "random_seeded": "{{ macros.uuid.UUID('12345678123456781234567812345678') }}",
}

FAILING = {
    "undefined_name": "{{ nothing_here }}",
    "undefined_attribute": "{{ params.missing }}",
    "missing_variable": "{{ var.value.compare_missing }}",
    "missing_connection": "{{ conn.compare_missing.host }}",
    "bad_syntax": "{{ 1 + }}",
    "division_by_zero": "{{ 1 // 0 }}",
}

PARAMS = {"text": "some text", "number": 41, "list": [1, 2], "nested": {"key": "value"}}


def rendered_argument(template: str) -> dict:
    """The template reaches bash through the environment, so that no quoting of the shell stands between."""
    return {"bash_command": 'printf "%s" "$TEXT"', "env": {"TEXT": template, "PATH": "/usr/bin:/bin"}}


with DAG(
    "compare_templates", schedule="0 6 * * 1", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False,
    params=PARAMS,
):
    for name, template in TEMPLATES.items():
        BashOperator(task_id=name, **rendered_argument(template))
    for name, template in FAILING.items():
        BashOperator(task_id=name, **rendered_argument(template))

    push = BashOperator(task_id="push", bash_command="echo pushed", retries=0, retry_delay=timedelta(seconds=1))
    pull = "{{ ti.xcom_pull(task_ids='push') }} {{ ti.xcom_pull('push', key='return_value') }} {{ ti.xcom_pull('nobody') }}"
    push >> BashOperator(task_id="pull", **rendered_argument(pull))
    push >> BashOperator(task_id="pull_many", **rendered_argument("{{ ti.xcom_pull(task_ids=['push', 'nobody']) | list }}"))
