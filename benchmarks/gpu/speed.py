"""Steps of gpu_check that time: memory and gossip, images per second of every way, precision and arm, and the same over several GPUs."""

import subprocess
import threading

import checks
from build import enter
from checks import gpu_count, networks_cannot, program, ranks_command
from steps import Failed, Skipped, Step

WAYS = ("grouped", "graph")
PRECISIONS = ("float32", "tf32", "bfloat16")
ARMS = ("no mixing", "mixing", "exact distance", "control")
GOSSIP = ((64, 25_000_000), (32, 269_722))  # nodes, parameters: a large model, and ResNet-20


class MemoryWatch:
    """The most memory in use on each GPU while it lives, as nvidia-smi sees it every half second, in MiB."""

    def __init__(self):
        self.most, self.stopped = [], threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.stopped.wait(0.5):
            try:
                done = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=10, check=True)
            except (OSError, subprocess.SubprocessError):
                return
            now = [int(line) for line in done.stdout.split()]
            self.most = [max(pair) for pair in zip(now, self.most or now)]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join(11)


def gossip_options(session, nodes, dim):
    if session.options.stand_in:
        return ["--nodes", str(min(nodes, 8)), "--dim", "10007", "--repeat", "2", "--mebibytes", "4"]
    return ["--nodes", str(nodes), "--dim", str(dim), "--repeat", "10", "--mebibytes", "2048"]


def memory(session):
    enter(session)
    bench = program(session, "gpu_bench")
    size = ["--mebibytes", "4" if session.options.stand_in else "2048"]
    result = {"copy": session.json([bench, "copy", "--device", "cuda", *size], limit=120)}
    for nodes, dim in GOSSIP:
        result[f"{nodes} x {dim}"] = session.json([bench, "gossip", "--device", "cuda", *gossip_options(session, nodes, dim)], limit=200)
    return result


def bench(session, launch, settings, limit):
    """What xibench bench prints as JSON, shortened to what is compared."""
    import json

    few = ["--steps", "2", "--warmup", "1", "--set", "train.nodes=4", "--set", "train.batch_size=4", "--set", 'data.dataset="synthetic(size = 32, channels = 3, samples = 1024)"', "--set", 'model.name="cnn"'] if session.options.stand_in else ["--steps", "50", "--warmup", "15"]
    command = [program(session, "xibench"), "bench", session.root / "benchmarks/gpu/images.toml", "--device", "cuda", "--threads", "1", "--json", "--progress", "none", *few]
    for setting in settings:
        command += setting
    with MemoryWatch() as watch:
        output = session.run(launch(command), limit)
    begin = output.find("{\n")
    if begin < 0:
        raise Failed("xibench bench printed no JSON\n" + output)
    table, _ = json.JSONDecoder().raw_decode(output[begin:])
    arms = {}
    for m in table["measurements"]:
        arms[",".join(m["variants"])] = {"images_per_s": m["samples_per_s"], "seconds_per_step": m["seconds_per_step"], "parts": m["parts"], "gossip_rounds": m["gossip_rounds"],
                                         "wire_bytes": m["wire_bytes"]}
    return {"arms": arms, "memory_MiB": watch.most}


def images(session):
    enter(session)
    cannot = networks_cannot(session)
    if cannot:
        raise Skipped(f"images per second cannot be measured in any of {len(WAYS) * len(PRECISIONS)} ways and precisions: {cannot}")
    result = {}
    for way in WAYS:
        for precision in PRECISIONS:
            name = f"{way} {precision}"
            if session.options.stand_in and precision == "bfloat16":
                result[name] = {"cannot": "LibTorch has no bfloat16 convolutions on every CPU"}
                continue
            try:
                result[name] = bench(session, lambda c: c, [["--way", way], ["--set", f'train.precision="{precision}"']], 90)
            except Failed as why:  # the others are worth having
                result[name] = {"failed": str(why).splitlines()}
            session.record["steps"]["images"] = {"outcome": "under way", "result": result}
            session.save()
    problems = [f"{name}: {r['failed'][0]}" for name, r in result.items() if "failed" in r]
    if problems:
        raise Failed("\n".join([f"{len(problems)} of {len(result)} measurements failed", *problems]), result)
    return result


