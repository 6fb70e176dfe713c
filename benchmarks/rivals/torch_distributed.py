#!/usr/bin/env python3
"""Times decentralized training with torch.distributed over gloo, a process of one thread per node, in arms that alternate in blocks of steps:

    local    the steps of every node alone: the ceiling
    ddp      DistributedDataParallel with its defaults: gradients are averaged by an all-reduce that overlaps the backward pass
    gossip   a ring: the parameters are views of one vector, which isend and irecv exchange with the neighbours after each local step

Prints one JSON object. Exit status 1 where the nodes do not end as they must: equal under ddp, nearer to each other than alone under gossip.

torch_distributed.py [--network ResNet-20] [--nodes 2] [--blocks 6] [--steps S]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import parameters_to_vector, vector_to_parameters

sys.path.append(str(Path(__file__).resolve().parents[2] / "analysis"))
from arguments import Parser, whole  # noqa: E402
from networks import NETWORKS, random_images, sgd  # noqa: E402


class Arm:
    def __init__(self, network, start):
        self.model = network.make()
        self.vector = start.clone()
        vector_to_parameters(self.vector, self.model.parameters())  # views of the vector from now on
        self.seconds = []

    def optimize(self):
        self.trained = self.model
        self.optimizer = sgd(self.model)
        return self

    def local_step(self, images, labels):
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.trained(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss

    step = local_step


class Ddp(Arm):
    def optimize(self):
        super().optimize()
        self.trained = DistributedDataParallel(self.model)
        return self


class Gossip(Arm):
    def __init__(self, network, start):
        super().__init__(network, start)
        rank, n = dist.get_rank(), dist.get_world_size()
        self.neighbours = sorted({(rank - 1) % n, (rank + 1) % n} - {rank})
        self.received = [torch.empty_like(self.vector) for _ in self.neighbours]

    def step(self, images, labels):
        loss = self.local_step(images, labels)
        work = [dist.irecv(to, k) for to, k in zip(self.received, self.neighbours)] + [dist.isend(self.vector, k) for k in self.neighbours]
        for w in work:
            w.wait()
        for other in self.received:
            self.vector += other
        self.vector /= len(self.neighbours) + 1
        return loss


ARMS = {"local": Arm, "ddp": Ddp, "gossip": Gossip}


def all_vectors(vector):
    found = [torch.empty_like(vector) for _ in range(dist.get_world_size())]
    dist.all_gather(found, vector)
    return torch.stack(found)


def over_nodes(rows):
    return (rows.double() - rows.double().mean(0)).square().sum(1).mean().sqrt().item()


def worst_of_all(values):
    """The largest of every number over the ranks."""
    worst = torch.tensor(values, dtype=torch.double)
    dist.all_reduce(worst, op=dist.ReduceOp.MAX)
    return worst.tolist()


def timed_block(arm, steps, images, labels, batch):
    dist.barrier()
    start = time.perf_counter()
    for _ in range(steps):
        taken = torch.randint(len(labels), (batch,))
        arm.step(images[taken], labels[taken])
    return worst_of_all([time.perf_counter() - start])[0] / steps


def measure(options, network):
    torch.manual_seed(1)  # one start for all
    start = parameters_to_vector(network.make().parameters()).detach()
    torch.manual_seed(2 + dist.get_rank())
    images, labels = random_images(network)
    arms = {name: make(network, start).optimize() for name, make in ARMS.items()}
    for block in range(-1, options.blocks):  # block -1 warms up
        for arm in arms.values():
            seconds = timed_block(arm, options.steps or network.steps, images, labels, network.batch)
            if block >= 0:
                arm.seconds.append(seconds)
    spread = {name: over_nodes(all_vectors(arm.vector)) for name, arm in arms.items()}
    if spread["ddp"] != 0 or not spread["gossip"] < spread["local"]:
        sys.exit(f"the nodes do not end as they must: equal under ddp, nearer to each other than alone under gossip, but their distances are {spread}")
    images_per_step = options.nodes * network.batch
    result = {"schema": "xibench-rival", "rival": "torch.distributed over gloo", "torch": torch.__version__, "network": options.network,
              "parameters": start.numel(), "nodes": options.nodes, "batch": network.batch, "threads": torch.get_num_threads(),
              "blocks": options.blocks, "steps_per_block": options.steps or network.steps}
    for name, arm in arms.items():
        result[f"{name}_images_per_s"] = round(images_per_step / statistics.median(arm.seconds), 1)
        result[f"{name}_of_local"] = round(statistics.median(a / b for a, b in zip(arms["local"].seconds, arm.seconds)), 4)
    return result


def node(options):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{options.meeting}", rank=options.rank, world_size=options.nodes)
    result = measure(options, NETWORKS[options.network])
    if options.rank == 0:
        print(json.dumps(result))


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="ResNet-20", help="default: ResNet-20")
    parser.add_argument("--nodes", type=whole(2, 256), default=2, help="nodes of the ring, a process each (default 2)")
    parser.add_argument("--blocks", type=whole(1, 10**6), default=6, help="timed blocks of each arm (default 6)")
    parser.add_argument("--steps", type=whole(1, 10**6), help="steps in a block (default: by the network)")
    parser.add_argument("--rank", type=whole(0, 255), help=argparse.SUPPRESS)
    parser.add_argument("--meeting", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank is not None:
        return node(options)
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, *sys.argv[1:], "--meeting", f"{folder}/meeting"]
        nodes = [subprocess.Popen([*words, "--rank", str(rank)]) for rank in range(options.nodes)]
        waiting = list(nodes)
        while waiting:
            time.sleep(0.05)
            failed = [n for n in waiting if n.poll()]
            waiting = [n for n in waiting if n.poll() is None]
            if failed:  # the others would wait for it
                for n in waiting:
                    n.kill()
                sys.exit(1)
    return None


if __name__ == "__main__":
    main()
