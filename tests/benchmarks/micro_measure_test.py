"""benchmarks/micro/measure keeps the medians of the programs that were built, by version and CPU, without names of hosts, and says wrong answers."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1])

PROGRAM = """#!/bin/sh
for word; do case $word in --benchmark_out=*) out=${word#*=};; esac; done
cat > "$out" <<END
{"context": {"host_name": "secret-host"},
 "benchmarks": [{"name": "a_median", "run_name": "a", "aggregate_name": "median", "real_time": 2.5, "cpu_time": 3, "time_unit": "ms", "of_read": 0.5, "wrong": WRONG},
                {"name": "a_mean", "run_name": "a", "aggregate_name": "mean", "real_time": 9},
                {"name": "a_cv", "run_name": "a", "aggregate_name": "cv", "real_time": 0.125, "wrong": 7}]}
END
"""


class Measure(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={SOURCE}\nCMAKE_PROJECT_VERSION:STATIC=1.2.3\n")

    def program(self, text, name="micro"):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def measure(self, folder=None, out=None, more=()):
        command = [sys.executable, SOURCE / "benchmarks/micro/measure", folder or self.folder, "-o", out or self.folder / "results", *more]
        return subprocess.run(command, capture_output=True, text=True)

    def refused(self, sentence, **options):
        done = self.measure(**options)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1].startswith("measure: ")), (2, True), done.stderr)
        self.assertIn(sentence, done.stderr.splitlines()[-1])

    def test_medians_are_kept_by_version_and_cpu(self):
        self.program(PROGRAM.replace("WRONG", "0"))
        done = self.measure()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("micro_ranks is not built: left out", done.stderr)
        path = pathlib.Path(done.stdout.split()[-1])
        self.assertEqual(path.parts[-4:-2] + path.parts[-1:], ("results", "1.2.3", "micro.json"))
        self.assertNotIn("secret-host", path.read_text())
        kept = json.loads(path.read_text())
        self.assertEqual(kept["programs"], {"micro": {"a": {"real_time": 2.5, "time_unit": "ms", "of_read": 0.5, "wrong": 0, "spread": 0.125}}})

    def test_what_is_measured_later_of_the_same_commit_joins_the_rest(self):
        self.program(PROGRAM.replace("WRONG", "0"))
        path = pathlib.Path(self.measure().stdout.split()[-1])
        self.program(PROGRAM.replace("WRONG", "0").replace('"a"', '"b"'))
        with open(path) as reader:
            self.measure()
            self.assertEqual(list(json.load(reader)["programs"]["micro"]), ["a"])  # replaced by rename: who reads it meanwhile has it whole
        self.assertEqual(list(json.loads(path.read_text())["programs"]["micro"]), ["a", "b"])
        self.assertEqual(list(path.parent.iterdir()), [path])

    def test_a_part_does_not_replace_the_whole_of_another_commit(self):
        self.program(PROGRAM.replace("WRONG", "0"))
        path = pathlib.Path(self.measure().stdout.split()[-1])
        whole = json.loads(path.read_text())
        older = json.dumps(whole | {"commit": "older"})
        path.write_text(older)
        self.refused(f"{path}: is of commit older, this tree is {whole['commit']}", more=("--filter", "a"))
        self.assertEqual(path.read_text(), older)
        lacking = json.dumps(whole | {"commit": "older", "programs": {"micro_gradients": whole["programs"]["micro"]}})
        path.write_text(lacking)
        self.refused(f"{path}: holds micro_gradients of commit older, which would be lost")
        self.assertEqual(path.read_text(), lacking)
        path.write_text(older)
        self.assertEqual(self.measure().returncode, 0)
        self.assertEqual(json.loads(path.read_text()), whole)

    @unittest.skipUnless(shutil.which("git"), "no git here")
    def test_what_is_kept_in_the_tree_does_not_make_it_another_commit(self):
        tree = self.folder / "tree"
        (tree / "benchmarks/results").mkdir(parents=True)
        for file in ("benchmarks/results/kept", "code"):
            (tree / file).write_text("before")
        git = ["git", "-C", tree, "-c", "user.name=n", "-c", "user.email=e"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "m"]):
            subprocess.run([*git, *words], check=True, capture_output=True)
        (self.folder / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={tree}\nCMAKE_PROJECT_VERSION:STATIC=1.2.3\n")
        self.program(PROGRAM.replace("WRONG", "0"))
        commits = []
        for changed, text in (("benchmarks/results/kept", "after"), ("code", "after"), ("code", "before"), (".git/index", "no index, so nobody knows what has changed"),
                              (".git/HEAD", "no head")):
            (tree / changed).write_text(text)
            path = pathlib.Path(self.measure().stdout.split()[-1])
            commits.append(json.loads(path.read_text())["commit"])
        self.assertEqual(commits[1:], [commits[0] + "-dirty", commits[0], commits[0] + "-dirty", "unknown-dirty"])

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun here")
    def test_ranks_are_launched_five_times_and_one_slow_launch_counts_for_little_but_a_wrong_answer_counts(self):
        launch = """#!/bin/sh
[ "$OMPI_COMM_WORLD_RANK" = 0 ] || exit 0
echo >> "FOLDER/launches.$OMPI_COMM_WORLD_SIZE"
for word; do case $word in --benchmark_out=*) out=${word#*=};; esac; done
case $(wc -l < "FOLDER/launches.$OMPI_COMM_WORLD_SIZE") in 2) time=900 wrong=0 ;; 3) time=3 wrong=1 ;; *) time=2 wrong=0 ;; esac
echo "{\\"benchmarks\\": [{\\"name\\": \\"h\\", \\"run_name\\": \\"h\\", \\"real_time\\": $time, \\"time_unit\\": \\"ms\\", \\"wrong\\": $wrong}]}" > "$out"
"""
        self.program(launch.replace("FOLDER", str(self.folder)), "micro_ranks")
        done = self.measure()
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (1, "wrong answers: h, h"), done.stderr)
        kept = json.loads(pathlib.Path(done.stdout.split()[-1]).read_text())["programs"]
        for ranks in (2, 4):
            self.assertEqual((self.folder / f"launches.{ranks}").read_text(), "\n" * 5)
            entry = kept[f"micro_ranks, {ranks} ranks"]["h"]
            self.assertEqual((entry["real_time"], entry["time_unit"], entry["wrong"]), (2, "ms", 1))
            self.assertAlmostEqual(entry["spread"], 2.2, delta=0.1)  # of 2, 900, 3, 2, 2

    def test_wrong_answers_and_failures_are_said(self):
        self.program(PROGRAM.replace("WRONG", "2"))
        wrong = self.measure()
        self.assertEqual((wrong.returncode, wrong.stderr.splitlines()[-1]), (1, "wrong answers: a"))
        self.program("#!/bin/sh\nexit 3\n")
        failed = self.measure()
        self.assertEqual(failed.returncode, 1)
        self.assertIn("failed with exit status 3", failed.stderr)

    def test_a_filter_that_finds_nothing_in_one_program_leaves_it_out_and_in_all_is_refused(self):
        self.program('#!/bin/sh\nfor word; do case $word in --benchmark_out=*) : > "${word#*=}";; esac; done\n')  # as Google Benchmark does it, also where the filter is damaged
        self.refused("--filter (: finds no benchmark, or is no regular expression", more=("--filter", "("))
        self.assertEqual(list(self.folder.rglob("micro.json")), [])
        self.program(PROGRAM.replace("WRONG", "0"), "micro_gradients")
        kept = json.loads(pathlib.Path(self.measure(more=("--filter", "a")).stdout.split()[-1]).read_text())
        self.assertEqual(list(kept["programs"]), ["micro_gradients"])

    def test_the_place_of_the_result_is_looked_at_before_anything_is_measured(self):
        self.program(f"#!/bin/sh\ntouch {self.folder}/launched\n" + PROGRAM.replace("WRONG", "0"))
        (self.folder / "file").write_text("")
        self.refused("cannot be made (Not a directory): choose another -o", out=self.folder / "file")
        path = pathlib.Path(self.measure().stdout.split()[-1])
        whole = json.loads(path.read_text())
        (self.folder / "launched").unlink()
        for damaged in ("{", "[]", "[" * 100_000, json.dumps({"commit": whole["commit"]}), json.dumps(whole | {"programs": [1]}), json.dumps(whole | {"programs": {"micro": 1}})):
            path.write_text(damaged)
            self.refused(f"{path}: is damaged (")
            self.assertEqual(path.read_text(), damaged)
        path.unlink()
        path.mkdir()
        self.refused(f"{path}: is no file: move it away, or choose another -o")
        self.assertFalse((self.folder / "launched").exists())

    def test_a_build_without_the_programs_replaces_nothing(self):
        self.program(PROGRAM.replace("WRONG", "0"))
        path = pathlib.Path(self.measure().stdout.split()[-1])
        path.write_text(path.read_text().replace('"commit": "', '"commit": "another'))
        before = path.read_text()
        (self.folder / "micro").unlink()
        self.refused(f"{self.folder} has no program to measure: configure with -DXB_BUILD_BENCHMARKS=ON")
        self.assertEqual(path.read_text(), before)

    def test_what_was_measured_before_a_program_failed_is_kept(self):
        self.program(PROGRAM.replace("WRONG", "0"))
        for text, sentence in (("#!/bin/sh\nexit 3\n", "failed with exit status 3"), ("#!/bin/sh\n", "wrote no whole JSON of Google Benchmark"), ("no program", "cannot be started (Exec format error)"),
                               ('#!/bin/sh\nfor word; do case $word in --benchmark_out=*) echo {} > "${word#*=}";; esac; done\n', "wrote no whole JSON of Google Benchmark")):
            self.program(text, "micro_gradients")
            done = self.measure()
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, done.stderr.splitlines()[-1])
            (path,) = self.folder.rglob("micro.json")
            self.assertEqual(list(json.loads(path.read_text())["programs"]), ["micro"])
            path.unlink()

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun here")
    def test_a_benchmark_that_a_launch_of_ranks_lacks_is_named(self):
        launch = """#!/bin/sh
[ "$OMPI_COMM_WORLD_RANK" = 0 ] || exit 0
echo >> "FOLDER/launches"
for word; do case $word in --benchmark_out=*) out=${word#*=};; esac; done
case $(wc -l < "FOLDER/launches") in 2) names=h ;; *) names="h k" ;; esac
for name in $names; do echo "${comma}{\\"run_name\\": \\"$name\\", \\"real_time\\": 1}"; comma=,; done > "FOLDER/rows"
echo "{\\"benchmarks\\": [$(cat "FOLDER/rows")]}" > "$out"
"""
        self.program(launch.replace("FOLDER", str(self.folder)), "micro_ranks")
        done = self.measure()
        self.assertEqual(done.returncode, 1)
        self.assertIn("micro_ranks, 2 ranks: k is not alike in each of the 5 launches", done.stderr.splitlines()[-1])

    def test_a_folder_without_a_build_is_refused(self):
        refused = self.measure(self.folder / "none")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("is no build directory: give the one that cmake made", refused.stderr)
        (self.folder / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={SOURCE}\n")
        self.refused("CMakeCache.txt has no CMAKE_PROJECT_VERSION: run cmake in that folder again")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
