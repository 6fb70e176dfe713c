#!/usr/bin/env python3
"""Times D-SGD as a user would write it in Python: a ring simulated in one process with PyTorch and its default settings.

The work is that of the arm dsgd of `end_to_end`: ResNet-20 on 32x32 images, n nodes, local batch 32, Nesterov SGD, one gossip round, the consensus
distance before and after. Prints one JSON object.   torch_loop.py [--nodes 16] [--steps 10] [--threads T]
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

sys.path.append(str(Path(__file__).resolve().parents[2] / "analysis"))
from arguments import Parser, whole  # noqa: E402


class Block(nn.Module):
    """Basic residual block with the zero-padding shortcut (option A)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.pad = (outputs - inputs) // 2
        self.stride = stride

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.pad or self.stride > 1:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        width = 16
        for stage, channels in enumerate((16, 32, 64)):
            for block in range(3):
                layers.append(Block(width, channels, 2 if stage and block == 0 else 1))
                width = channels
        self.features = nn.Sequential(*layers)
        self.classify = nn.Linear(64, 10)

    def forward(self, x):
        return self.classify(self.features(x).mean((2, 3)))


def consensus_distance(models):
    total = 0.0
    for parameters in zip(*(m.parameters() for m in models)):
        stack = torch.stack(parameters)
        total += (stack - stack.mean(0)).square().sum().item()
    return (total / len(models)) ** 0.5


@torch.no_grad()
def gossip(models):
    n = len(models)
    for parameters in zip(*(m.parameters() for m in models)):
        old = [p.clone() for p in parameters]
        for i, p in enumerate(parameters):
            p.copy_((old[i - 1] + old[i] + old[(i + 1) % n]) / 3)


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=whole(1, 4096), default=16, help="nodes of the ring (default 16)")
    parser.add_argument("--steps", type=whole(1, 10**6), default=10, help="timed steps (default 10)")
    parser.add_argument("--threads", type=whole(1, 1024), help="threads of PyTorch within an operation (default: its own choice)")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    models = [ResNet20() for _ in range(options.nodes)]
    for model in models[1:]:
        model.load_state_dict(models[0].state_dict())
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4) for m in models]
    images, labels = torch.randn(4096, 3, 32, 32), torch.randint(10, (4096,))
    seconds = []
    for step in range(options.steps + 1):
        start = time.perf_counter()
        for model, optimizer in zip(models, optimizers):
            batch = torch.randint(4096, (32,))
            optimizer.zero_grad()
            functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            before = consensus_distance(models)
            gossip(models)
            after = consensus_distance(models)
        seconds.append(time.perf_counter() - start)
        assert after <= before
    print(json.dumps({
        "schema": "xibench-rival", "rival": "PyTorch loop", "torch": torch.__version__, "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for p in models[0].parameters()), "nodes": options.nodes,
        "images_per_s": round(options.nodes * 32 / statistics.median(seconds[1:]), 1)}))


if __name__ == "__main__":
    main()
