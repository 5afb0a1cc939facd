"""Trains the network. A second try continues at the last checkpoint of the first."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

from cifar100_classification.utils import MODEL, stage


def train_model() -> KubernetesPodOperator:
    return stage(
        "train_model",
        {
            "data": "{{ ti.xcom_pull(task_ids='fetch_data')['data'] }}",
            "out": MODEL,
            "resume": "auto",
            "model": "{{ params.model }}",
            "epochs": "{{ params.epochs }}",
            "batch_size": "{{ params.batch_size }}",
            "lr": "{{ params.lr }}",
            "optimizer": "{{ params.optimizer }}",
            "schedule": "{{ params.schedule }}",
            "augment": "{{ params.augment }}",
            "precision": "{{ params.precision }}",
            "early_stopping_patience": "{{ params.early_stopping_patience }}",
            "seed": "{{ params.seed }}",
            "limit": "{{ params.limit or '' }}",
            "device": "{{ params.device }}",
        },
        computes=True,
        retries=1,
        # Time for the last checkpoint.
        termination_grace_period=60,
    )
