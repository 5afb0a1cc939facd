"""Cases of single operations: operands, and what PyTorch makes of them in double precision.

    python scripts/compare-torch/cases.py FOLDER            the small cases of Tests/Fixtures/torch
    python scripts/compare-torch/cases.py FOLDER --large    the shapes of ResNet-18

A case is a safetensors file: operands, `expected.NAME` for each result (rounded from double to single, 6e-8), and as
metadata the operation, its settings and `bound.NAME`: how far a result may be from the expected one, as a share of the
largest expected value. Images are NHWC, as the kernels have them; the cases are seeded, so the same PyTorch gives the
same files. Tests/TorchParityTests runs them.
"""

from __future__ import annotations

import argparse
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

# Bounds in single precision. Winograd's transforms F(4x4,3x3) cost a convolution about two digits more than a plain sum.
CONVOLUTION = 3e-5
SUM = 5e-6
ELEMENT = 1e-6


def nhwc(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.permute(0, 2, 3, 1)


class Writer:
    """Writes the cases of a run into a folder."""

    def __init__(self, folder: pathlib.Path, large: bool) -> None:
        self.folder = folder
        self.large = large
        self.generator = torch.Generator().manual_seed(20261127)
        folder.mkdir(parents=True, exist_ok=True)

    def noise(self, *shape: int) -> torch.Tensor:
        """Values between -1 and 1, single precision, as doubles."""
        return (torch.rand(*shape, generator=self.generator) * 2 - 1).double()

    def write(self, name: str, operation: str, settings: dict, operands: dict, expected: dict, bounds: dict) -> None:
        tensors = {key: self._stored(value) for key, value in operands.items()}
        tensors |= {f"expected.{key}": self._stored(value) for key, value in expected.items()}
        metadata = {key: str(value) for key, value in settings.items()} | {"operation": operation}
        metadata |= {f"bound.{key}": repr(bounds[key]) for key in expected}
        metadata["large"] = "1" if self.large else "0"
        save_file(tensors, self.folder / f"{name}.safetensors", metadata=metadata)

    @staticmethod
    def _stored(tensor: torch.Tensor) -> torch.Tensor:
        return (tensor.float() if tensor.is_floating_point() else tensor).detach().contiguous()


def conv2d(writer: Writer, batch: int, side: int, inputs: int, outputs: int, kernel: int, stride: int) -> None:
    x = writer.noise(batch, inputs, side, side).requires_grad_()
    weight = writer.noise(outputs, inputs, kernel, kernel).requires_grad_()
    padding = kernel // 2
    y = F.conv2d(x, weight, stride=stride, padding=padding)
    dy = writer.noise(*y.shape)
    y.backward(dy)
    writer.write(
        f"conv2d-{batch}x{side}x{inputs}-{outputs}k{kernel}s{stride}", "conv2d",
        {"batch": batch, "height": side, "width": side, "in_channels": inputs, "out_channels": outputs,
         "kernel": kernel, "stride": stride, "padding": padding},
        {"x": nhwc(x), "weight": weight, "dy": nhwc(dy)},
        {"y": nhwc(y), "dx": nhwc(x.grad), "dweight": weight.grad},
        {"y": CONVOLUTION, "dx": CONVOLUTION, "dweight": CONVOLUTION})


def batch_norm(writer: Writer, batch: int, side: int, channels: int, relu: bool, residual: bool, train: bool) -> None:
    x = (writer.noise(batch, channels, side, side) * 2 + 0.5).requires_grad_()
    gamma, beta = (writer.noise(channels) + 1.5).requires_grad_(), writer.noise(channels).requires_grad_()
    mean, variance = writer.noise(channels), writer.noise(channels) + 1.5
    added = writer.noise(batch, channels, side, side).requires_grad_() if residual else None
    operands = {"x": nhwc(x), "gamma": gamma, "beta": beta, "running_mean": mean.clone(), "running_var": variance.clone()}
    y = F.batch_norm(x, mean, variance, gamma, beta, training=train, momentum=0.1, eps=1e-5)
    y = y + added if residual else y
    y = y.relu() if relu else y
    expected = {"y": nhwc(y)}
    if residual:
        operands["residual"] = nhwc(added)
    if train:
        dy = writer.noise(*y.shape)
        y.backward(dy)
        operands["dy"] = nhwc(dy)
        expected |= {"dx": nhwc(x.grad), "dgamma": gamma.grad, "dbeta": beta.grad, "running_mean": mean,
                     "running_var": variance}
        if residual:
            expected["dresidual"] = nhwc(added.grad)
    kind = "-".join(word for word, used in (("train", train), ("relu", relu), ("residual", residual)) if used) or "eval"
    writer.write(
        f"batch_norm-{batch}x{side}x{channels}-{kind}", "batch_norm",
        {"batch": batch, "height": side, "width": side, "channels": channels, "relu": int(relu), "train": int(train),
         "epsilon": 1e-5, "momentum": 0.1},
        operands, expected, dict.fromkeys(expected, SUM))


def relu(writer: Writer, batch: int, elements: int) -> None:
    x = writer.noise(batch, elements).requires_grad_()
    dy = writer.noise(batch, elements)
    y = x.relu()
    y.backward(dy)
    writer.write(
        f"relu-{batch}x{elements}", "relu", {"batch": batch, "elements": elements}, {"x": x, "dy": dy},
        {"y": y, "dx": x.grad}, {"y": 0.0, "dx": 0.0})


def pools(writer: Writer, batch: int, side: int, channels: int) -> None:
    x = writer.noise(batch, channels, side, side).requires_grad_()
    y = F.max_pool2d(x, 2)
    dy = writer.noise(*y.shape)
    y.backward(dy)
    shape = {"batch": batch, "height": side, "width": side, "channels": channels}
    writer.write(
        f"max_pool-{batch}x{side}x{channels}", "max_pool", shape | {"size": 2}, {"x": nhwc(x), "dy": nhwc(dy)},
        {"y": nhwc(y), "dx": nhwc(x.grad)}, {"y": 0.0, "dx": 0.0})
    x.grad = None
    y = x.mean(dim=(2, 3))
    dy = writer.noise(*y.shape)
    y.backward(dy)
    writer.write(
        f"average_pool-{batch}x{side}x{channels}", "average_pool", shape, {"x": nhwc(x), "dy": dy},
        {"y": y, "dx": nhwc(x.grad)}, {"y": ELEMENT, "dx": ELEMENT})


def linear(writer: Writer, batch: int, inputs: int, outputs: int) -> None:
    x, weight = writer.noise(batch, inputs).requires_grad_(), writer.noise(outputs, inputs).requires_grad_()
    bias = writer.noise(outputs).requires_grad_()
    y = F.linear(x, weight, bias)
    dy = writer.noise(*y.shape)
    y.backward(dy)
    results = {"y": y, "dx": x.grad, "dweight": weight.grad, "dbias": bias.grad}
    writer.write(
        f"linear-{batch}x{inputs}-{outputs}", "linear",
        {"batch": batch, "in_features": inputs, "out_features": outputs},
        {"x": x, "weight": weight, "bias": bias, "dy": dy}, results, dict.fromkeys(results, SUM))


def cross_entropy(writer: Writer, batch: int, classes: int, smoothing: float) -> None:
    logits = (writer.noise(batch, classes) * 5).requires_grad_()
    labels = torch.randint(classes, (batch,), generator=writer.generator)
    loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    loss.backward()
    writer.write(
        f"cross_entropy-{batch}x{classes}-{smoothing}", "cross_entropy",
        {"batch": batch, "classes": classes, "smoothing": smoothing}, {"logits": logits, "labels": labels},
        {"loss": loss.reshape(1), "dlogits": logits.grad}, {"loss": ELEMENT, "dlogits": SUM})


def image_input(writer: Writer, batch: int) -> None:
    rows = torch.randint(256, (batch, 3, 32, 32), generator=writer.generator, dtype=torch.uint8)
    mean, deviation = writer.noise(3) * 0.1 + 0.5, writer.noise(3) * 0.05 + 0.25
    placement = torch.stack([
        torch.randint(-4, 5, (batch,), generator=writer.generator),
        torch.randint(-4, 5, (batch,), generator=writer.generator),
        torch.randint(0, 2, (batch,), generator=writer.generator)], dim=1)
    images = []
    for image, (dy, dx, flip) in zip(rows.double() / 255, placement.tolist()):
        moved = F.pad(image, (4, 4, 4, 4))[:, 4 + dy:36 + dy, 4 + dx:36 + dx]
        images.append(moved.flip(2) if flip else moved)
    y = (torch.stack(images) - mean[:, None, None]) / deviation[:, None, None]
    writer.write(
        f"image_input-{batch}", "image_input", {"batch": batch, "channels": 3, "height": 32, "width": 32},
        {"rows": rows, "placement": placement, "mean": mean, "deviation": deviation}, {"y": nhwc(y)}, {"y": ELEMENT})


def optimizers(writer: Writer, elements: int) -> None:
    """The third of three steps of PyTorch's own optimizers."""
    settings = {"elements": elements}
    for nesterov in (False, True):
        parameter = writer.noise(elements).requires_grad_()
        optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=nesterov)
        before, gradient = _steps(writer, optimizer, parameter)
        after = {"parameter": parameter, "velocity": optimizer.state[parameter]["momentum_buffer"]}
        writer.write(
            f"sgd-{elements}-{'nesterov' if nesterov else 'plain'}", "sgd",
            settings | {"momentum": 0.9, "weight_decay": 0.01, "nesterov": int(nesterov)},
            {"parameter": before["parameter"], "velocity": before["momentum_buffer"], "gradient": gradient,
             "hyper": torch.tensor([0.1, 0.0, 0.0, 0.0])}, after, dict.fromkeys(after, ELEMENT))
    parameter = writer.noise(elements).requires_grad_()
    optimizer = torch.optim.AdamW([parameter], lr=0.01, weight_decay=0.02)
    before, gradient = _steps(writer, optimizer, parameter)
    state = optimizer.state[parameter]
    after = {"parameter": parameter, "exp_avg": state["exp_avg"], "exp_avg_sq": state["exp_avg_sq"]}
    hyper = torch.tensor([0.01, 1 - 0.9**3, (1 - 0.999**3) ** 0.5, 0.0], dtype=torch.double)
    writer.write(
        f"adamw-{elements}", "adamw",
        settings | {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.02},
        {"parameter": before["parameter"], "exp_avg": before["exp_avg"], "exp_avg_sq": before["exp_avg_sq"],
         "gradient": gradient, "hyper": hyper}, after,
        # The kernel's 1 - beta2 is a difference of single precision.
        {"parameter": ELEMENT, "exp_avg": ELEMENT, "exp_avg_sq": 1e-5})


