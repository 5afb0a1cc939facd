from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
class Opaque:
    def serialize(self):
        raise RuntimeError("this value refuses to be serialized")


class Greedy(EmptyOperator):
    template_fields = ("thing",)

    def __init__(self, thing, **kwargs):
        super().__init__(**kwargs)
        self.thing = thing


with DAG("opaque", schedule=None):
    Greedy(task_id="greedy", thing=Opaque())
with DAG("beside_opaque", schedule=None):
    EmptyOperator(task_id="calm")
