"""Simulated seconds of benchmarks/scale agree with the closed forms, or its driver fails."""

import json
import os
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, SOURCE, FolderTest, main, run, skip  # noqa: E402

sys.path.insert(0, str(SOURCE / "benchmarks/scale"))
import platforms  # noqa: E402
import scale  # noqa: E402

SIMULATE = BUILD / "scale_simulate"
if not SIMULATE.exists():
    skip("scale_simulate is not built: SimGrid is not installed (Debian: apt-get install libsimgrid-dev), or XB_WITH_SIMGRID is off")


class Simulation(FolderTest):
    def test_sixteen_nodes_take_what_the_closed_forms_say(self):
        command = [SOURCE / "benchmarks/scale/scale.py", BUILD, "-o", self.folder, "--nodes", 16, "--network", "flat", "--no-figure"]
        run(sys.executable, *command)
        rows = {row["communication"]: row for row in json.loads((self.folder / "scale.json").read_text())["rows"]}
        self.assertEqual(list(rows), scale.COMMUNICATIONS)
        for row in rows.values():
            self.assertLess(abs(scale.ratio(row) - 1), 0.02, row)
        self.assertLess(rows["exact"]["seconds"], 1.2 * rows["all-reduce"]["seconds"])
        self.assertEqual(rows["gram:ring"]["rounds"], rows["loop:ring"]["rounds"], "both ways stop at the same round")

        # Nothing is simulated twice, and a row that is off fails the run.
        kept = json.loads((self.folder / "scale.json").read_text())
        kept["rows"][0]["seconds"] *= 1.2
        (self.folder / "scale.json").write_text(json.dumps(kept))
        done = run(sys.executable, *command, status=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("scale: gossip:ring of 16 nodes on 'flat' takes 1.20 of its closed form", done.stderr)

    def test_bad_input_is_refused_in_a_line_before_anything_is_simulated(self):
        simulator, out = self.folder / "scale_simulate", self.folder / "out"
        command = [sys.executable, SOURCE / "benchmarks/scale/scale.py", self.folder, "--nodes", 16, "--network", "flat", "--communication", "all-reduce", "--no-figure", "-o"]

        def stands_in(text):
            simulator.write_text(text)
            simulator.chmod(0o755)

        def said(sentence, place, status):
            done = run(*command, place, status=status)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr[:2000])
            self.assertIn(sentence, done.stderr)

        stands_in(f"#!/bin/sh\ntouch {self.folder}/launched\n")
        said("cannot be made (File exists): choose another -o", simulator, 2)
        out.mkdir()
        kept = {"settings": scale.SETTINGS}
        for damaged in ("{", "[]", "{}", "[" * 100_000, json.dumps(kept), json.dumps(kept | {"rows": [1]}), json.dumps(kept | {"rows": [{"network": "flat"}]})):
            (out / "scale.json").write_text(damaged)
            said(f"{out / 'scale.json'}: is damaged (", out, 2)
            self.assertEqual((out / "scale.json").read_text(), damaged)
        (out / "scale.json").write_text('{"settings": []}')
        said("holds simulations with other settings: give another folder", out, 2)
        (out / "scale.json").unlink()
        os.mkfifo(out / "scale.json")
        said("scale.json: is no file", out, 2)
        self.assertFalse((self.folder / "launched").exists())
        stands_in("#!/bin/sh\necho {\n")
        said("all-reduce of 16 nodes on 'flat' ended with status 0", self.folder / "new", 1)
        stands_in("no program")
        said("scale_simulate cannot be started (Exec format error)", self.folder / "new", 1)

    def test_a_network_of_half_the_bandwidth_is_not_taken_for_the_stated_one(self):
        flat = platforms.NETWORKS[0]
        slow = platforms.Network("slow", flat.latency, flat.bandwidth / 2, True, platforms.star, "")
        row = scale.simulate(SIMULATE, slow, 16, 2**14, "all-reduce")
        self.assertLess(abs(scale.ratio(row) - 1), 0.02)
        forms = run(BUILD / "scale_forms", 16, 2**14, flat.latency, flat.payload, "all-reduce")
        row["closed_form_s"] = json.loads(forms.stdout)["closed_form_s"]
        self.assertEqual(scale.off([row]), [row])


if __name__ == "__main__":
    main()