def several(session):
    """The same over 2, 4 and 8 GPUs, where they are there."""
    enter(session)
    if not checks.has_nccl(session):
        raise Skipped("this build has no NCCL")
    if session.options.stand_in:
        session.env["XB_STAND_IN_DEVICES"] = "2"
    cannot = networks_cannot(session)
    result = {}
    for count in (2, 4, 8):
        if count > gpu_count(session):
            break
        gossip = [program(session, "gpu_bench"), "gossip", "--device", "cuda", *gossip_options(session, *GOSSIP[0])]
        result[f"{count} GPUs"] = {"gossip": session.json(ranks_command(session, count, gossip), limit=120),
                                   "images": {"cannot": cannot} if cannot else bench(session, lambda c, n=count: ranks_command(session, n, c), [["--set", 'train.precision="tf32"']], 150)}
    if session.options.stand_in:
        session.env["XB_STAND_IN_DEVICES"] = "1"
    if not result:
        raise Skipped("this machine has one GPU")
    return result


# What one H100 or H200 is to reach with ResNet-20, 32 nodes, batch 32, a ring.
TARGETS = {"images per second, float32": 60_000, "images per second, tf32 or bfloat16": 100_000, "share of the step for mixing and measuring": 0.05, "share of copy bandwidth, gossip": 0.70}


def best_images(ways, precisions):
    """The fastest of the measurements with an exact distance in every step: name, arm; None where there is none."""
    found = [(name, way["arms"]) for name, way in ways.items() if name.split()[1] in precisions and "exact distance" in way.get("arms", {})]
    return max(found, key=lambda pair: pair[1]["exact distance"]["images_per_s"], default=None)


def targets(session):
    """What was measured beside what is wanted; what was not measured is said to be so."""
    if session.options.stand_in:
        raise Skipped("times of the stand-in are meaningless")
    steps = session.record["steps"]
    ways = steps.get("images", {}).get("result") or {}
    gossip = steps.get("memory", {}).get("result") or {}
    result = {}
    for name, precisions in (("images per second, float32", ("float32",)), ("images per second, tf32 or bfloat16", ("tf32", "bfloat16"))):
        best = best_images(ways, precisions)
        result[name] = {"measured": best and best[1]["exact distance"]["images_per_s"], "way": best and best[0]}
    best = best_images(ways, PRECISIONS)
    without = best and best[1].get("no mixing", {}).get("seconds_per_step")
    share = 1 - without / best[1]["exact distance"]["seconds_per_step"] if without else None
    result["share of the step for mixing and measuring"] = {"measured": share, "way": best and best[0]}
    shares = [size["one_round"]["share_of_copy"] for size in gossip.values() if "one_round" in size]
    result["share of copy bandwidth, gossip"] = {"measured": min(shares, default=None)}
    for name, row in result.items():
        row["target"] = TARGETS[name]
        met = row["measured"] is not None and (row["measured"] <= row["target"] if name.startswith("share of the step") else row["measured"] >= row["target"])
        row["verdict"] = "not measured" if row["measured"] is None else "met" if met else "missed"
    return result


STEPS = [
    Step("memory", "time gossip, distance, Gram matrix and mean as shares of copy bandwidth", 420, memory, ("build",)),
    Step("images", "images per second: two ways, three precisions, four arms; parts and memory", 560, images, ("build",)),
    Step("several", "time gossip and images on 2, 4 and 8 GPUs", 560, several, ("build",)),
    Step("targets", "compare the measurements with the targets", 20, targets, ("machine",)),
    *checks.LAST,
]
