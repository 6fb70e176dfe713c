"""Steps of gpu_check that compare: tests, sanitizer, ranks that share a GPU, a rank that is killed, bits from run to run, the CPU's first steps."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

from build import cuda_folder, enter
from steps import TAIL, Failed, Skipped, Step

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
GRADIENT_ERROR = 1e-6  # relative, of gradients whose sums have another order: what tests/task allow between the ways of computing them


def program(session, name):
    """xibench or gpu_bench: with --stand-in the ones that are linked to it."""
    stand_in = {"xibench": "tests/xibench-stand-in", "gpu_bench": "gpu_bench_stand_in"}
    path = session.build / (stand_in.get(name, name) if session.options.stand_in else name)
    if not path.exists():
        raise Failed(f"{path} is not built")
    return path


def gpu_count(session):
    return 8 if session.options.stand_in else len(session.record["machine"]["gpus"])


def ranks_command(session, ranks, command, options=()):
    """Under mpirun. Ranks that share a GPU say that they are on different hosts, or NCCL refuses them; what they send each other then goes through sockets."""
    launch = ["mpirun", "--oversubscribe", "--bind-to", "none", *options]
    if ranks <= gpu_count(session):
        return [*launch, "-n", str(ranks), *command]
    for rank in range(ranks):
        launch += [*([":"] if rank else []), "-n", "1", "-x", f"NCCL_HOSTID=host{rank}", "-x", "NCCL_SOCKET_IFNAME=lo", *command]
    return launch


def has_nccl(session):
    return "XB_WITH_NCCL:BOOL=ON" in (session.build / "CMakeCache.txt").read_text(encoding="utf-8")


def doctor(session):
    enter(session)
    return {"findings": json.loads(session.run([program(session, "xibench"), "doctor", "--json"], 60))["findings"]}


def ctest(session, *selection):
    enter(session)
    status, output = session.finish(session.start(["ctest", "--test-dir", session.build, "--output-on-failure", "-j", str(session.record["machine"]["processors"]), *selection]))
    found = re.search(r"(\d+)% tests passed, (\d+) tests failed out of (\d+)", output)
    failed = re.findall(r"^\s*\d+ - (\S+) \((.*)\)", output.partition("The following tests FAILED:")[2], re.MULTILINE)
    result = {"tests": int(found[3]) if found else 0, "failed": [f"{name}: {why}" for name, why in failed],
              "skipped": re.findall(r"Test +#\d+: (\S+) .*\*\*\*Skipped", output)}
    if not result["tests"]:
        raise Skipped("no such tests in this build")
    if status != 0:
        lines = [f"{len(failed)} of {result['tests']} tests failed or were cut off", *result["failed"], *output.splitlines()[-TAIL:]]
        raise Failed("\n".join(lines))
    return result


def tests_on_gpu(session):
    return ctest(session, "-L", "on_gpu") if not session.options.stand_in else ctest(session, "-R", "^gpu[.]")


def tests_others(session):
    return ctest(session, "-LE", "on_gpu|slurm|full|quickstart")


def sanitizer(session):
    """memcheck, then racecheck, of the tests of kernels on the GPU."""
    if session.options.stand_in:
        raise Skipped("kernels do not run on a GPU here")
    tool = shutil.which("compute-sanitizer") or next((str(p) for p in (cuda_folder() / "bin/compute-sanitizer", cuda_folder() / "compute-sanitizer/compute-sanitizer") if p.exists()), None)
    if not tool:
        raise Skipped("there is no compute-sanitizer in PATH or the CUDA toolkit")
    programs = sorted((session.build / "tests").glob("on_gpu.*_test"))
    if not programs:
        raise Skipped("no tests for the GPU are built")
    enter(session)
    result = {}
    for kind in ("memcheck", "racecheck"):
        for test in programs:
            output = session.run([tool, "--tool", kind, "--error-exitcode", "9", "--print-limit", "5", test], 150)
            result[f"{kind} {test.name}"] = next((line.strip("= ") for line in reversed(output.splitlines()) if "SUMMARY" in line), "no summary")
    return result


def ranks(session):
    """Several ranks, by NCCL, on as many GPUs as there are: their bits against the CPU's, which gpu_bench compares before it times."""
    enter(session)
    if not has_nccl(session):
        raise Skipped("this build has no NCCL")
    result = {}
    for count in (2, 3, 7):
        command = [program(session, "gpu_bench"), "gossip", "--device", "cuda", "--nodes", "7", "--dim", "100003", "--repeat", "3", "--mebibytes", "64"]
        result[f"{count} ranks"] = session.json(ranks_command(session, count, command), limit=90)
    return result


