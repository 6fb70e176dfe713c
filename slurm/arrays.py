#!/usr/bin/env python3
"""arrays.py PLAN.json STATUS.json WANTED.json: the job arrays that do what is missing of a sweep, one line each: STAGE OFFSET TASKS RUNS MEMORY. Tasks and
runs are ranges; memory is what a task asks for, in MiB (0: nothing is asked for). On stderr, what it will cost. PLAN.json is what `xibench plan --json`
prints, STATUS.json and WANTED.json what `xibench status --json` prints, of all runs and of those that are asked for; what these need and is missing is
done too."""

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


LEAST_MEMORY = 512 * 2**20  # bytes: the job's shell, srun, and xibench planning the sweep before the run
PLANNED_RUN = 20_000  # bytes that each run of the plan takes while the job plans; measured: 17 kB


def size_class(bytes_needed):
    """Tasks of one class are one array. The largest of a class needs at most 1.42 times what the smallest does."""
    return math.ceil(2 * math.log2(bytes_needed / LEAST_MEMORY))


def arrays(missing, pack, max_array, memory=None):
    """(stage, offset, tasks, indices, bytes) of every array: its task t does those of `indices` from offset + t * pack on, before the next
    task's; Slurm wants t < max_array. `memory` has the bytes of each index. A task needs those of its runs together, and `bytes` is the need of the
    array's largest task: an array is of tasks of one size class, so that small runs do not ask for the memory of large ones."""
    found = []
    for stage in sorted({run["stage"] for run in missing}):
        blocks = {}  # index // pack -> what that task does
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
    """Bytes of every run in a process with `threads` threads, by its index; None where the plan does not know."""
    memory = {}
    for run in plan["runs"]:
        one, more = run["cost"].get("memory_bytes"), run["cost"].get("memory_bytes_per_thread")
        if one is None or more is None:
            return None
        memory[run["index"]] = max(one + (threads - 1) * more, LEAST_MEMORY + PLANNED_RUN * len(plan["runs"]))
    return memory


def with_needs(wanted, plan, status):
    """The runs that are wanted and not complete, and of those that they need the ones that are not complete."""
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
    """Seconds per step of finished runs, by variant; a few of each are enough."""
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
    """What is to be done, and how long that takes; a variant that has not run yet takes the mean of those that have."""
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
            return lines + ["time: unknown; after the first finished runs it is estimated from them, or give --seconds-per-step"]
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
    parser.add_argument("plan")
    parser.add_argument("status")
    parser.add_argument("wanted")
    parser.add_argument("--pack", type=whole(1, 4096), default=1)
    parser.add_argument("--limit", type=whole(0, 10**6), default=0, help="array tasks at once; 0: no limit")
    parser.add_argument("--max-array", type=whole(1, 4 * 10**6 + 1), default=1001, help="Slurm's MaxArraySize")
    parser.add_argument("--threads", type=whole(0, 10**6), default=0, help="of each run; arrays are then made by memory. 0: by stage alone")
    parser.add_argument("--processors", type=whole(1, 10**9), default=1, help="of one task, for the estimate's text")
    parser.add_argument("--seconds-per-step", type=real(0, 1e9, above=True))
    parser.add_argument("--xibench", default="xibench")
    o = parser.parse_args()
    plan, status, wanted = (json.loads(Path(path).read_text()) for path in (o.plan, o.status, o.wanted))
    missing = with_needs(wanted, plan, status)
    memory = memory_of(plan, o.threads) if o.threads else None
    for stage, offset, tasks, indices, needed in arrays(missing, o.pack, o.max_array, memory):
        print(stage, offset, ranges(tasks), ranges(indices), math.ceil(needed / 2**20))
    if more := len(missing) - len([run for run in wanted["runs"] if run["state"] != "complete"]):
        print(f"{more} more than asked for: these need their consensus distance", file=sys.stderr)
    print(*estimate(missing, plan, status, o), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
