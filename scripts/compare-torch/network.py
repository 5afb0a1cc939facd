"""ResNet-18 for 32 x 32 images in PyTorch, with the parameter names of our checkpoints, and its data."""

from __future__ import annotations

import pathlib

import numpy as np
import torch
from torch import nn

# Statistics that our models of CIFAR-100 normalise with; checkpoints carry them.
MEAN = (0.5071, 0.4865, 0.4409)
DEVIATION = (0.2673, 0.2564, 0.2762)
ROW_BYTES = 2 + 3072


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.bn1(self.conv1(x)).relu_()
        return (self.bn2(self.conv2(y)) + shortcut).relu_()


class ResNet18(nn.Module):
    def __init__(self, classes: int = 100) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage in range(4):
            outputs = 64 << stage
            first = Block(channels, outputs, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, Block(outputs, outputs, 1)))
            channels = outputs
        self.fc = nn.Linear(512, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn1(self.conv1(x)).relu_()
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean(dim=(2, 3)))


def parameter_groups(network: nn.Module, decay: float) -> list[dict]:
    """Norms and biases do not decay, as in our recipe."""
    flat = [p for p in network.parameters() if p.dim() == 1]
    rest = [p for p in network.parameters() if p.dim() > 1]
    return [{"params": rest, "weight_decay": decay}, {"params": flat, "weight_decay": 0.0}]


def load_rows(path: pathlib.Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalised images and fine labels of a CIFAR-100 binary file."""
    rows = np.fromfile(path, dtype=np.uint8).reshape(-1, ROW_BYTES)
    images = torch.from_numpy(rows[:, 2:].reshape(-1, 3, 32, 32).copy()).float() / 255
    mean, deviation = torch.tensor(MEAN)[:, None, None], torch.tensor(DEVIATION)[:, None, None]
    return (images - mean) / deviation, torch.from_numpy(rows[:, 1].astype(np.int64))