def kill(session):
    """kill -9 of one of three ranks in an exchange: the others end within the timeout, and say for whom they waited. mpirun is told to leave them alone."""
    enter(session)
    if not has_nccl(session):
        raise Skipped("this build has no NCCL")
    timeout = 15
    command = [program(session, "gpu_bench"), "hold", "--device", "cuda", "--seconds", "120", "--timeout", str(timeout)]
    process = session.start(ranks_command(session, 3, command, ["--enable-recovery", "--mca", "orte_abort_on_non_zero_status", "0"]))
    os.set_blocking(process.stdout.fileno(), False)
    said, ids, end = "", {}, time.monotonic() + session.left(60)
    while len(ids) < 3 and time.monotonic() < end and process.poll() is None:
        said += available(process)
        ids = {int(r): int(p) for r, p in re.findall(r"rank (\d+) process (\d+)", said)}
        time.sleep(0.1)
    try:
        if len(ids) < 3:
            raise Failed("the ranks did not start\n" + said)
        time.sleep(2)  # they exchange
        os.kill(ids[1], signal.SIGKILL)
        killed, ended = time.monotonic(), {}
        while len(ended) < 2 and time.monotonic() < killed + timeout + 45:
            said += available(process)
            for rank in (0, 2):
                if rank not in ended and not alive(ids[rank]):
                    ended[rank] = round(time.monotonic() - killed, 1)
            time.sleep(0.1)
        if len(ended) < 2:
            raise Failed(f"{timeout + 45} s after rank 1 was killed, rank {next(r for r in (0, 2) if r not in ended)} had not ended\n" + said)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for pid in ids.values():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
    os.set_blocking(process.stdout.fileno(), True)
    said += process.communicate()[0] or ""
    session.log.write(said)
    messages = [line for line in said.splitlines() if line.startswith("gpu_bench: ")]
    if not any(re.search(r"rank[s]? .*\b1\b", message) for message in messages):
        raise Failed("no rank says that it missed rank 1\n" + "\n".join(messages or said.splitlines()))
    return {"seconds_to_end": ended, "messages": messages}


def available(process):
    """What a process whose output does not block has printed since the last call."""
    try:
        return os.read(process.stdout.fileno(), 1 << 16).decode(errors="replace")
    except BlockingIOError:
        return ""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def train(session, out, device, *more):
    """One run of the network; the run file."""
    spec = session.build / "gpu-check.toml"
    spec.write_text(NETWORK, encoding="utf-8")
    folder = session.build / "runs" / out
    shutil.rmtree(folder, ignore_errors=True)
    session.run([program(session, "xibench"), "run", spec, "--out", folder, "--device", device, "--progress", "none", "--set", f"data.limit={STEPS_COMPARED * 8 * 32}", *more], 200)
    (path,) = folder.glob("*/*.h5")
    return path


def bits(session):
    enter(session)
    result = {}
    for precision in ("float32", "tf32", "bfloat16"):
        digests = [session.run([program(session, "xibench"), "show", "--science-digest", train(session, f"{precision}-{k}", "cuda", "--set", f'train.precision="{precision}"')], 60).split()[0]
                   for k in (1, 2)]
        result[precision] = digests[0]
        if digests[0] != digests[1]:
            raise Failed(f"two runs in {precision} differ: {digests[0]}, {digests[1]}")
    return result


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
    in which it answers most; four times that, scaled, and at least what one float32 sum of the batch's losses leaves."""
    enter(session)
    cpu = losses(session, train(session, "cpu", "cpu"))
    moved = losses(session, train(session, "cpu-moved", "cpu", "--set", f"train.lr={0.05 * (1 + LR_CHANGE)!r}"))
    gpu = losses(session, train(session, "gpu", "cuda"))
    steps, worst = [], 0.0
    for a, b, c in zip(cpu, moved, gpu):
        tolerance = 4 * abs(b - a) * GRADIENT_ERROR / LR_CHANGE + 32 * 2.0**-24 * abs(a) * 4
        steps.append({"cpu": a, "gpu": c, "difference": abs(c - a), "tolerance": tolerance})
        worst = max(worst, abs(c - a) / tolerance)
    if worst > 1:
        raise Failed("losses leave the tolerance of the CPU's\n" + "\n".join(map(json.dumps, steps)))
    return {"steps": steps, "worst_share_of_tolerance": worst}


STEPS = [
    Step("doctor", "what the build runs on", 60, doctor, ("build",)),
    Step("tests", "tests of kernels, steps and NCCL on the real libraries", 300, tests_on_gpu, ("build",)),
    Step("sanitizer", "compute-sanitizer over the kernels' tests", 300, sanitizer, ("build",)),
    Step("ranks", "2, 3 and 7 ranks by NCCL have the CPU's bits", 280, ranks, ("build",)),
    Step("kill", "kill -9 of one of three ranks", 180, kill, ("build",)),
    Step("bits", "two runs have the same bits, in every precision", 400, bits, ("build",)),
    Step("first-steps", "the first 10 steps of ResNet-20 against the CPU's", 400, first_steps, ("build",)),
]
LAST = [Step("suite", "all other tests of the project", 560, tests_others, ("build",))]
