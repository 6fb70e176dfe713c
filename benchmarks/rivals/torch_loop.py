#!/usr/bin/env python3
"""Times D-SGD as a user would write it in Python: a ring simulated in one process with PyTorch and its default settings.

The work is that of the arm dsgd of `end_to_end`: a network, n nodes, Nesterov SGD, one gossip round, the consensus distance before and after. Prints one
JSON object.   torch_loop.py [--network ResNet-20] [--nodes 16] [--steps 10] [--threads T]
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

sys.path.append(str(Path(__file__).resolve().parents[2] / "analysis"))
from arguments import Parser, whole  # noqa: E402
from networks import NETWORKS, random_images, sgd  # noqa: E402


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
            group = {(i - 1) % n, i, (i + 1) % n}
            p.copy_(sum(old[j] for j in group) / len(group))


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="ResNet-20", help="default: ResNet-20")
    parser.add_argument("--nodes", type=whole(1, 4096), default=16, help="nodes of the ring (default 16)")
    parser.add_argument("--steps", type=whole(1, 10**6), default=10, help="timed steps (default 10)")
    parser.add_argument("--threads", type=whole(1, 1024), help="threads of PyTorch within an operation (default: its own choice)")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    network = NETWORKS[options.network]
    models = [network.make() for _ in range(options.nodes)]
    for model in models[1:]:
        model.load_state_dict(models[0].state_dict())
    optimizers = [sgd(m) for m in models]
    images, labels = random_images(network)
    seconds = []
    for step in range(options.steps + 1):
        start = time.perf_counter()
        for model, optimizer in zip(models, optimizers):
            batch = torch.randint(len(labels), (network.batch,))
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
        "schema": "xibench-rival", "rival": "PyTorch loop", "torch": torch.__version__, "threads": torch.get_num_threads(), "network": options.network,
        "parameters": sum(p.numel() for p in models[0].parameters()), "nodes": options.nodes, "batch": network.batch,
        "images_per_s": round(options.nodes * network.batch / statistics.median(seconds[1:]), 1)}))


if __name__ == "__main__":
    main()
