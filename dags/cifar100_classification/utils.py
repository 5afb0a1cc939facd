"""What the stages of this DAG have in common: their parameters, their folders and the pod they run in."""

from __future__ import annotations

import os
import tempfile

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import Param
from kubernetes.client import models as k8s

IMAGE = os.environ.get("PIPELINE_IMAGE", "pipeline:latest")
WORKSPACE = os.environ.get("PIPELINE_WORKSPACE") or os.path.join(tempfile.gettempdir(), "pipeline-workspace")
# A claim that every node can mount; without one the workspace is a folder of the machine or the pod.
WORKSPACE_CLAIM = os.environ.get("PIPELINE_WORKSPACE_CLAIM")

RUN_FOLDER = "{{ params.workspace }}/cifar100_classification/{{ run_id }}"
DATA = f"{RUN_FOLDER}/data"
MODEL = f"{RUN_FOLDER}/model"
PREDICTIONS = f"{RUN_FOLDER}/predictions"

PARAMS = {
    "source": Param(
        "synthetic",
        type="string",
        minLength=1,
        description="URL or path of cifar-100-binary.tar.gz, or synthetic",
    ),
    "train_images": Param(1000, type="integer", minimum=100, description="images of a synthetic training set"),
    "test_images": Param(400, type="integer", minimum=100, description="images of a synthetic test set"),
    "model": Param("resnet18", type="string", enum=["resnet18", "resnet34", "cnn", "mlp"]),
    "epochs": Param(4, type="integer", minimum=1, maximum=1000),
    "batch_size": Param(32, type="integer", minimum=2, maximum=65536),
    "lr": Param(0.025, type="number", exclusiveMinimum=0, maximum=10, description="peak learning rate"),
    "optimizer": Param("sgd", type="string", enum=["sgd", "adamw"]),
    "schedule": Param("onecycle", type="string", enum=["onecycle", "cosine", "step", "constant"]),
    "augment": Param("none", type="string", enum=["standard", "none"]),
    "precision": Param("f32", type="string", enum=["f32", "bf16"], description="number format of the arithmetic"),
    "early_stopping_patience": Param(
        20, type="integer", minimum=0, description="epochs without a better accuracy until training ends; 0: never"
    ),
    "seed": Param(0, type="integer", minimum=0),
    "limit": Param(None, type=["null", "integer"], minimum=1, description="training images to use at most"),
    "threshold": Param(
        0.3, type="number", minimum=0, maximum=1, description="validation accuracy; less fails check_metrics"
    ),
    "device": Param("auto", type="string", enum=["auto", "cpu", "cuda"]),
    "gpus": Param(0, type="integer", minimum=0, maximum=8, description="GPUs of the training pod"),
    "workspace": Param(WORKSPACE, type="string", minLength=1, description="folder that all stages reach"),
}

_CPU_POD = k8s.V1ResourceRequirements(
    requests={"cpu": "500m", "memory": "512Mi"},
    limits={"memory": "2Gi"},
)
_COMPUTE_POD = k8s.V1ResourceRequirements(
    requests={"cpu": "2", "memory": "2Gi"},
    limits={"memory": "8Gi", "nvidia.com/gpu": "{{ params.gpus }}"},
)


def stage(name: str, settings: dict[str, str], *, computes: bool = False, **options) -> KubernetesPodOperator:
    """A task that runs ``pipeline stage run NAME`` with these settings (texts, templates allowed) in its own pod."""
    arguments = [name]
    for key, value in settings.items():
        arguments += ["--set", f"{key}={value}"]
    return KubernetesPodOperator(
        task_id=name,
        name=name.replace("_", "-"),
        image=IMAGE,
        cmds=["pipeline", "stage", "run"],
        arguments=arguments,
        container_resources=_COMPUTE_POD if computes else _CPU_POD,
        do_xcom_push=True,
        get_logs=True,
        **_workspace_volume(),
        **options,
    )


def _workspace_volume() -> dict[str, list]:
    if not WORKSPACE_CLAIM:
        return {}
    source = k8s.V1PersistentVolumeClaimVolumeSource(claim_name=WORKSPACE_CLAIM)
    return {
        "volumes": [k8s.V1Volume(name="workspace", persistent_volume_claim=source)],
        "volume_mounts": [k8s.V1VolumeMount(name="workspace", mount_path=WORKSPACE)],
    }
