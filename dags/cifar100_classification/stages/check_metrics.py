"""Stops the run when the model is not good enough."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

from cifar100_classification.utils import stage


def check_metrics() -> KubernetesPodOperator:
    return stage(
        "check_metrics",
        {
            "metrics": "{{ ti.xcom_pull(task_ids='train_model')['out'] }}",
            "min_val_accuracy": "{{ params.threshold }}",
        },
        retries=0,
    )
