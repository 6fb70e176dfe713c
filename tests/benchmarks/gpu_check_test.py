"""benchmarks/gpu_check without a GPU: what its JSON says of steps that succeed, fail, hang, or cannot be done; where the bundle lies; how ranks share a GPU."""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import time
import unittest.mock
from pathlib import Path

sys.path[:0] = [f"{sys.argv[1]}/tests", f"{sys.argv[1]}/benchmarks/gpu"]
from script import SOURCE, FolderTest, main  # noqa: E402
import build  # noqa: E402
import checks  # noqa: E402
import runs  # noqa: E402
import speed  # noqa: E402
from steps import Failed, Session, Skipped, Step, run_steps  # noqa: E402


def fail(_):
    raise Failed("it broke\nline 1\nline 2")


def skip(_):
    raise Skipped("there is none")


class GpuCheck(FolderTest):
    def setUp(self):
        super().setUp()
        self.enterContext(unittest.mock.patch("sys.stderr", io.StringIO()))

    def session(self, stand_in=False):
        session = Session(SOURCE, argparse.Namespace(out=self.folder / "out", build=self.folder / "build", bundle=self.folder / "bundle.tar.xz", stand_in=stand_in, jobs=1, cmake=[]))
        self.addCleanup(session.log.close)
        return session

    def record(self):
        return json.loads((self.folder / "out/gpu_check.json").read_text())["steps"]

    def do(self, *steps, seconds=1000):
        return run_steps(self.session(), steps, seconds)

    def test_a_failed_step_is_told_with_its_last_lines_and_stops_only_those_that_need_it(self):
        seen = []
        status = self.do(Step("a", "", 60, fail), Step("b", "", 60, lambda s: {"n": 1}, ("a",)), Step("c", "", 60, lambda s: seen.append(self.record()["a"]["outcome"]) or {"n": 2}))
        self.assertEqual(status, 1)
        self.assertEqual(seen, ["failed"])  # the JSON is there before the next step begins
        self.assertEqual((self.record()["a"]["reason"], self.record()["a"]["last_lines"]), ("it broke", ["line 1", "line 2"]))
        self.assertEqual((self.record()["b"]["outcome"], self.record()["b"]["reason"]), ("skipped", "needs the step a, which is not ok"))
        self.assertEqual((self.record()["c"]["outcome"], self.record()["c"]["result"]), ("ok", {"n": 2}))

    def test_skipped_is_no_failure_and_a_mistake_of_a_step_is_one(self):
        self.assertEqual(self.do(Step("a", "", 60, skip)), 0)
        self.assertEqual(self.record()["a"]["reason"], "there is none")
        self.assertEqual(self.do(Step("b", "", 60, lambda s: 1 / 0)), 1)
        self.assertEqual(self.record()["b"]["reason"], "ZeroDivisionError: division by zero")
        self.assertEqual(self.record()["a"]["outcome"], "skipped")  # of the earlier call

    def test_what_an_earlier_call_did_counts(self):
        self.do(Step("a", "", 60, lambda s: {}))
        self.assertEqual(self.do(Step("b", "", 60, lambda s: {"n": 3}, ("a",))), 0)
        self.assertEqual(self.record()["b"]["result"], {"n": 3})

    def test_warnings_of_a_newer_compiler_or_of_newer_headers_do_not_end_the_build(self):
        """By what configure() gives CMake, and by what CMake makes of it, in the smallest build."""
        session = self.session()
        session.record["machine"] = {"gpus": [], "cmake_prefix": "/nowhere/torch/share/cmake"}
        with unittest.mock.patch.object(build, "cuda_folder", lambda: Path("/nowhere")), unittest.mock.patch.object(session, "run", return_value="") as run:
            build.configure(session)
        given = [option for option in run.call_args.args[0] if "WARNING" in str(option)]
        self.assertEqual(len(given), 1)
        parts = [f"-DXB_{part}=OFF" for part in ("WITH_MPI", "WITH_TORCH", "WITH_HDF5", "BUILD_TESTS", "BUILD_BENCHMARKS")]
        for options, errors in (([], True), (given, False)):
            subprocess.run(["cmake", "-S", SOURCE, "-B", self.folder / "small", *parts, *options], capture_output=True, check=True)
            commands = [entry["command"] for entry in json.loads((self.folder / "small/compile_commands.json").read_text())]
            self.assertTrue(commands)
            self.assertEqual({"-Werror" in command for command in commands}, {errors})

    def test_a_damaged_json_of_an_earlier_call_counts_for_nothing(self):
        file = self.folder / "out" / "gpu_check.json"
        file.parent.mkdir()
        known = {"schema_version": 1, "stand_in": False}
        for damaged in ("[]", "[" * 100_000, json.dumps(known), json.dumps(known | {"machine": {}, "steps": []})):
            file.write_text(damaged)
            self.assertEqual(self.session().record["steps"], {})
        file.unlink()
        os.mkfifo(file)
        self.assertEqual(self.session().record["steps"], {})

    def test_a_folder_that_cannot_be_written_is_refused(self):
        (self.folder / "file").write_text("")
        done = subprocess.run([sys.executable, SOURCE / "benchmarks/gpu_check", "--out", self.folder / "file"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (2, f"gpu_check: error: --out {self.folder / 'file'}: cannot be written (File exists): choose another folder"))

    def test_a_place_for_the_bundle_that_cannot_be_written_is_refused_before_any_download(self):
        (self.folder / "file").write_text("")
        for place in (self.folder, self.folder / "file" / "bundle.tar.xz"):
            done = subprocess.run([SOURCE / "benchmarks/gpu_bundle", place], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (2, f"gpu_bundle: {place} cannot be written: name another FILE\n"))

    def test_the_json_of_a_stand_in_is_not_gone_on_with(self):
        self.do(Step("a", "", 60, lambda s: {}))
        self.assertEqual(self.session(stand_in=True).record["steps"], {})

    def test_a_command_that_hangs_is_killed_with_its_children_at_the_limit_of_its_step(self):
        marker = self.folder / "survived"
        command = ["sh", "-c", f"echo begun; (sleep 6; touch {marker}) & wait"]
        status = self.do(Step("a", "", 3, lambda s: s.run(command) and {}), Step("b", "", 60, lambda s: {}))
        self.assertEqual((status, self.record()["b"]["outcome"]), (1, "ok"))
        self.assertEqual((self.record()["a"]["reason"], self.record()["a"]["last_lines"]), ("sh was killed at its time limit", ["begun"]))
        time.sleep(6)
        self.assertFalse(marker.exists())

    def test_no_step_begins_without_time_and_the_json_says_how_to_go_on(self):
        self.do(Step("a", "", 60, lambda s: {}), seconds=5)
        self.assertEqual(self.record()["a"], {"outcome": "skipped", "reason": "no time left: call again with --only a"})

    def test_files_of_the_bundle_say_where_it_lies(self):
        with tarfile.open(self.folder / "bundle.tar.xz", "w:xz") as tar:
            for name, text in (("relocate.txt", "usr/bin/h5cc\n"), ("packages.txt", "a 1\nb 2\n"), ("usr/bin/h5cc", 'prefix="@BUNDLE@/usr"\n'), ("usr/note", "@BUNDLE@\n")):
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                tar.addfile(entry, io.BytesIO(text.encode()))
        self.assertEqual(build.bundle(self.session()), {"without_runpath": [], "packages": ["a 1", "b 2"]})
        folder = self.folder / "build/bundle"
        self.assertEqual((folder / "usr/bin/h5cc").read_text(), f'prefix="{folder}/usr"\n')
        self.assertEqual((folder / "usr/note").read_text(), "@BUNDLE@\n")

    def test_a_library_with_a_runpath_is_found_what_it_needs_by_the_rpath_of_its_program(self):
        inner, outer, program = self.folder / "libinner.so", self.folder / "libouter.so", self.folder / "program"
        sources = {"inner": "int inner(void) { return 3; }", "outer": "int inner(void); int outer(void) { return inner(); }", "program": "int outer(void); int main(void) { return outer() - 3; }"}
        for name, text in sources.items():
            (self.folder / f"{name}.c").write_text(text)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", inner, self.folder / "inner.c"], check=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-Wl,--enable-new-dtags,-rpath,/nowhere", "-o", outer, self.folder / "outer.c", f"-L{self.folder}", "-linner"], check=True)
        subprocess.run(["cc", f"-Wl,--disable-new-dtags,-rpath,{self.folder}", "-o", program, self.folder / "program.c", f"-L{self.folder}", f"-Wl,-rpath-link,{self.folder}", "-Wl,--as-needed",
                        "-louter"], check=True)
        self.assertEqual(subprocess.run([program], capture_output=True).returncode, 127)
        self.assertTrue(build.forget_runpath(outer))
        self.assertFalse(build.forget_runpath(outer))
        self.assertFalse(build.forget_runpath(self.folder / "inner.c"))
        self.assertEqual(subprocess.run([program], capture_output=True).returncode, 0)

    def test_a_bundle_that_is_not_there_is_named_with_the_remedy(self):
        self.assertEqual(self.do(Step("bundle", "", 60, build.bundle)), 1)
        self.assertRegex(self.record()["bundle"]["reason"], "bundle.tar.xz is not there: make it with benchmarks/gpu_bundle")

    def test_ranks_that_share_a_gpu_are_on_hosts_of_their_own(self):
        session = self.session()
        session.record["machine"]["gpus"] = [{}, {}]
        self.assertNotIn("-x", checks.ranks_command(session, 2, ["program"]))
        shared = " ".join(checks.ranks_command(session, 3, ["program"]))
        for rank in range(3):
            self.assertIn(f"-n 1 -x NCCL_HOSTID=host{rank} -x NCCL_SOCKET_IFNAME=lo -x NCCL_IB_DISABLE=1 program", shared)
        self.assertEqual(shared.count(" : "), 2)

    def test_a_test_that_no_gpu_answers_is_a_failure_of_its_step(self):
        session = self.session()
        session.record["machine"]["processors"] = 1
        said = "Test #1: on_gpu.mix_test ...***Skipped 0.02 sec\n100% tests passed, 0 tests failed out of 1\n"
        with unittest.mock.patch.object(Session, "finish", return_value=(0, said)), self.assertRaisesRegex(Failed, "on_gpu.mix_test was skipped: no GPU answers it"):
            checks.tests_on_gpu(session)

    def test_what_a_step_could_do_before_it_failed_is_kept(self):
        def half(_):
            raise Skipped("of networks it cannot be measured: why", {"constructed problem": "ab"})

        self.assertEqual(self.do(Step("a", "", 60, half)), 0)
        self.assertEqual(self.record()["a"]["result"], {"constructed problem": "ab"})

    def test_where_the_program_computes_no_networks_on_a_gpu_the_steps_say_what_they_cannot_measure(self):
        row = {"name": "networks on a GPU", "value": "", "missing": True, "cost": "they are computed on the CPU"}
        with unittest.mock.patch.object(checks, "doctor", return_value={"findings": [row]}):
            self.assertEqual(self.do(Step("images", "", 60, speed.images), Step("first-steps", "", 60, runs.first_steps)), 0)
        self.assertEqual(self.record()["images"]["reason"], "images per second cannot be measured in any of 6 ways and precisions: they are computed on the CPU")
        self.assertEqual(self.record()["first-steps"]["reason"], "it cannot be measured: they are computed on the CPU")

    def test_targets_are_met_missed_or_not_measured(self):
        def arms(images, step):
            return {"arms": {"no mixing": {"images_per_s": images, "seconds_per_step": step}, "exact distance": {"images_per_s": images, "seconds_per_step": step * 1.04}}}

        session = self.session()
        session.record["steps"] = {"images": {"result": {"grouped float32": arms(59e3, 1), "graph float32": arms(61e3, 1), "graph tf32": arms(9e4, 1), "grouped tf32": {"failed": ["it broke"]}}}}
        found = speed.targets(session)
        self.assertEqual({name: row["verdict"] for name, row in found.items()}, {"images per second, float32": "met", "images per second, tf32 or bfloat16": "missed",
                                                                                "share of the step for mixing and measuring": "met", "share of copy bandwidth, gossip": "not measured"})
        self.assertEqual(found["images per second, float32"]["way"], "graph float32")
        session.record["steps"]["memory"] = {"result": {"copy": {"bytes_per_s": 3e12}, "64 x 9": {"one_round": {"share_of_copy": 0.8}}, "32 x 9": {"one_round": {"share_of_copy": 0.6}}}}
        self.assertEqual(speed.targets(session)["share of copy bandwidth, gossip"], {"measured": 0.6, "target": 0.7, "verdict": "missed"})

    def test_unknown_steps_and_times_are_refused_in_a_line(self):
        for arguments, said in ((["--only", "build,tset"], "'tset' is not a step; the steps are machine, bundle"), (["--minutes", "-1"], "'-1' is not a positive number"), (["--minutes", "nan"], "'nan'")):
            done = subprocess.run([sys.executable, SOURCE / "benchmarks/gpu_check", *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    main()
