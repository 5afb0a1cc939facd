"""One measurement of PyTorch or ONNX Runtime in a process of its own, as JSON on standard output.

    python torch_speed.py train --batch 128 --threads 1 --layout channels_last --steps 5
    python torch_speed.py infer --batch 1 --threads 1 --steps 20 --model FILE.onnx
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time


def peak_resident() -> int:
    """Bytes; `ru_maxrss` would be at least that of the process which started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def measured(body, warmup: int, steps: int) -> dict:
    """Median wall and process CPU seconds of a call."""
    wall, processor = [], []
    for step in range(warmup + steps):
        start, used = time.perf_counter(), time.process_time()
        body()
        if step >= warmup:
            processor.append(time.process_time() - used)
            wall.append(time.perf_counter() - start)
    return {
        "wall_seconds": statistics.median(wall), "cpu_seconds": statistics.median(processor),
        "peak_rss_bytes": peak_resident(),
    }


def train(options: argparse.Namespace) -> dict:
    import torch
    import torch.nn.functional as F

    from network import ResNet18, parameter_groups

    torch.set_num_threads(options.threads)
    layout = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
    network = ResNet18().to(memory_format=layout)
    optimizer = torch.optim.SGD(parameter_groups(network, 5e-4), lr=0.01, momentum=0.9, nesterov=True)
    images = torch.randn(options.batch, 3, 32, 32).to(memory_format=layout)
    labels = torch.randint(100, (options.batch,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return measured(step, options.warmup, options.steps)


def infer(options: argparse.Namespace) -> dict:
    import numpy
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    images = numpy.random.default_rng(0).standard_normal((options.batch, 3, 32, 32), dtype=numpy.float32)
    return measured(lambda: session.run(None, {"images": images}), options.warmup, options.steps)


def export(options: argparse.Namespace) -> dict:
    """Writes ResNet-18 as ONNX, its batch normalisation folded into the convolutions."""
    import onnx_export

    onnx_export.write(options.model)
    return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["train", "infer", "export"])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layout", choices=["nchw", "channels_last"], default="nchw")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--model", default="")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    print(json.dumps({"train": train, "infer": infer, "export": export}[options.kind](options)))


if __name__ == "__main__":
    main()
