"""What a run has cost: attempts that were killed count, up to their last sign of life, and what nobody measured is absent."""

import json
import os
import subprocess
from pathlib import Path

import support

OFTEN = ("--checkpoint-minutes", "0.001")


class Costs(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.sweep = self.spec(support.LONG.format(epochs=60))
        self.bin = self.folder / "bin"
        self.bin.mkdir()

    def costs(self, *words):
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run([support.XIBENCH, "costs", self.sweep, "--out", self.out, *words], capture_output=True, text=True, check=True, timeout=120, env={**os.environ, "PATH": path})
        return json.loads(done.stdout) if "--json" in words else done.stdout + done.stderr

    def heartbeat(self):
        found = list(self.out.glob("*/*.json"))
        return json.loads(found[0].read_text()) if found else {}

    def begin_and_end_by(self, number, at_least, env=None):
        """An attempt that has a checkpoint, ended by the signal; `at_least` core-seconds after its beginning by its own heartbeat."""
        process = self.start(self.sweep, self.out, threads=2, more=OFTEN, env=env)
        self.wait_until(lambda: self.heartbeat().get("pid") == process.pid and self.heartbeat()["state"] == "running"
                        and self.heartbeat()["costs"][-1]["core_seconds"] > at_least, "a heartbeat", process)
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(number)
        self.ended(process)

    def test_killed_and_interrupted_attempts_count_with_the_one_that_ends(self):
        self.begin_and_end_by(support.signal.SIGKILL, 0.5)
        left = self.heartbeat()
        self.assertEqual(left["state"], "running")  # it could not say more
        run = self.costs("--json")["runs"][0]
        self.assertEqual((run["state"], run["attempts"], run["core_seconds"]), ("interrupted", 1, left["core_seconds"]))
        self.assertEqual([(a["state"], a["heard"]) for a in run["each_attempt"]], [("killed", left["updated"])])
        self.assertIn("1 attempt was killed: counted up to the last heartbeat", self.costs())

        self.begin_and_end_by(support.signal.SIGUSR1, 0.01)
        self.run_to_end(self.sweep, self.out, threads=2)

        run = self.costs("--json")["runs"][0]
        self.assertEqual(run["state"], "complete")
        self.assertEqual([a["state"] for a in run["each_attempt"]], ["killed", "interrupted", "finished"])
        self.assertEqual(run["each_attempt"][0]["core_seconds"], left["core_seconds"])
        self.assertEqual(run["each_attempt"][0]["heard"], left["updated"])
        self.assertTrue(all(a["core_seconds"] > 0 and a["processors"] == 2 for a in run["each_attempt"]))
        # The total is written with three decimals.
        self.assertAlmostEqual(run["core_seconds"], sum(a["core_seconds"] for a in run["each_attempt"]), delta=0.01)
        self.assertGreater(run["core_seconds"] - run["core_seconds_of_steps"], 0)
        table = self.costs()
        for word in ("killed", "interrupted", "finished", "counted to"):
            self.assertIn(word, table)

    def test_energy_that_nobody_measured_is_absent_and_not_0(self):
        self.run_to_end(self.spec(support.QUADRATIC.replace("seeds = [1]", "seeds = [1]\n")), self.out)
        found = self.costs("--json")
        self.assertTrue(all(run["gpu_energy_joules"] is None for run in found["runs"]))
        self.assertIsNone(found["total"]["gpu_energy_joules"])
        readable = any(os.access(path, os.R_OK) for path in Path("/sys/class/powercap").glob("intel-rapl:*/energy_uj"))
        self.assertEqual(found["total"]["energy_joules"] is None, not readable)
        self.assertIn("of GPUs (NVML, all of rank 0's host): absent", self.costs())
        self.assertIn("Slurm's accounting: absent: no run was a job of Slurm", self.costs())

    def test_slurm_tells_the_energy_of_jobs_and_of_their_lost_incarnations(self):
        self.sweep = self.spec(support.QUADRATIC)
        self.run_to_end(self.sweep, self.out, env={"SLURM_JOB_ID": "17"})
        self.assertIn("Slurm's accounting: absent: ", self.costs())  # there is no sacct, or it knows nothing of the job
        sacct = self.bin / "sacct"
        sacct.write_text("#!/bin/sh\ncase \"$*\" in *--jobs=17) printf '17|PREEMPTED|400|\\n17|COMPLETED|1200|5000\\n17.0|COMPLETED|1200|4900\\n';; esac\n")
        sacct.chmod(0o755)
        found = self.costs("--json")["slurm"]
        self.assertEqual([(job["state"], job["core_seconds"], job["energy_joules"]) for job in found["jobs"]], [("PREEMPTED", 400, None), ("COMPLETED", 1200, 5000)])
        self.assertIn("energy 5 kJ of 1 of them", self.costs())
        sacct.write_text("#!/bin/sh\nprintf '17|COMPLETED|1200|0\\n'\n")
        self.assertIn("energy unknown", self.costs())
        sacct.write_text("#!/bin/sh\necho 'Slurm accounting storage is disabled' >&2\nexit 1\n")
        self.assertIn("Slurm's accounting: absent: Slurm accounting storage is disabled", self.costs())


if __name__ == "__main__":
    support.main()
