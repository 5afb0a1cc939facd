"""BashOperator: output, XCom, environment, folder, exit codes, retries and timeouts."""

import json
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

CONTEXT = "env | grep ^AIRFLOW_CTX_ | sort | tr '\\n' ' '"

with DAG("compare_bash", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="last_line", bash_command="echo first; echo second >&2; echo last")
    BashOperator(task_id="no_output", bash_command="true")
    BashOperator(task_id="trailing_space", bash_command="printf '  kept  \\t \\n'")
    BashOperator(task_id="blank_last_line", bash_command="printf 'text\\n   \\n'")
    BashOperator(task_id="no_newline", bash_command="printf 'a\\rb'")
    BashOperator(task_id="not_utf8", bash_command="printf '\\xff\\xfe abc\\n'")
    BashOperator(task_id="beyond_ascii", bash_command="echo 'é ☃ 😀'")
    BashOperator(task_id="long_line", bash_command="printf 'x%.0s' $(seq 20000)")
    BashOperator(task_id="many_lines", bash_command="seq 20000")
    BashOperator(task_id="without_xcom", bash_command="echo unseen", do_xcom_push=False)
    BashOperator(task_id="processed", bash_command="echo '{\"k\": [1, 2]}'", output_processor=json.loads)

    BashOperator(task_id="context", bash_command=CONTEXT)
    BashOperator(task_id="own_environment", bash_command='echo "${FOO} ${HOME-unset}"', env={"FOO": "{{ ds }}"})
    BashOperator(task_id="empty_environment", bash_command='echo "${HOME-unset}"', env={})
    BashOperator(task_id="added_environment", bash_command='echo "${FOO} ${HOME:+set}"', env={"FOO": "1"}, append_env=True)
    BashOperator(task_id="own_context", bash_command=CONTEXT, env={"PATH": "/usr/bin:/bin", "AIRFLOW_CTX_DAG_ID": "mine"})
    BashOperator(task_id="folder", bash_command="pwd", cwd="/usr")
    BashOperator(task_id="fresh_folder", bash_command="ls -A | wc -l; [ $PWD != / ] && echo fresh")
    BashOperator(task_id="no_folder", bash_command="pwd", cwd="/nonexistent")
    BashOperator(task_id="folder_is_file", bash_command="pwd", cwd="/etc/passwd")

    BashOperator(task_id="fails", bash_command="echo bad; exit 3")
    BashOperator(task_id="killed", bash_command="kill -9 $$")
    BashOperator(task_id="not_found", bash_command="no_such_command_here")
    BashOperator(task_id="skips", bash_command="exit 99")
    BashOperator(task_id="skips_own_code", bash_command="exit 7", skip_on_exit_code=7)
    BashOperator(task_id="skips_listed_code", bash_command="exit 8", skip_on_exit_code=[7, 8])
    BashOperator(task_id="never_skips", bash_command="exit 99", skip_on_exit_code=None)
    BashOperator(task_id="skips_on_success", bash_command="true", skip_on_exit_code=0)

    again = BashOperator(
        task_id="third_try", bash_command="[ {{ ti.try_number }} -ge 3 ] && echo {{ ti.try_number }}", retries=2,
        retry_delay=timedelta(seconds=1),
    )
    again >> EmptyOperator(task_id="after_third_try")
    BashOperator(task_id="all_tries_fail", bash_command="exit 1", retries=1, retry_delay=timedelta(seconds=1))
    BashOperator(task_id="skip_after_retry", bash_command="exit $(( {{ ti.try_number }} == 1 ? 1 : 99 ))", retries=3,
                 retry_delay=timedelta(seconds=1))
    BashOperator(task_id="too_long", bash_command="sleep 60", execution_timeout=timedelta(seconds=2))
    BashOperator(task_id="too_long_with_child", bash_command="sleep 60 & wait", execution_timeout=timedelta(seconds=2))
    BashOperator(task_id="too_long_retried", bash_command="sleep 60", execution_timeout=timedelta(seconds=1), retries=1,
                 retry_delay=timedelta(seconds=1))
