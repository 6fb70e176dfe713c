"""Steps of gpu_check that compare: tests, sanitizer, ranks that share a GPU, a rank that is killed."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

from build import compile_all, cuda_folder, enter
from steps import TAIL, Failed, Skipped, Step


def program(session, name):
    """xibench or gpu_bench: with --stand-in the ones that are linked to it."""
    stand_in = {"xibench": "tests/xibench-stand-in", "gpu_bench": "gpu_bench_stand_in"}
    path = session.build / (stand_in.get(name, name) if session.options.stand_in else name)
    if not path.exists():
        raise Failed(f"{path} is not built")
    return path


def gpu_count(session):
    return int(session.env.get("XB_STAND_IN_DEVICES", "1")) if session.options.stand_in else len(session.record["machine"]["gpus"])


def networks_cannot(session):
    """Why this program does not compute networks on a GPU, in its own words; "" where it does."""
    row = next((row for row in doctor(session)["findings"] if row["name"] == "networks on a GPU"), {"missing": True, "cost": "this build has no CUDA"})
    return row["cost"] if row["missing"] else ""


def ranks_command(session, ranks, command, options=()):
    """Under mpirun. Ranks that share a GPU say that they are on different hosts, or NCCL refuses them; what they send each other then goes through sockets."""
    launch = ["mpirun", "--oversubscribe", "--bind-to", "none", *options]
    if ranks <= gpu_count(session):
        return [*launch, "-n", str(ranks), *command]
    for rank in range(ranks):
        launch += [*([":"] if rank else []), "-n", "1", "-x", f"NCCL_HOSTID=host{rank}", "-x", "NCCL_SOCKET_IFNAME=lo", "-x", "NCCL_IB_DISABLE=1", *command]
    return launch


def has_nccl(session):
    return "XB_WITH_NCCL:BOOL=ON" in (session.build / "CMakeCache.txt").read_text(encoding="utf-8")


def doctor(session):
    enter(session)
    return {"findings": json.loads(session.run([program(session, "xibench"), "doctor", "--json"], 60))["findings"]}


def ctest(session, *selection):
    enter(session)
    # The tests on stand-ins choose themselves how many GPUs there are.
    status, output = session.finish(session.start(["env", "-u", "XB_STAND_IN_DEVICES", "ctest", "--test-dir", session.build, "--output-on-failure", "-j", str(session.record["machine"]["processors"]), *selection]))
    found = re.search(r"(\d+)% tests passed, (\d+) tests failed out of (\d+)", output)
    failed = re.findall(r"^\s*\d+ - (\S+) \((.*)\)", output.partition("The following tests FAILED:")[2], re.MULTILINE)
    result = {"tests": int(found[3]) if found else 0, "failed": [f"{name}: {why}" for name, why in failed],
              "skipped": re.findall(r"Test +#\d+: (\S+) .*\*\*\*Skipped", output)}
    result["passed"] = result["tests"] - len(result["failed"]) - len(result["skipped"])
    if not result["tests"]:
        raise Skipped("no such tests in this build")
    if status != 0:
        lines = [f"{len(failed)} of {result['tests']} tests failed or were cut off", *result["failed"], *output.splitlines()[-TAIL:]]
        raise Failed("\n".join(lines))
    return result


def tests_on_gpu(session):
    """The real libraries have to be tested, not skipped because no GPU answers; the stand-in's tests are here only to show that they start."""
    result = ctest(session, "-L", "on_gpu") if not session.options.stand_in else ctest(session, "-R", "^gpu[.](device|steps|nccl_contract|nccl_failures)_test$")
    if result["skipped"]:
        raise Failed(f"{result['skipped'][0]} was skipped: no GPU answers it (its words are in the log)", result)
    return result


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
    result, problems = {}, []
    for kind in ("memcheck", "racecheck"):
        for test in programs:
            try:
                output = session.run([tool, "--tool", kind, "--error-exitcode", "9", "--print-limit", "5", test], 150)
                result[f"{kind} {test.name}"] = next((line.strip("= ") for line in reversed(output.splitlines()) if "SUMMARY" in line), "no summary")
            except Failed as why:  # the others are worth having
                result[f"{kind} {test.name}"] = str(why).splitlines()[0]
                problems.append(f"{kind} {test.name}: {why}")
    if problems:
        raise Failed("\n".join(problems), result)
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


STEPS = [
    Step("doctor", "record what the build can use", 60, doctor, ("build",)),
    Step("tests", "test kernels, steps and NCCL on the real libraries", 300, tests_on_gpu, ("build",)),
    Step("sanitizer", "run the tests of kernels under compute-sanitizer", 300, sanitizer, ("build",)),
    Step("ranks", "compare 2, 3 and 7 ranks (NCCL) with the CPU's bits", 280, ranks, ("build",)),
    Step("kill", "kill -9 one of three ranks; the others must end and name it", 180, kill, ("build",)),
]
LAST = [
    Step("build-rest", "build all other programs", 570, compile_all, ("build",)),
    Step("suite", "run all other tests of the project", 560, tests_others, ("build-rest",)),
]
