"""The networks of the comparison as a user of PyTorch writes them."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional


class LeNet(nn.Module):
    """The network of PyTorch's MNIST example, without dropout."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
        self.hidden, self.classify = nn.Linear(320, 50), nn.Linear(50, 10)

    def forward(self, x):
        x = functional.relu(functional.max_pool2d(self.conv1(x), 2))
        x = functional.relu(functional.max_pool2d(self.conv2(x), 2))
        return self.classify(functional.relu(self.hidden(x.flatten(1))))


def perceptron():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))


class Block(nn.Module):
    """Basic residual block. Where the shape changes, its shortcut pads with zeros (option A), or is a 1x1 convolution (option B)."""

    def __init__(self, inputs, outputs, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.pad, self.stride, self.shortcut = (outputs - inputs) // 2, stride, None
        if option == "B" and (stride > 1 or inputs != outputs):
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.shortcut:
            x = self.shortcut(x)
        elif self.pad or self.stride > 1:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return functional.relu(x + y)


class ResNet(nn.Module):
    def __init__(self, stages, blocks, option):
        super().__init__()
        width = stages[0]
        layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        for stage, channels in enumerate(stages):
            for block in range(blocks):
                layers.append(Block(width, channels, 2 if stage and block == 0 else 1, option))
                width = channels
        self.features = nn.Sequential(*layers)
        self.classify = nn.Linear(width, 10)

    def forward(self, x):
        return self.classify(self.features(x).mean((2, 3)))


class Network(NamedTuple):
    make: object  # the module
    model: str  # the same in a sweep file
    shape: tuple  # of an image: channels, height, width
    parameters: int
    batch: int = 32
    steps: int = 1  # of a timed block, some tenths of a second


NETWORKS = {
    "LeNet": Network(LeNet, "lenet", (1, 28, 28), 21_840, steps=50),
    "MLP": Network(perceptron, "mlp(1024, 1024)", (3, 32, 32), 4_206_602, steps=8),
    "ResNet-20": Network(lambda: ResNet((16, 32, 64), 3, "A"), "resnet20", (3, 32, 32), 269_722, steps=2),
    "ResNet-18": Network(lambda: ResNet((64, 128, 256, 512), 2, "B"), "resnet18", (3, 32, 32), 11_173_962, batch=16),
}


def random_images(network, count=1024):
    return torch.randn(count, *network.shape), torch.randint(10, (count,))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
