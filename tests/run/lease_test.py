"""Several drivers on one results directory: who does which run, who waits for whom, and what becomes of a run whose owner is gone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import support
from support import signal

OFTEN = ("--checkpoint-minutes", "0.001")


def space():
    """What tells this host and container from others of its name, as leases hold it."""
    machine = Path("/etc/machine-id")
    digest = hashlib.sha256(b"xibench " + machine.read_bytes().strip()).hexdigest()[:16] if machine.exists() and machine.read_bytes().strip() else "-"
    return {"machine": digest, "boot": Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(), "pids": os.readlink("/proc/self/ns/pid")}


def start_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(")", 1)[1].split()[19])


class LeaseTest(support.RunTest):
    def lease(self, **changed):
        fields = {"host": os.uname().nodename, **space(), "pid": os.getpid(), "started": start_of(os.getpid()), "job": "-", "restarts": 0, "token": "f" * 16}
        return "".join(f"{key} {value}\n" for key, value in {**fields, **changed}.items())

    def hold(self, run, sweep, out, **changed):
        """Somebody else holds the lease of a run: this process, which lives."""
        path = out / sweep / f"{run}.lease"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.lease(**changed))
        return path

    def reference_held_elsewhere(self, out):
        """A run, the one it refers to, complete in the folder "elsewhere", and the lease on that one in `out`."""
        spec = self.spec(support.QUADRATIC.replace('control.policy = "target(0.3)"', 'control.policy = ["fraction(0.5)", "exact"]'))
        plan = json.loads(subprocess.run([support.XIBENCH, "plan", spec, "--json"], capture_output=True, text=True, check=True).stdout)["runs"]
        half = next(run for run in plan if "target" in run["variants"])
        reference = next(run for run in plan if run["id"] in half["needs"])
        self.run_to_end(spec, self.folder / "elsewhere", more=("--index", reference["index"]))
        lease = self.hold(reference["id"], "quadratic", out)
        return spec, half, reference, lease


class SideBySide(LeaseTest):
    def test_a_stop_signal_to_the_driver_alone_reaches_the_runs_that_it_started(self):
        spec = self.spec(support.LONG.format(epochs=100000).replace("[1]", "[1, 2, 3]"))
        out = self.folder / "out"
        process = self.start(spec, out, more=("--jobs", 2, *OFTEN))
        self.wait_until(lambda: len(list(out.glob("*/*.checkpoint"))) == 2, "two runs", process)
        process.send_signal(signal.SIGTERM)

        self.ended(process, 75)
        self.assertEqual(sorted(run["state"] for run in self.status(spec, out)), ["interrupted", "interrupted", "missing"])

    def killed(self, process, out, before=None):
        """Kills a run of the driver that has a checkpoint and is not the process `before`; tells which it was."""
        beat = lambda: json.loads(next(out.glob("*/*.json")).read_text())
        self.wait_until(lambda: any(out.glob("*/*.checkpoint")) and beat()["step"] > 0 and beat()["pid"] != before, "a run under way", process)
        pid = beat()["pid"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def test_a_run_that_was_killed_is_begun_again_from_its_checkpoint_as_often_as_retries_say(self):
        out = self.folder / "out"
        process = self.start(self.spec(support.LONG.format(epochs=100000)), out, more=("--jobs", 2, "--retries", 1, "--no-resume", *OFTEN))
        first = self.killed(process, out)
        self.killed(process, out, before=first)

        said = self.ended(process, 1)
        self.assertEqual(said.count("was killed by signal 9"), 2, said)
        self.assertEqual(said.count("is tried again (1 of 1)"), 1, said)
        self.assertIn("goes on after step", said)
        self.assertIn("1 failed", said)

    def test_bad_input_is_not_tried_again(self):
        out = self.folder / "out"
        spec, half, _, lease = self.reference_held_elsewhere(out)
        lease.unlink()
        for jobs in 1, 2:
            done = self.run_to_end(spec, out, more=("--index", half["index"], "--jobs", jobs, "--retries", 3), status=2)
            self.assertNotIn("tried again", done.stderr)

    def test_a_heartbeat_that_is_none_costs_neither_its_run_nor_the_others(self):
        out = self.folder / "out"
        spec, half, reference, lease = self.reference_held_elsewhere(out)
        garbage = out / "quadratic" / f"{half['id']}.json"
        garbage.write_text("{")
        process = self.start(spec, out, more=("--index", half["index"], "--index", 0, "--jobs", 2, "--progress", "terminal"))
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(3)  # it tells of its runs every second
        shutil.copy(self.folder / "elsewhere" / "quadratic" / f"{reference['id']}.h5", lease.parent)
        lease.unlink()

        self.assertIn("2 runs: 2 done now", self.ended(process, 0))

    def test_a_child_that_the_driver_did_not_start_ends_without_a_word(self):
        """A shell's background process stays a child of the program that the shell becomes."""
        words = self.words(self.spec(support.QUADRATIC), self.folder / "out", more=("--jobs", 2))
        done = subprocess.run(["bash", "-c", 'sleep 0.01 & exec "$@"', "bash", *words], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_runs_of_a_driver_that_was_killed_end_with_a_checkpoint(self):
        spec, out = self.spec(support.LONG.format(epochs=100000).replace("[1]", "[1, 2]")), self.folder / "out"
        process = self.start(spec, out, more=("--jobs", 2, *OFTEN))
        self.wait_until(lambda: len(list(out.glob("*/*.checkpoint"))) == 2, "two runs", process)
        runs = [json.loads(path.read_text())["pid"] for path in out.glob("*/*.json")]
        self.assertEqual(len(runs), 2)
        self.addCleanup(lambda: subprocess.run(["kill", "-9", *map(str, runs)], capture_output=True, check=False))
        process.kill()

        self.wait_until(lambda: not any(out.glob("*/*.lease")), "the end of both")
        for run in self.status(spec, out):
            self.assertEqual((run["state"], run["detail"]), ("interrupted", ""))  # by their own word: a process that is gone has a detail

    def test_all_runs_of_a_sweep_are_done_with_the_same_results_as_one_after_another(self):
        spec = self.spec(support.QUADRATIC)
        self.run_to_end(spec, self.folder / "one by one")
        self.run_to_end(spec, self.folder / "side by side", more=("--jobs", 3))

        self.assertEqual(self.digests(self.folder / "side by side"), self.digests(self.folder / "one by one"))

    def test_the_summary_tells_what_was_done_from_what_was_there_and_what_is_left_to_others(self):
        spec, out = self.spec(support.QUADRATIC), self.folder / "out"
        self.run_to_end(spec, out, more=("--index", 0))
        self.hold(self.status(spec, out)[1]["id"], "quadratic", out)
        done = self.run_to_end(spec, out, more=("--jobs", 2), status=1)
        self.assertEqual(re.findall(r"\d+ runs?: .*", done.stderr), ["4 runs: 2 done now, 1 complete before, 1 left to another process"])

    def test_a_run_that_another_process_finished_meanwhile_was_complete_before_and_not_diverged(self):
        spec, out = self.spec(support.LONG.format(epochs=50).replace("[1]", "[1, 2]")), self.folder / "out"
        short = self.status(spec, out)[0]["id"]
        self.run_to_end(spec, self.folder / "elsewhere", more=("--id", short))
        lease = self.hold(short, "long", out)
        process = self.start(spec, out, more=("--jobs", 2))
        for line in process.stderr:
            if f"run {short} is being done by" in line:
                break
        shutil.copy(self.folder / "elsewhere" / "long" / f"{short}.h5", lease.parent)
        lease.unlink()

        self.assertIn("2 runs: 1 done now, 1 complete before\n", self.ended(process, 0))


class Lease(LeaseTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.spec(support.QUADRATIC.replace("seeds = [1]", "seeds = [1, 2, 3]").replace("steps = 5", "steps = 200"))
        self.out = self.folder / "out"

    def check_two_drivers(self, *more):
        drivers = [self.start(self.sweep, self.out, more=more) for _ in range(2)]
        said = [self.ended(driver) for driver in drivers]

        for driver, text in zip(drivers, said):  # who ends while the other is still at the last run says so
            summary = text.splitlines()[-1]
            self.assertEqual(driver.returncode, 1 if "left to another process" in summary else 0, said)
            self.assertNotRegex(summary, "diverged|failed")
        done = [int(text.split(" done now")[0].split()[-1]) for text in said]
        self.assertEqual(sum(done), 12, said)
        self.assertEqual(len(self.digests(self.out)), 12)
        self.assertFalse(list(self.out.glob("*/*.lease*")))

    def test_two_drivers_on_one_directory_never_run_the_same_run_twice(self):
        self.check_two_drivers("--progress", "plain")

    def test_nor_do_two_that_pack_runs_side_by_side_and_each_counts_what_it_did_itself(self):
        self.check_two_drivers("--jobs", 2)

    def one(self):
        return [run for run in self.status(self.sweep, self.out) if run["index"] == 0][0]

    def test_the_lease_of_a_dead_process_is_taken_over_and_that_of_a_living_one_is_not(self):
        path = self.out / "quadratic" / (self.one()["id"] + ".lease")
        path.parent.mkdir(parents=True)
        dead = subprocess.Popen(["true"])
        dead.wait()
        zombie = subprocess.Popen(["true"])
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # ended, but its exit status is not fetched
        self.addCleanup(zombie.wait)
        other = {"boot": "another"}
        old = {"machine": "-", "boot": "-", "pids": "-"}  # of an earlier build
        is_known = space()["machine"] != "-"
        for text, taken in [(self.lease(), False), (self.lease(pid=dead.pid), True), (self.lease(pid=zombie.pid, started=start_of(zombie.pid)), True),
                            (self.lease(started=1), True), ("", True), ("no lease at all", True), (self.lease(host="elsewhere"), False),
                            (self.lease(pid=dead.pid, pids="pid:[1]"), False), (self.lease(pid=dead.pid, machine="another", **other), False),
                            (self.lease(pid=dead.pid, **{**other, "machine": "-"}), False), (self.lease(**other), is_known),
                            (self.lease(pids="pid:[1]", **other), False), (self.lease(pid=dead.pid, **old), True), (self.lease(**old), False)]:
            for file in path.parent.iterdir():
                file.unlink()
            path.write_text(text)
            done = self.run_to_end(self.sweep, self.out, more=("--index", 0), status=0 if taken else 1)
            self.assertEqual(bool(self.digests(self.out)), taken, text)
            if taken:
                self.assertIn("taken over from process" if "token" in text else "taken over from an empty lease\n", done.stderr)
                self.assertFalse(path.exists())
            else:
                self.assertIn("is being done by process", done.stderr)
                self.assertEqual(path.read_text(), text)

    def test_a_lease_whose_link_was_made_but_not_confirmed_is_our_own(self):
        library = self.folder / "lost_reply.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, support.SOURCE / "tests" / "run" / "lost_reply.c", "-ldl"], check=True)
        self.run_to_end(self.sweep, self.out, more=("--index", 0), env={"LD_PRELOAD": str(library)})
        self.assertEqual(len(self.digests(self.out)), 1)
        self.assertFalse(list(self.out.glob("*/*.lease*")))

    def test_a_process_that_has_said_its_end_but_is_still_there_is_waited_for(self):
        run = self.one()
        ending = subprocess.Popen(["sleep", "60"])
        path = self.hold(run["id"], "quadratic", self.out, pid=ending.pid, started=start_of(ending.pid))
        path.with_suffix(".json").write_text(json.dumps({"run_id": run["id"], "state": "failed", "pid": ending.pid, "host": os.uname().nodename}))
        process = self.start(self.sweep, self.out, more=("--index", 0))
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(2)
        ending.kill()
        ending.wait()

        self.assertIn("is taken over from process", self.ended(process, 0))
        self.assertEqual(len(self.digests(self.out)), 1)

    def test_a_run_waits_for_its_reference_while_another_driver_is_doing_it(self):
        spec, half, reference, lease = self.reference_held_elsewhere(self.out)
        process = self.start(spec, self.out, more=("--index", half["index"]))
        self.assertIn(f"waits for run {reference['id']}, which is being done by process", process.stderr.readline())
        shutil.copy(self.folder / "elsewhere" / "quadratic" / f"{reference['id']}.h5", lease.parent)
        lease.unlink()

        self.ended(process, 0)
        self.assertEqual(self.status(spec, self.out)[half["index"]]["state"], "complete")

    def test_who_has_lost_the_lease_stops_and_writes_nothing_more(self):
        long = self.spec(support.LONG.format(epochs=100000))
        process = self.start(long, self.out, more=OFTEN)
        self.wait_for_file(self.out, ".checkpoint", process)
        lease = next(self.out.glob("*/*.lease"))
        theirs = self.lease()
        lease.with_suffix(".new").write_text(theirs)
        os.rename(lease.with_suffix(".new"), lease)
        before = {path: path.read_bytes() for path in self.out.glob("*/*.checkpoint*") if not path.name.endswith(".new")}
        said = self.ended(process, 1)
        self.assertIn("another process has taken", said)
        self.assertEqual(lease.read_text(), theirs)
        self.assertFalse(list(self.out.glob("*/*.h5")) + list(self.out.glob("*/*.new")) + list(self.out.glob("*/*.partial")))
        after = {path: path.read_bytes() for path in before}
        self.assertLessEqual(len([path for path in before if before[path] != after[path]]), 3)  # rows, and one replacement, may have been past its last look


if __name__ == "__main__":
    support.main()
