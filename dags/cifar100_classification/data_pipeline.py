"""
### CIFAR-100 classification

Trains ResNet-18 on CIFAR-100 in four stages, each a pod of its own that asks for what it needs:

`fetch_data` (download, verify, unpack) >> `train_model` (checkpoints, metrics of each epoch) >> `check_metrics`
(thresholds) >> `infer` (top-5 of test images, confusions, contact sheet).

The image's entry point is the `pipeline` binary; a stage is `pipeline stage run NAME --set parameter=value`
(`pipeline stage describe NAME` lists the parameters). Results travel as XComs.

Without a conf the run uses a small **synthetic** set of CIFAR-100's format, needs no network and takes minutes on two
cores. It says nothing about accuracy on photographs. The real data set, with the recipe of `examples/cifar100`:

    {"source": "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
     "epochs": 30, "batch_size": 256, "lr": 0.2, "augment": "standard", "threshold": 0.7, "gpus": 1}

The stages of a run share the folder `workspace/cifar100_classification/RUN_ID`. Where stages are pods, set
`PIPELINE_WORKSPACE_CLAIM` to a persistent volume claim that all nodes can mount, before the file is read.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG

from cifar100_classification.stages.check_metrics import check_metrics
from cifar100_classification.stages.fetch_data import fetch_data
from cifar100_classification.stages.infer import infer
from cifar100_classification.stages.train_model import train_model
from cifar100_classification.utils import PARAMS

with DAG(
    dag_id="cifar100_classification",
    description="Trains ResNet-18 on CIFAR-100: fetch, train, check, infer",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "ml", "retry_delay": timedelta(seconds=10)},
    params=PARAMS,
    tags=["cifar100", "training"],
    doc_md=__doc__,
) as dag:
    fetch_data() >> train_model() >> check_metrics() >> infer()
