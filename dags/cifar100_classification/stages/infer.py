"""Predicts test images with the best weights."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

from cifar100_classification.utils import DATA, PREDICTIONS, stage


def infer() -> KubernetesPodOperator:
    return stage(
        "infer",
        {
            "data": DATA,
            "checkpoint": "{{ ti.xcom_pull(task_ids='train_model')['checkpoint'] }}",
            "out": PREDICTIONS,
            "seed": "{{ params.seed }}",
            "device": "{{ params.device }}",
        },
        computes=True,
        retries=1,
    )
