"""Tasks that write e-mails."""

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("mails", on_failure_callback=SmtpNotifier(to="ops@example.org", subject="{{ dag.dag_id }} failed", html_content="{{ run_id }}: {{ reason }}")):
    BashOperator(task_id="t", bash_command="exit 1", email=["a@example.org", "b@example.org"], retries=2)
    BashOperator(task_id="quiet", bash_command="exit 1", email="a@example.org", email_on_failure=False)
