#!/usr/bin/env python3
"""Prints the job arrays for the missing runs of a sweep, one line each: STAGE OFFSET TASKS RUNS MEMORY. Tasks and runs are ranges; memory is in MiB per task
(0: the job asks for none). Prints the estimated cost on stderr. PLAN.json is the output of `xibench plan --json`. STATUS.json and WANTED.json are the output
of `xibench status --json`, for all runs and for the chosen ones. Missing runs that a chosen run refers to are included."""

import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "analysis"))
from arguments import Parser, real, whole  # noqa: E402


def ranges(numbers):
    """[0, 1, 2, 5] -> "0-2,5", as sbatch --array takes it."""
    text, begin = [], None
    for k, number in enumerate(numbers):
        begin = number if begin is None else begin
        if k + 1 == len(numbers) or numbers[k + 1] != number + 1:
            text.append(str(begin) if begin == number else f"{begin}-{number}")
            begin = None
    return ",".join(text)


LEAST_MEMORY = 512 * 2**20  # bytes for the job's shell, srun, and the plan that xibench makes before the run
PLANNED_RUN = 20_000  # bytes per run of the plan while the job plans; measured: 17 kB


def size_class(bytes_needed):
    """Class of a task by its memory; tasks of one class form an array. The largest task of a class needs at most 1.42 times as much as the smallest."""
    return math.ceil(2 * math.log2(bytes_needed / LEAST_MEMORY))


