from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference
from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference


@deadline_reference()
class LengthOfID(BaseDeadlineReference):
    """As many seconds after 1970 as the run's id has letters."""

    required_kwargs = {"run_id"}

    def _evaluate_with(self, *, session, run_id):
        assert session is None
        return datetime.fromtimestamp(len(run_id), timezone.utc) if run_id != "never" else None


async def tell():
    pass


with DAG("dated", schedule=None, deadline=[
    DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(seconds=1), AsyncCallback(tell)),
    DeadlineAlert(DeadlineReference.LengthOfID, timedelta(seconds=1), AsyncCallback(tell)),
]):
    pass
