"""Speed of both sides in one run: CPU seconds of one thread, wall of two, peak memory, and the start of the program."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing

from checks import Check
from pipeline_side import Pipeline

HERE = pathlib.Path(__file__).resolve().parent
GIB = 1 << 30


def torch_side(kind: str, threads: int, **options: object) -> dict:
    words = [sys.executable, str(HERE / "torch_speed.py"), kind, "--threads", str(threads)]
    for key, value in options.items():
        words += [f"--{key}", str(value)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout)


class BusyCores:
    """Other work on both cores, as on a machine that does more than train: two processes at nice 0.

    They end with the block, each by its own id, and by themselves after `LIMIT_SECONDS` of their own time.
    """

    LIMIT_SECONDS = 1800
    _SPIN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"

    def __enter__(self) -> BusyCores:
        words = [sys.executable, "-c", self._SPIN.format(self.LIMIT_SECONDS)]
        self.processes = [subprocess.Popen(words) for _ in range(2)]
        return self

    def __exit__(self, *_: object) -> typing.Literal[False]:
        # Whether they worked to the end: without them the figures would be those of another machine.
        self.alive = all(process.poll() is None for process in self.processes)
        for process in self.processes:
            process.kill()
            process.wait()
        return False


def run(pipeline: Pipeline, folder: pathlib.Path, steps: int) -> list[Check]:
    model = folder / "resnet18.onnx"
    torch_side("export", 1, model=model)
    return training(pipeline, steps) + loaded_training(pipeline, steps) + bf16_training(pipeline, steps) + inference(pipeline, model, steps)


def training(pipeline: Pipeline, steps: int) -> list[Check]:
    """Sides take turns, so that other work on the machine meets both."""
    best: dict[int, dict] = {}
    ours: dict[int, dict] = {}
    for threads in (1, 2):
        sides = [
            torch_side("train", threads, batch=128, steps=steps, layout=layout) for layout in ("nchw", "channels_last")
        ]
        ours[threads] = pipeline.benchmark("train", batch=128, steps=steps, warmup=1, threads=threads)
        key = "cpu_seconds" if threads == 1 else "wall_seconds"
        best[threads] = min(sides, key=lambda side: side[key])
    one, two = ours[1]["cpu_seconds"]["median"], ours[2]["wall_seconds"]["median"]
    start = min(ours.values(), key=lambda side: side["start_to_first_step_seconds"])
    return [
        Check("training step f32 batch 128, 1 thread: our CPU seconds", one),
        Check("training step f32 batch 128, 1 thread: torch's CPU seconds", best[1]["cpu_seconds"]),
        Check("training step f32 batch 128, 1 thread: times torch", best[1]["cpu_seconds"] / one, at_least=1.8,
              note=ours[1]["device"]),
        Check("training step f32 batch 128, 2 threads, wall: times torch", best[2]["wall_seconds"] / two, at_least=1.8,
              note=f"load {os.getloadavg()[0]:.1f}"),
        Check("peak memory of training batch 128, GiB", ours[1]["peak_rss_bytes"] / GIB, at_most=0.75,
              note=f"torch {best[1]['peak_rss_bytes'] / GIB:.2f}"),
        Check("start of the program to the first training step, seconds",
              start["start_to_first_step_seconds"], at_most=0.5,
              note=f"{start['start_to_first_step_cpu_seconds']:.2f} s of CPU"),
    ]


def loaded_training(pipeline: Pipeline, steps: int) -> list[Check]:
    """Two threads, both cores loaded by other work for the length of both measurements; torch in its faster layout."""
    with BusyCores() as others:
        theirs = torch_side("train", 2, batch=128, steps=steps, layout="channels_last")["wall_seconds"]
        ours = pipeline.benchmark("train", batch=128, steps=steps, warmup=1, threads=2)["wall_seconds"]["median"]
    if not others.alive:
        raise SystemExit("the other work ended before the measurements did; give fewer --steps")
    name = "training step f32 batch 128, 2 threads, both cores loaded, wall"
    return [
        Check(f"{name}: our seconds", ours, note=f"torch {theirs:.3g}"),
        Check(f"{name}: times torch", theirs / ours, at_least=1.8, note=f"load {os.getloadavg()[0]:.1f}"),
    ]


def bf16_training(pipeline: Pipeline, steps: int) -> list[Check]:
    """Pairs of f32 and bf16, one after the other; the median pair counts. The kernels choose halves where there are any."""
    pairs = []
    for _ in range(3):
        f32, bf16 = (
            pipeline.benchmark("train", batch=128, steps=steps, warmup=1, threads=1, precision=precision)
            for precision in ("f32", "bf16"))
        pairs.append((f32["cpu_seconds"]["median"] / bf16["cpu_seconds"]["median"], f32, bf16))
    ratio, f32, bf16 = sorted(pairs, key=lambda pair: pair[0])[1]
    bar = 1.3 if "fp16" in bf16["device"] else 1.0
    return [
        Check("training step bf16 batch 128, 1 thread: our CPU seconds", bf16["cpu_seconds"]["median"]),
        Check("training step bf16 batch 128, 1 thread: times our f32", ratio, at_least=bar,
              note=f"{bf16['device']}, pairs {', '.join(f'{pair[0]:.2f}' for pair in pairs)}"),
        Check("peak memory of bf16 training batch 128, share of f32",
              bf16["peak_rss_bytes"] / f32["peak_rss_bytes"], at_most=0.75),
    ]


def inference(pipeline: Pipeline, model: pathlib.Path, steps: int) -> list[Check]:
    checks = []
    for batch, count in ((1, 20 * steps), (64, steps)):
        theirs = torch_side("infer", 1, batch=batch, steps=count, warmup=2, model=model)
        ours = pipeline.benchmark("infer", batch=batch, steps=count, warmup=2, threads=1)
        ratio = ours["cpu_seconds"]["median"] / theirs["cpu_seconds"]
        name = f"inference f32 batch {batch}, 1 thread"
        checks.append(Check(f"{name}: our CPU milliseconds", 1e3 * ours["cpu_seconds"]["median"],
                            note=f"ONNX Runtime {1e3 * theirs['cpu_seconds']:.4g}"))
        if batch == 1:
            checks.append(Check(f"{name}: share of ONNX Runtime's time", ratio, at_most=0.75))
        else:
            checks.append(Check(f"{name}: times ONNX Runtime's images/s", 1 / ratio, at_least=1.7))
    return checks
