"""What `xibench status` tells of runs that are waiting, under way, stopped and going on, and until when it watches them."""

import subprocess

import support
from support import signal


class Status(support.RunTest):
    def setUp(self):
        super().setUp()
        self.long = self.spec(support.LONG.format(epochs=100000))
        self.out = self.folder / "out"

    def one(self):
        return self.status(self.long, self.out)[0]

    def test_a_run_that_goes_on_is_never_behind_the_steps_that_it_has_done(self):
        process = self.start(self.long, self.out, more=("--checkpoint-minutes", "0.001"))
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(signal.SIGTERM)
        self.ended(process, 75)
        done = self.one()["step"]
        again = self.start(self.long, self.out)
        self.wait_until(lambda: self.one()["state"] == "running" and self.one()["steps"] > 0, "the run", again)

        self.assertGreaterEqual(self.one()["step"], done)

    def test_a_watch_waits_for_a_queued_sweep_and_ends_when_nothing_runs_any_more(self):
        looks = self.folder / "looks"
        with looks.open("w") as file:
            watch = subprocess.Popen([support.XIBENCH, "status", self.long, "--out", self.out, "--watch", "--every", "0.02"], stdout=subprocess.DEVNULL, stderr=file)
        self.started.append(watch)
        self.wait_until(lambda: looks.read_text().count("1 run: 1 missing") > 40, "forty looks", watch)
        process = self.start(self.long, self.out)
        self.wait_until(lambda: "1 run: 1 running" in looks.read_text(), "a look at the run", watch)
        process.send_signal(signal.SIGTERM)
        self.ended(process, 75)

        self.assertEqual(watch.wait(300), 0)
        self.assertIn("1 run: 1 interrupted\nxibench: nothing was running in 15 updates", looks.read_text())


if __name__ == "__main__":
    support.main()
