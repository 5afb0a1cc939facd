"""ResNet-18 as an ONNX graph with batch normalisation folded into the convolutions: what a server would load."""

from __future__ import annotations

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from network import Block, ResNet18


class Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: torch.Tensor) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values.detach().numpy().astype(numpy.float32), name))
        return name

    def node(self, kind: str, inputs: list[str], **attributes: object) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(self, x: str, convolution: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d) -> str:
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        weight = convolution.weight * scale[:, None, None, None]
        bias = norm.bias - norm.running_mean * scale
        padding = convolution.padding[0]
        return self.node(
            "Conv", [x, self.constant(weight), self.constant(bias)], kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride), pads=[padding] * 4)

    def block(self, x: str, block: Block) -> str:
        shortcut = x if block.downsample is None else self.convolution(x, *block.downsample)
        y = self.node("Relu", [self.convolution(x, block.conv1, block.bn1)])
        return self.node("Relu", [self.node("Add", [self.convolution(y, block.conv2, block.bn2), shortcut])])


def write(path: str) -> None:
    torch.manual_seed(7)
    network = ResNet18().eval()
    graph = Graph()
    x = graph.node("Relu", [graph.convolution("images", network.conv1, network.bn1)])
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        for block in layer:
            x = graph.block(x, block)
    x = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])])
    x = graph.node("Gemm", [x, graph.constant(network.fc.weight), graph.constant(network.fc.bias)], transB=1)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "resnet18", [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 32, 32])],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 100])], graph.constants),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
