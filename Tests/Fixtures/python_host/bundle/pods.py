from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG
from kubernetes.client import models as k8s

with DAG("pods", schedule=None):
    KubernetesPodOperator(
        task_id="train", name="train", namespace="ml", image="reg/img:{{ ds }}", cmds=["pipeline"],
        arguments=["stage", "run"], env_vars={"A": "b"}, do_xcom_push=True, on_finish_action="keep_pod",
        container_resources=k8s.V1ResourceRequirements(limits={"nvidia.com/gpu": "1"}),
        tolerations=[k8s.V1Toleration(key="gpu", operator="Exists")], service_account_name="trainer")
    KubernetesPodOperator.partial(task_id="sweep", image="img", name="sweep").expand(arguments=[["1"], ["2"]])
    KubernetesPodOperator.partial(task_id="by_namespace", image="img").expand(namespace=["a", "b"])
