"""Records how Airflow lays pods over each other: run with a Python that has apache-airflow-providers-cncf-kubernetes.

    python record_merges.py > merges.jsonl

One line for each pair: {"base", "upper", "merged"} as Kubernetes JSON, and {"label", "safe"} for values of labels.
"""

import json
import random
import sys

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator, make_safe_label_value
from kubernetes.client import ApiClient, models as k8s

API = ApiClient()


def container(draw: random.Random, name: str) -> dict:
    whole = {
        "name": name, "image": f"img:{draw.randint(1, 9)}", "command": ["sh"], "args": ["-c", "true"],
        "env": [{"name": draw.choice("ABC"), "value": str(draw.randint(0, 9))}],
        "envFrom": [{"configMapRef": {"name": "settings"}}], "ports": [{"containerPort": 80}],
        "volumeMounts": [{"name": "data", "mountPath": f"/data{draw.randint(0, 9)}"}],
        "resources": {"limits": {"memory": f"{draw.randint(1, 9)}Gi"}}, "imagePullPolicy": "Always",
        "securityContext": {"runAsUser": draw.randint(1, 99)}, "tty": draw.random() < 0.5,
    }
    return {key: value for key, value in whole.items() if key == "name" or draw.random() < 0.5}


def pod(draw: random.Random) -> dict:
    spec = {
        "containers": [container(draw, name) for name in draw.sample(["base", "side", "other"], draw.randint(0, 3))],
        "initContainers": [container(draw, name) for name in draw.sample(["fetch", "unpack"], draw.randint(0, 2))],
        "volumes": [{"name": draw.choice(["data", "more"]), "emptyDir": {}}],
        "nodeSelector": {draw.choice(["disk", "zone"]): draw.choice(["ssd", "a"])},
        "tolerations": [{"key": draw.choice("xyz"), "operator": "Exists"}],
        "serviceAccountName": draw.choice(["one", "two"]), "hostNetwork": draw.random() < 0.5,
        "priorityClassName": "high", "terminationGracePeriodSeconds": draw.choice([0, 5, 30]), "restartPolicy": "Never",
        "affinity": {"nodeAffinity": {}}, "schedulerName": "volcano", "imagePullSecrets": [{"name": draw.choice("pq")}],
    }
    metadata = {
        "name": draw.choice(["n", "m"]), "namespace": "ml", "labels": {draw.choice("ab"): draw.choice("12")},
        "annotations": {draw.choice("ab"): draw.choice("12")}, "finalizers": [draw.choice(["f/1", "f/2"])],
    }
    keep = lambda members: {key: value for key, value in members.items() if draw.random() < 0.6}
    spec = keep(spec)
    spec.setdefault("containers", [])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": keep(metadata), "spec": spec}


def main() -> None:
    for seed in range(120):
        draw = random.Random(seed)
        base, upper = pod(draw), pod(draw)
        models = [PodGenerator.deserialize_model_dict(value) for value in (base, upper)]
        written = [API.sanitize_for_serialization(model) for model in models]
        merged = API.sanitize_for_serialization(PodGenerator.reconcile_pods(*models))
        print(json.dumps({"base": written[0], "upper": written[1], "merged": merged}))
    for text in ["a", "plain-1", "_x_", "manual__2026-01-01T00:00:00+00:00", "x" * 63, "x" * 64, "été", "", "a b", "-", "A.b_c-"]:
        print(json.dumps({"label": text, "safe": make_safe_label_value(text)}))


sys.exit(main())
