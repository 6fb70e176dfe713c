"""A run whose graph is read from a file is another run when the file's content is another: in the plan, at run time, on every rank."""

import json
import subprocess
import unittest

import support

SWEEP = support.QUADRATIC.split("[[variant]]")[0] + """
[topology]
name = "{topology}"
weights = "metropolis"
"""
CYCLE = "".join(f"{i} {(i + 1) % 8}\n" for i in range(8))
CHORDS = CYCLE + "0 4\n"


class GraphFile(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.graph = self.folder / "g.txt"
        self.graph.write_text(CYCLE)

    def sweep_of(self, topology):
        return self.spec(SWEEP.format(topology=topology))

    def plan(self, spec, status=0):
        done = subprocess.run([support.XIBENCH, "plan", spec, "--json"], capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)["runs"][0] if status == 0 else done.stderr

    def test_another_content_is_another_run_and_another_spelling_is_not(self):
        spec = self.sweep_of("edges(g.txt)")
        first = self.plan(spec)
        self.assertEqual(first["config"]["topology"]["name"][0], "edges(g.txt)")
        self.assertEqual(len(first["config"]["topology"]["file_sha256"]), 2)  # a phase each
        self.assertIn("1 done now", self.run_to_end(spec, self.out, cwd=self.folder).stderr)
        self.assertIn("1 complete before", self.run_to_end(spec, self.out, cwd=self.folder).stderr)

        self.graph.write_text(CHORDS)
        self.assertNotEqual(self.plan(spec)["id"], first["id"])
        self.assertIn("1 done now", self.run_to_end(spec, self.out, cwd=self.folder).stderr)
        self.assertEqual(len(set(self.digests(self.out).values())), 2)
        recorded = self.show(self.out / "quadratic" / f"{self.plan(spec)['id']}.h5")["config"]
        self.assertEqual(recorded["topology"], self.plan(spec)["config"]["topology"])

        self.graph.write_text(CYCLE)
        self.assertEqual(self.plan(spec)["id"], first["id"])
        self.assertEqual(self.plan(self.sweep_of("edges(./g.txt)"))["id"], first["id"])

    def test_a_graph_without_files_has_no_checksum(self):
        self.assertEqual(set(self.plan(self.sweep_of("ring"))["config"]["topology"]), {"name", "weights"})

    def test_a_missing_file_is_named_with_the_line_before_anything_runs(self):
        spec = self.sweep_of("edges(h.txt)")
        for errors in (self.plan(spec, status=2), self.run_to_end(spec, self.out, status=2, cwd=self.folder).stderr):
            self.assertIn("topology.name: cannot read h.txt", errors)
            self.assertIn("working directory", errors)
            self.assertRegex(errors, r"sweep\.toml:\d+: topology\.name")
        self.assertFalse(self.out.exists())

    def test_runs_side_by_side_are_those_of_the_plan(self):
        spec = self.sweep_of("edges(g.txt)")
        done = self.run_to_end(spec, self.out, more=("--jobs", 2), cwd=self.folder)
        self.assertIn("1 done now", done.stderr)
        self.assertEqual([run["state"] for run in self.status_in_folder(spec)], ["complete"])

    def status_in_folder(self, spec):
        done = subprocess.run([support.XIBENCH, "status", spec, "--out", self.out, "--json"], capture_output=True, text=True, check=True, cwd=self.folder)
        return json.loads(done.stdout)["runs"]

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_ranks_that_read_different_graphs_do_not_run(self):
        spec = self.sweep_of("edges(g.txt)")
        for name, text in (("a", CYCLE), ("b", CHORDS)):
            (self.folder / name).mkdir()
            (self.folder / name / "g.txt").write_text(text)
        words = self.words(spec, self.out)
        # every context of mpirun has its own working directory
        both = [*support.mpirun(1), "--wdir", str(self.folder / "a"), *words, ":", "-n", "1", "--wdir", str(self.folder / "b"), *words]
        done = subprocess.run(both, capture_output=True, text=True, timeout=120, check=False)

        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("rank 1", done.stderr)
        self.assertIn("graph file", done.stderr)
        self.assertEqual(list(self.out.glob("*/*")), [])


if __name__ == "__main__":
    support.main()
