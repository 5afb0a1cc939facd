"""Same weights, same batches: the losses of our training and of PyTorch's, and the logits of our checkpoint."""

from __future__ import annotations

import copy
import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from checks import Check
from network import ResNet18, load_rows, parameter_groups
from pipeline_side import Pipeline

STEPS = 20
BATCH = 32
# AdamW's rate is one at which the measure can tell: at 1e-3, losses of f32 trainings whose first weights differ by 1e-7
# part by 2e-2 within these steps (docs/benchmarks.md), which is as much as bf16 may do.
RATES = {"sgd": (0.01, 5e-4), "adamw": (0.0003, 0.01)}
# Of the loss in bf16, over all steps.
BF16_BAR = 2e-2


def run(pipeline: Pipeline, folder: pathlib.Path) -> list[Check]:
    data = folder / "data"
    pipeline.stage("fetch_data", source="synthetic", train=STEPS * BATCH, test=100, seed=1, out=data)
    checks = []
    for optimizer in RATES:
        checks += _optimizer(pipeline, folder, data / "cifar-100-binary", optimizer)
    return checks


def _optimizer(pipeline: Pipeline, folder: pathlib.Path, data: pathlib.Path, name: str) -> list[Check]:
    torch.manual_seed(7)
    network = ResNet18()
    initial, out = folder / f"initial-{name}.safetensors", folder / f"out-{name}"
    save_file(network.state_dict(), initial)
    ours = _run(pipeline, data, initial, out, name, "f32")
    ours_bf16 = _run(pipeline, data, initial, folder / f"out-{name}-bf16", name, "bf16")
    theirs_bf16 = _train(copy.deepcopy(network), data, name, bf16=True)
    theirs = _train(network, data, name)
    errors = _errors(ours, theirs)
    what, bar = f"loss of ResNet-18, {name}", BF16_BAR
    return [
        Check(f"{what}, bf16 beside torch's autocast, steps 0-3", max(_errors(ours_bf16, theirs_bf16)[:4]), at_most=1e-2),
        Check(f"{what}, bf16 beside torch's autocast, {STEPS} steps", max(_errors(ours_bf16, theirs_bf16)), at_most=bar),
        Check(f"{what}, bf16 beside our f32, {STEPS} steps", max(_errors(ours_bf16, ours)), at_most=bar,
              note=f"torch's own two {max(_errors(theirs_bf16, theirs)):.2g}"),
        Check(f"{what}, step 0", errors[0], at_most=5e-6), Check(f"{what}, steps 1-3", max(errors[1:4]), at_most=1e-3),
        Check(f"{what}, {STEPS} steps", max(errors), at_most=3e-2),
        Check(f"logits of the checkpoint, {name}", _logits(pipeline, out, data), at_most=1e-4),
    ]


def _run(
    pipeline: Pipeline, data: pathlib.Path, initial: pathlib.Path, out: pathlib.Path, name: str, precision: str
) -> list[float]:
    """Our losses."""
    rate, decay = RATES[name]
    pipeline.stage(
        "train_model", data=data.parent, out=out, init=initial, optimizer=name, lr=rate, weight_decay=decay,
        schedule="constant", epochs=1, batch_size=BATCH, shuffle=False, augment="none", label_smoothing=0.1,
        log_steps=True, precision=precision)
    return _losses(out / "metrics.jsonl")


def _errors(ours: list[float], theirs: list[float]) -> list[float]:
    return [abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True)]


def _losses(path: pathlib.Path) -> list[float]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["loss"] for line in lines if "step" in line]


def _train(network: ResNet18, data: pathlib.Path, name: str, bf16: bool = False) -> list[float]:
    images, labels = load_rows(data / "train.bin")
    rate, decay = RATES[name]
    groups = parameter_groups(network, decay)
    optimizer = (
        torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True) if name == "sgd"
        else torch.optim.AdamW(groups, lr=rate))
    losses = []
    network.train()
    for start in range(0, STEPS * BATCH, BATCH):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = network(images[start:start + BATCH])
        loss = F.cross_entropy(logits.float(), labels[start:start + BATCH], label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def _logits(pipeline: Pipeline, out: pathlib.Path, data: pathlib.Path) -> float:
    """The largest difference of the logarithms of probabilities, as a share of their range.

    `infer` shows the five most probable classes of an image; the logarithms of two probabilities differ as the logits.
    """
    predictions = out / "predictions"
    pipeline.stage(
        "infer", data=data.parent, checkpoint=out / "last.safetensors", out=predictions,
        images=",".join(str(number) for number in range(50)))
    document = json.loads((predictions / "predictions.json").read_text())
    network = ResNet18()
    network.load_state_dict(load_file(out / "last.safetensors"))
    network.eval()
    images, _ = load_rows(data / "test.bin")
    with torch.no_grad():
        logits = network(images[:50]).double()
    probabilities = logits.softmax(dim=1)
    worst = 0.0
    for prediction in document["predictions"]:
        row = probabilities[prediction["image"]]
        top = torch.tensor([guess["label"] for guess in prediction["top5"]])
        ours = torch.tensor([guess["probability"] for guess in prediction["top5"]], dtype=torch.double)
        scale = logits[prediction["image"]].abs().max()
        worst = max(worst, ((ours.log() - row[top].log()).abs().max() / scale).item())
    return worst