def arrays(missing, pack, max_array, memory=None):
    """(stage, offset, tasks, indices, bytes) of every array. Task t does the runs of `indices` from offset + t * pack to offset + (t + 1) * pack - 1; Slurm
    wants t < max_array. `memory` has the bytes of each index. A task needs the sum over its runs, and `bytes` is the need of the array's largest task. The
    tasks of an array have one size class, so that small runs do not ask for the memory of large ones."""
    found = []
    for stage in sorted({run["stage"] for run in missing}):
        blocks = {}  # index // pack -> the runs of that task
        for index in sorted({run["index"] for run in missing if run["stage"] == stage}):
            blocks.setdefault(index // pack, []).append(index)
        need = {block: sum(memory[index] for index in mine) if memory else 0 for block, mine in blocks.items()}
        alike = {}
        for block, bytes_needed in need.items():
            alike.setdefault((size_class(bytes_needed) if memory else 0, block // max_array), []).append(block)
        for (_, chunk), tasks in sorted(alike.items()):
            indices = [index for block in tasks for index in blocks[block]]
            found.append((stage, chunk * max_array * pack, [block - chunk * max_array for block in tasks], indices, max(need[block] for block in tasks)))
    return found


def memory_of(plan, threads):
    """Bytes of every run in a process with `threads` threads, by index; None if the plan does not know them."""
    memory = {}
    for run in plan["runs"]:
        one, more = run["cost"].get("memory_bytes"), run["cost"].get("memory_bytes_per_thread")
        if one is None or more is None:
            return None
        memory[run["index"]] = max(one + (threads - 1) * more, LEAST_MEMORY + PLANNED_RUN * len(plan["runs"]))
    return memory


def with_needs(wanted, plan, status):
    """The chosen runs that are not complete, and the runs that they refer to and that are not complete."""
    of_id = {run["id"]: run for run in status["runs"]}
    needs = {run["id"]: run["needs"] for run in plan["runs"]}
    missing, left = {}, [run["id"] for run in wanted["runs"]]
    while left:
        run = left.pop()
        if of_id[run]["state"] != "complete" and run not in missing:
            missing[run] = of_id[run]
            left += needs[run]
    return sorted(missing.values(), key=lambda run: run["index"])


def measured(complete, xibench, variant_of, at_most=3):
    """Seconds per step by variant, from a few finished runs of each."""
    seconds = {}
    for run in complete:
        values = seconds.setdefault(variant_of[run["index"]], [])
        if len(values) == at_most:
            continue
        shown = subprocess.run([xibench, "show", run["file"], "--json"], capture_output=True, text=True)
        record = json.loads(shown.stdout) if shown.returncode == 0 else {}
        if record.get("steps") and record["summary"]["wall_s"]:
            values.append(record["summary"]["wall_s"] / record["steps"])
    return {variant: statistics.mean(values) for variant, values in seconds.items() if values}


def duration(seconds):
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 120 else f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def estimate(missing, plan, status, o):
    """Lines with the number of runs and the time. A variant without a finished run is assumed to take the mean of the others."""
    cost = {run["index"]: run["cost"] for run in plan["runs"]}
    variant_of = {run["index"]: tuple(run["variants"]) for run in plan["runs"]}
    steps = sum(cost[run["index"]]["steps"] for run in missing)
    samples = sum(cost[run["index"]]["samples"] for run in missing)
    lines = [f"{len(missing)} of {len(plan['runs'])} runs to do: {steps:.6g} steps, {samples:.6g} samples"]
    if o.seconds_per_step:
        source, known, other = "as given", {}, o.seconds_per_step
    else:
        known = measured([run for run in status["runs"] if run["state"] == "complete"], o.xibench, variant_of)
        if not known:
            return lines + ["time: unknown until the first runs have finished; --seconds-per-step gives an estimate before"]
        source, other = "from finished runs", statistics.mean(known.values())
    seconds = {run["index"]: cost[run["index"]]["steps"] * known.get(variant_of[run["index"]], other) for run in missing}
    total, longest = sum(seconds.values()), max(seconds.values(), default=0)
    wall = 0
    for stage in {run["stage"] for run in missing}:
        mine = [seconds[run["index"]] for run in missing if run["stage"] == stage]
        wall += max(max(mine), sum(mine) / (o.limit * o.pack)) if o.limit else max(mine)
    lines.append(f"time, {source} ({other:.3g} s per step on average): {duration(total)} in all on {o.processors} processors each, the longest run {duration(longest)};"
                 f" {duration(wall)} from start to end with {f'{o.limit} tasks' if o.limit else 'all'} at once, plus what the queue takes")
    return lines


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("plan", metavar="PLAN.json")
    parser.add_argument("status", metavar="STATUS.json")
    parser.add_argument("wanted", metavar="WANTED.json")
    parser.add_argument("--pack", type=whole(1, 4096), default=1, help="runs in a task (default 1)")
    parser.add_argument("--limit", type=whole(0, 10**6), default=0, help="most array tasks at once; 0: no limit (default)")
    parser.add_argument("--max-array", type=whole(1, 4 * 10**6 + 1), default=1001, help="Slurm's MaxArraySize (default 1001)")
    parser.add_argument("--threads", type=whole(0, 10**6), default=0, help="threads of each run, to make arrays by memory; 0: make arrays by stage alone (default)")
    parser.add_argument("--processors", type=whole(1, 10**9), default=1, help="processors of a task, for the text of the estimate (default 1)")
    parser.add_argument("--seconds-per-step", type=real(0, 1e9, above=True), help="for the estimate (default: from finished runs)")
    parser.add_argument("--xibench", default="xibench", help="the program, which reads finished runs (default: xibench)")
    o = parser.parse_args()
    plan, status, wanted = (json.loads(Path(path).read_text()) for path in (o.plan, o.status, o.wanted))
    missing = with_needs(wanted, plan, status)
    memory = memory_of(plan, o.threads) if o.threads else None
    for stage, offset, tasks, indices, needed in arrays(missing, o.pack, o.max_array, memory):
        print(stage, offset, ranges(tasks), ranges(indices), math.ceil(needed / 2**20))
    if more := len(missing) - len([run for run in wanted["runs"] if run["state"] != "complete"]):
        print(f"{more} more than asked for: the chosen runs refer to their consensus distance", file=sys.stderr)
    print(*estimate(missing, plan, status, o), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
