"""Networks as platform files of SimGrid: a name, the latency between two nodes (s), the bandwidth of a node's link (B/s), and whether the closed forms have to hold."""

from dataclasses import dataclass
from typing import Callable

PAYLOAD = 0.97  # of a bandwidth, for what programs send; the rest is headers


@dataclass
class Network:
    name: str
    latency: float
    bandwidth: float
    uncongested: bool  # every node has a link of its own and nothing else is shared
    attributes: Callable  # of the <cluster>, for n nodes; None: there is no such network of n nodes
    about: str

    @property
    def payload(self):
        return PAYLOAD * self.bandwidth


def star(n):
    return ""


def fat_tree(n):
    """Two levels: 16 nodes on a leaf, 4 links up from it."""
    return f'topology="FAT_TREE" topo_parameters="2;16,{n // 16};1,4;1,1"' if n % 16 == 0 else None


def dragonfly(n):
    """Groups, chassis of a group, routers of a chassis, nodes of a router; one link between any two of a level. SimGrid 3.32 needs as many routers
    in a chassis as there are groups, or it ends with a segmentation fault."""
    sizes = {16: "2,1;2,1;2,1;2", 64: "2,1;2,1;4,1;4", 256: "4,1;4,1;4,1;4", 1024: "8,1;4,1;8,1;4", 4096: "8,1;8,1;16,1;4"}
    return f'topology="DRAGONFLY" topo_parameters="{sizes[n]}"' if n in sizes else None


NETWORKS = [
    Network("flat", 50e-6, 1.25e9, True, star, "10 Gb/s and 50 µs to one switch that is never short"),
    Network("fat tree", 50e-6, 1.25e9, False, fat_tree, "16 nodes on a leaf with 4 links up (4 : 1), 10 Gb/s, 25 µs a link"),
    Network("dragonfly", 50e-6, 1.25e9, False, dragonfly, "groups of routers with one link between any two, 10 Gb/s, 25 µs a link"),
    Network("wide area", 50e-3, 125e6, True, star, "1 Gb/s and 50 ms from every node to every other one"),
]


def platform(network, n):
    """The platform file, or None. A message crosses two links on a star, so each has half of the latency; on the others it crosses more, and takes longer."""
    attributes = network.attributes(n)
    if attributes is None:
        return None
    return f"""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="c" prefix="n" suffix="" radical="0-{n - 1}" speed="1Gf" bw="{network.bandwidth}Bps" lat="{network.latency / 2}s" sharing_policy="SPLITDUPLEX" {attributes}/>
</platform>
"""
