"""What the steps of gpu_check share: running commands with a limit, and the JSON that is whole after every step."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

TAIL = 30  # lines of output kept of a step that failed


class Failed(Exception):
    """A step did not do what it should; the text says what was seen, the result what is worth having all the same."""

    def __init__(self, text, result=None):
        super().__init__(text)
        self.result = result


class Skipped(Exception):
    """A step cannot be done here; the text says why, the result what of it could be done."""

    def __init__(self, text, result=None):
        super().__init__(text)
        self.result = result


@dataclass
class Step:
    name: str
    what: str
    limit_s: int
    body: Callable  # body(session) -> dict of results; throws Failed or Skipped
    needs: tuple = ()


@dataclass
class Session:
    root: Path
    options: object
    env: dict = field(default_factory=lambda: dict(os.environ))
    deadline: float = float("inf")  # of the step under way, on the monotonic clock

    def __post_init__(self):
        self.out = self.options.out.resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.build = self.options.build.resolve()
        self.slow = getattr(self.options, "slow", 1.0)  # by what all limits are multiplied
        self.file = self.out / "gpu_check.json"
        self.log = open(self.out / "gpu_check.log", "a", buffering=1, encoding="utf-8", errors="replace")
        self.record = self.earlier() or {"schema": "xibench-gpu-check", "schema_version": 1, "machine": {}, "steps": {}}
        self.record["stand_in"] = self.options.stand_in

    def earlier(self):
        """The JSON of an earlier call; None where there is none, or one of a stand-in where this is a GPU, or the other way round."""
        try:
            record = json.loads(self.file.read_text(encoding="utf-8")) if self.file.is_file() else None
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(record, dict) or not all(isinstance(record.get(part), dict) for part in ("machine", "steps")):
            return None
        return record if record.get("schema_version") == 1 and record.get("stand_in") == self.options.stand_in else None

    def save(self):
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(self.record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(part, self.file)

    def left(self, limit=float("inf")):
        """Seconds that a command may take: the limit, or what is left of the step's time."""
        seconds = min(limit * self.slow, self.deadline - time.monotonic())
        if seconds <= 1:
            raise Failed("no time is left in this step")
        return seconds

    def start(self, command, env=None, cwd=None):
        """The command as a process group of its own, its output in the log and readable by finish()."""
        command = [str(part) for part in command]
        self.log.write(f"\n$ {' '.join(command)}\n")
        return subprocess.Popen(command, env={**self.env, **(env or {})}, cwd=cwd or self.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)

    def finish(self, process, limit=float("inf")):
        """Status and output of what start() began; a process that outlasts its limit is killed with its group, and its status is None."""
        try:
            output, _ = process.communicate(timeout=self.left(limit))
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            status = None
        self.log.write(output)
        return status, output

    def run(self, command, limit=float("inf"), env=None, cwd=None, accept=(0,)):
        """Output of a command; Failed, with its last lines, where its status is not accepted or it outlasts its limit."""
        status, output = self.finish(self.start(command, env, cwd), limit)
        if status not in accept:
            end = "was killed at its time limit" if status is None else f"ended with status {status}"
            raise Failed(f"{Path(command[0]).name} {end}\n" + "\n".join(output.splitlines()[-TAIL:]))
        return output

    def json(self, command, **how):
        """The last line of a command's output that is a JSON object."""
        output = self.run(command, **how)
        for line in reversed(output.splitlines()):
            if line.startswith("{"):
                try:
                    return json.loads(line)
                except ValueError:
                    break
        raise Failed(f"{Path(command[0]).name} printed no JSON\n" + "\n".join(output.splitlines()[-TAIL:]))


def do_step(session, step, limit):
    """Outcome of one step, as it goes into the JSON."""
    began = time.monotonic()
    session.deadline = began + limit
    try:
        outcome = {"outcome": "ok", "result": step.body(session) or {}}
    except Skipped as why:
        outcome = {"outcome": "skipped", "reason": str(why), **({"result": why.result} if why.result else {})}
    except Failed as why:
        first, _, rest = str(why).partition("\n")
        outcome = {"outcome": "failed", "reason": first, "last_lines": rest.splitlines()[-TAIL:], **({"result": why.result} if why.result else {})}
    except Exception as why:  # a mistake of a step must not cost the others
        outcome = {"outcome": "failed", "reason": f"{type(why).__name__}: {why}", "last_lines": []}
    outcome["seconds"] = round(time.monotonic() - began, 1)
    return outcome


def run_steps(session, steps, seconds):
    """Does the steps in order, each within its own limit and all within `seconds`; a step whose needs were not met is skipped, and says so."""
    began = time.monotonic()
    recorded = session.record["steps"]
    failed = False
    for step in steps:
        lacking = [name for name in step.needs if recorded.get(name, {}).get("outcome") != "ok"]
        left = seconds - (time.monotonic() - began)
        if lacking:
            outcome = {"outcome": "skipped", "reason": f"needs the step {lacking[0]}, which is not ok"}
        elif left < 20:
            outcome = {"outcome": "skipped", "reason": f"no time left: call again with --only {step.name}"}
        else:
            print(f"gpu_check: {step.name}: {step.what}", file=sys.stderr, flush=True)
            outcome = do_step(session, step, min(step.limit_s * session.slow, left))
        recorded[step.name] = outcome
        session.save()
        failed = failed or outcome["outcome"] == "failed"
        print(f"gpu_check: {step.name}: {outcome['outcome']}{': ' + outcome['reason'] if 'reason' in outcome else ''}", file=sys.stderr, flush=True)
        for line in outcome.get("last_lines", []):
            print(f"    {line}", file=sys.stderr, flush=True)
    print(f"gpu_check: {session.file}", file=sys.stderr)
    return 1 if failed else 0