def _steps(writer: Writer, optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> tuple[dict, torch.Tensor]:
    """Two steps, then a third; answers what was before the third, and its gradient."""
    for _ in range(2):
        parameter.grad = writer.noise(*parameter.shape)
        optimizer.step()
    # What our kernel starts from is single precision.
    with torch.no_grad():
        parameter.copy_(parameter.float().double())
    state = optimizer.state[parameter]
    for name, value in state.items():
        if value.is_floating_point() and value.dim() > 0:
            state[name] = value.float().double()
    before = {"parameter": parameter.detach().clone()} | {name: value.clone() for name, value in state.items()}
    gradient = writer.noise(*parameter.shape)
    parameter.grad = gradient.clone()
    optimizer.step()
    return before, gradient


def small(writer: Writer) -> None:
    for shape in [(2, 5, 3, 7, 3, 1), (2, 7, 5, 6, 3, 2), (2, 6, 8, 4, 1, 2), (1, 8, 16, 17, 3, 1), (1, 5, 3, 4, 5, 1)]:
        conv2d(writer, *shape)
    for relu_, residual in [(False, False), (True, False), (True, True)]:
        batch_norm(writer, 3, 5, 6, relu_, residual, True)
    batch_norm(writer, 2, 4, 5, True, True, False)
    relu(writer, 3, 35)
    pools(writer, 2, 6, 5)
    linear(writer, 5, 13, 7)
    cross_entropy(writer, 4, 9, 0.0)
    cross_entropy(writer, 3, 10, 0.1)
    image_input(writer, 2)
    optimizers(writer, 37)


def large(writer: Writer) -> None:
    """The layers of ResNet-18 for 32 x 32 images."""
    conv2d(writer, 8, 32, 3, 64, 3, 1)
    for side, channels in [(32, 64), (16, 128), (8, 256), (4, 512)]:
        conv2d(writer, 8, side, channels, channels, 3, 1)
        batch_norm(writer, 8, side, channels, True, True, True)
        batch_norm(writer, 8, side, channels, True, False, True)
        batch_norm(writer, 8, side, channels, True, True, False)
        if side > 4:
            conv2d(writer, 8, side, channels, 2 * channels, 3, 2)
            conv2d(writer, 8, side, channels, 2 * channels, 1, 2)
    relu(writer, 64, 8192)
    pools(writer, 16, 32, 64)
    pools(writer, 16, 4, 512)
    linear(writer, 128, 512, 100)
    cross_entropy(writer, 128, 100, 0.0)
    cross_entropy(writer, 128, 100, 0.1)
    image_input(writer, 32)
    optimizers(writer, 1_000_003)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--large", action="store_true", help="the shapes of ResNet-18")
    options = parser.parse_args()
    torch.set_num_threads(2)
    writer = Writer(options.folder, options.large)
    (large if options.large else small)(writer)


if __name__ == "__main__":
    main()
