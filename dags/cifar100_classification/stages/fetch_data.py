"""Brings the data set into the run's folder."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

from cifar100_classification.utils import DATA, stage


def fetch_data() -> KubernetesPodOperator:
    return stage(
        "fetch_data",
        {
            "dataset": "cifar100",
            "source": "{{ params.source }}",
            "train": "{{ params.train_images }}",
            "test": "{{ params.test_images }}",
            "seed": "{{ params.seed }}",
            "cache": "{{ params.workspace }}/downloads",
            "out": DATA,
        },
        retries=2,
    )
