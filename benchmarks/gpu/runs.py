"""Steps of gpu_check that compare whole runs: bits from run to run, and the CPU's first steps."""

import json
import math
import re
import shutil

from build import enter
from checks import networks_cannot, program
from steps import Failed, Skipped, Step

NETWORK = """name = "gpu-check"
seeds = [1]
[data]
dataset = "synthetic(size = 32, channels = 3, samples = 4096)"
[model]
name = "resnet20"
[train]
nodes = 8
epochs = 1
batch_size = 32
lr = 0.05
[topology]
name = "ring"
[[variant]]
name = "ring"
control.policy = "rounds(1)"
"""
STEPS_COMPARED = 10
LR_CHANGE = 2.0**-20  # relative, of the run that measures how strongly the loss answers to a changed gradient
ROUNDING = (2 * 60) ** 0.5 * 2.0**-24  # relative, of a layer's inputs between two passes: at most 60 results before them, each rounded independently of the others
RELU_LAYERS = 19  # of ResNet-20; the cnn has 3, and as many max pools


def kinks(layers):
    """Share of a gradient, in the Euclidean norm, that two passes may differ by because ReLUs whose input is within rounding of 0 take another side. Inputs are normalized, so of
    those of a layer at most 2 ROUNDING / sqrt(2 pi) are so near. A ReLU that turns adds its term to the gradient or takes it away; terms are as good as uncorrelated, so the
    expected square of what such a share of a layer's terms moves is that share of the gradient's square; layers add up. Four times the root of the sum."""
    return 4 * (layers * 2 * ROUNDING / (2 * math.pi) ** 0.5) ** 0.5


GRADIENT_ERROR = 1e-6  # relative, of gradients whose sums have another order: what tests/task allow between the ways of computing them


def train(session, out, device, *more):
    """One run of the network; the run file."""
    spec = session.build / "gpu-check.toml"
    spec.write_text(NETWORK, encoding="utf-8")
    folder = session.build / "runs" / out
    shutil.rmtree(folder, ignore_errors=True)
    nodes, batch, model = (4, 8, "cnn") if session.options.stand_in else (8, 32, "resnet20")
    settings = {} if out.startswith("constructed") else {"data.limit": STEPS_COMPARED * nodes * batch, "train.nodes": nodes, "train.batch_size": batch, "model.name": f'"{model}"'}
    limit = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    session.run([program(session, "xibench"), "run", spec, "--out", folder, "--device", device, "--progress", "none", *limit, *more], 200)
    (path,) = folder.glob("*/*.h5")
    return path


CONSTRUCTED = ("--set", 'data.dataset="quadratic(dim = 100003, zeta = 2, sigma = 1, steps = 20)"', "--set", 'model.name="none"', "--set", "train.batch_size=1")


def digest(session, *train_arguments):
    return session.run([program(session, "xibench"), "show", "--science-digest", train(session, *train_arguments)], 60).split()[0]


def bits(session):
    """Twice the same run, and for a constructed problem the CPU's too, whose gradients both get from the host: there the same bits are promised across devices."""
    enter(session)
    result = {}
    # A digest covers the configuration, and with it the device: of the CPU's run the model is compared.
    models = [model_of(session, train(session, name, device, *CONSTRUCTED)) for name, device in (("constructed-1", "cuda"), ("constructed-2", "cuda"), ("constructed-cpu", "cpu"))]
    result["constructed problem"] = models[0]
    if len(set(models)) != 1:
        raise Failed(f"a constructed problem ends with other bits: {models[0]} and {models[1]} on the GPU, {models[2]} on the CPU", result)
    cannot = networks_cannot(session)
    if cannot:
        raise Skipped(f"of networks it cannot be measured: {cannot}", result)
    for precision in ("float32", "tf32") if session.options.stand_in else ("float32", "tf32", "bfloat16"):  # LibTorch has no bfloat16 convolutions on every CPU
        digests = [digest(session, f"{precision}-{k}", "cuda", "--set", f'train.precision="{precision}"') for k in (1, 2)]
        result[precision] = digests[0]
        if digests[0] != digests[1]:
            raise Failed(f"two runs in {precision} differ: {digests[0]}, {digests[1]}", result)
    return result


def model_of(session, path):
    """final_model_sha256 of a run file, by h5dump."""
    found = re.search(r'"([0-9a-f]{64})"', session.run(["h5dump", "-a", "/final_model_sha256", path], 60))
    if not found:
        raise Failed(f"{path.name} has no final_model_sha256")
    return found[1]


def losses(session, path):
    """train_loss of every step, by h5dump."""
    output = session.run(["h5dump", "-d", "/steps/train_loss", "-y", "-m", "%.17g", path], 60)
    data = output.partition("DATA {")[2].partition("}")[0]
    values = [float(text) for text in re.findall(r"[-+0-9.eE]+", data)]
    if len(values) < STEPS_COMPARED:
        raise Failed(f"{path.name} has {len(values)} steps instead of {STEPS_COMPARED}\n{output}")
    return values[:STEPS_COMPARED]


def first_steps(session):
    """Losses of the first steps in float32 against the CPU's. The tolerance of step t: gradients whose sums have another order differ by at most GRADIENT_ERROR;
    a run on the CPU whose learning rate, and with it every update, is LR_CHANGE larger shows how the loss answers to an error along the gradient, the direction
    in which it answers most; four times that, scaled, what one float32 sum of the batch's losses leaves, and, of what the steps have changed the loss so far, the share that ReLUs at their kinks may move: the change of a step is lr times the gradient's square."""
    enter(session)
    cannot = networks_cannot(session)
    if cannot:
        raise Skipped(f"it cannot be measured: {cannot}")
    cpu = losses(session, train(session, "cpu", "cpu"))
    moved = losses(session, train(session, "cpu-moved", "cpu", "--set", f"train.lr={0.05 * (1 + LR_CHANGE)!r}"))
    gpu = losses(session, train(session, "gpu", "cuda", "--way", "graph"))  # a pass per node, as on the CPU
    steps, worst, changed = [], 0.0, 0.0
    for a, b, c in zip(cpu, moved, gpu):
        changed += abs(a - steps[-1]["cpu"]) if steps else 0
        tolerance = 4 * abs(b - a) * GRADIENT_ERROR / LR_CHANGE + 32 * 2.0**-24 * abs(a) * 4 + kinks(RELU_LAYERS) * changed
        steps.append({"cpu": a, "gpu": c, "difference": abs(c - a), "tolerance": tolerance})
        worst = max(worst, abs(c - a) / tolerance)
    if worst > 1:
        raise Failed("losses leave the tolerance of the CPU's\n" + "\n".join(map(json.dumps, steps)))
    return {"steps": steps, "worst_share_of_tolerance": worst}


STEPS = [
    Step("bits", "compare two equal runs bit for bit, in every precision", 400, bits, ("build",)),
    Step("first-steps", "compare the first 10 steps of ResNet-20 with the CPU's", 400, first_steps, ("build",)),
]
