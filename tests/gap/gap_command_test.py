"""Which run files `xibench gap` counts, and which it refuses: gap_command_test.py SOURCE BUILD."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys

sys.path[:0] = [f"{sys.argv[1]}/tests/run", f"{sys.argv[1]}/tests"]
import script  # noqa: E402
import support  # noqa: E402

support.needs("h5py")
import h5py  # noqa: E402


class GapCommand(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.run_to_end(self.spec(support.QUADRATIC.replace("seeds = [1]", "seeds = [1, 2]")), self.out)
        self.files = sorted(self.out.glob("*/*.h5"))

    def gap(self, *more, status=0, **variables):
        done = subprocess.run([support.XIBENCH, "gap", self.out, "--format", "json", *map(str, more)], capture_output=True, text=True, check=False,
                              env=os.environ | variables, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout == "", status == 2)
        return done

    def test_a_copy_under_any_other_name_is_counted_once(self):
        plain = self.gap().stdout
        (self.out / "z").mkdir()
        shutil.copy(self.files[0], self.out / "z" / "a.h5")
        done = self.gap()
        self.assertIn("is the same run as", done.stderr)
        self.assertEqual(json.loads(done.stdout), json.loads(plain) | {"copies_left_out": 1})
        text = subprocess.run([support.XIBENCH, "gap", self.out], capture_output=True, text=True, check=True).stdout
        self.assertIn("- 1 file left out: a copy of runs in other files", text)

    def test_two_files_of_one_run_that_say_different_things_are_refused_with_both_named(self):
        other = self.out / "z" / self.files[0].name
        other.parent.mkdir()
        shutil.copy(self.files[0], other)
        with h5py.File(other, "r+") as file:
            file["steps/train_loss"][-1] += 1
            del file["manifest"]
        done = self.gap(status=2)
        for part in (str(self.files[0]), str(other), "same run id and different science", "data set", "library"):
            self.assertIn(part, done.stderr)

    def test_a_file_named_for_another_run_is_not_used(self):
        shutil.copy(self.files[0], self.files[1])
        done = self.gap(status=1)
        self.assertIn(f"not used: {self.files[1]} holds another run", done.stderr)
        self.assertNotIn("same run as", done.stderr)
        self.assertNotIn(self.files[1].stem, done.stdout)

    def test_damage_keeps_a_file_out_of_a_table_that_would_show_it_and_of_every_kept_file(self):
        def change_loss(file):
            file["steps/train_loss"][-1] = 12

        def change_evaluation(file):
            file["evaluations/suboptimality_mean_model"][-1] = 12

        def change_rounds(file):
            file["steps/gossip_rounds"][-1] = 12

        def change_summary(file):
            file["summary"].attrs.modify("wall_s", 12.0)

        whole, table, kept = self.files[0].read_bytes(), self.gap().stdout, self.folder / "kept.json"
        self.assertEqual(self.gap("--keep", kept).stdout, table)  # from all of each file, and from a part
        kept.unlink()
        for damage, shown in ((change_loss, False), (change_evaluation, False), (change_rounds, True), (change_summary, True)):
            self.files[0].write_bytes(whole)
            with h5py.File(self.files[0], "r+") as file:
                damage(file)
            if shown:
                self.assertIn(f"not used: {self.files[0]}", self.gap(status=1).stderr)
            else:
                self.assertEqual(self.gap().stdout, table)
            self.assertIn(f"not used: {self.files[0]}", self.gap("--keep", kept, status=1).stderr)
            self.assertNotIn(self.files[0].stem, kept.read_text())
            kept.unlink()
            for words in (("show", self.files[0]), ("show", "--json", self.files[0]), ("show", "--validate", self.files[0])):
                done = subprocess.run([support.XIBENCH, *words], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2, (damage, words, done.stderr))
            done = self.run_to_end(self.folder / "sweep.toml", self.out)  # a damaged file is no result: the run is done again
            self.assertIn("1 done now", done.stderr)
            self.gap()

    def test_a_file_that_crashes_hdf5_is_named_by_every_command_and_left_out_of_a_table(self):
        (self.out / "z").mkdir()
        copy = self.out / "z" / self.files[0].name
        shutil.copy(self.files[0], copy)
        script.damage_until_hdf5_crashes(self.files[0])
        done = self.gap(status=1)  # of two files of a run
        self.assertIn(copy.stem, done.stdout)
        self.assertEqual(done.stderr.count("not used"), 1)
        copy.unlink()
        whole = json.loads(self.gap(status=1).stdout)
        used = [run["id"] for group in whole["groups"] for row in group["rows"] for run in row["runs"]]
        self.assertEqual(sorted(used), sorted(file.stem for file in self.files[1:]))
        spec = self.folder / "sweep.toml"
        for status, words in ((1, ("gap", self.out)), (2, ("show", self.files[0])), (2, ("show", "--validate", self.files[0])), (1, ("cost", self.out, "--network", "latency=50us,bandwidth=10Gb/s")),
                              (0, ("status", spec, "--out", self.out)), (None, ("run", spec, "--out", self.out, "--all"))):
            done = script.xibench(*words, status=None)
            self.assertIn(done.returncode, (0, 2) if status is None else (status,), words)
            self.assertRegex(done.stdout + done.stderr, re.escape(str(self.files[0])) + ".*(is not a usable run file|damaged)", words)

    def test_a_damaged_copy_is_left_out_whether_it_comes_first_or_last(self):
        table = self.gap().stdout
        (self.out / "z").mkdir()
        copy = self.out / "z" / self.files[0].name
        shutil.copy(self.files[0], copy)
        for damaged, good in ((copy, self.files[0]), (self.files[0], copy)):
            with h5py.File(damaged, "r+") as file:
                file["steps/train_loss"][-1] = 12  # no table shows it
            done = self.gap(status=1)
            self.assertEqual(json.loads(done.stdout.replace(str(copy), str(self.files[0]))), json.loads(table))
            self.assertIn(f"not used: {damaged}", done.stderr)
            shutil.copy(good, damaged)

    def test_many_files_are_read_by_several_processes_and_give_the_same_table(self):
        plain = self.gap("--keep", self.folder / "few.json").stdout
        (self.out / "z").mkdir()
        for k in range(100):
            shutil.copy(self.files[k % 2], self.out / "z" / f"{k}.h5")
        (self.out / "z" / "1.h5").write_bytes(b"no run file")
        done = self.gap("--keep", self.folder / "many.json", status=1)
        self.assertEqual(json.loads(done.stdout), json.loads(plain) | {"copies_left_out": 99})
        self.assertEqual((self.folder / "many.json").read_bytes(), (self.folder / "few.json").read_bytes())
        self.assertEqual(done.stderr.count("counted once"), 99)
        self.assertEqual(done.stderr.count("not used"), 1)
        self.assertIn(f"not used: {self.out / 'z' / '1.h5'}", done.stderr)

    def test_what_is_no_file_is_named_and_not_waited_for(self):
        os.mkfifo(self.out / "pipe.h5")
        (self.out / "folder.h5").mkdir()
        shutil.copy(self.files[0], self.out / "folder.h5" / "in it.h5")
        (self.out / "link.h5").symlink_to(self.folder / "nowhere")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.out / "socket.h5"))
            done = self.gap(status=1)
        for name in ("pipe.h5", "folder.h5", "link.h5", "socket.h5"):
            self.assertEqual(done.stderr.count(f"gap: not used: {self.out / name}: "), 1, done.stderr)
        self.assertIn("pipe.h5: it is a pipe or a device, not a file; leave it out", done.stderr)
        self.assertEqual(json.loads(done.stdout)["copies_left_out"], 1)  # what lies in the folder was read

    def test_folders_behind_links_are_searched_once(self):
        without_paths = lambda text: re.sub(r'"path": "[^"]*"', "", text)
        plain = without_paths(self.gap().stdout)
        real = self.folder / "real"
        self.out.rename(real)
        self.out.mkdir()
        (self.out / "linked").symlink_to(real)
        (self.out / "linked too").symlink_to(real)
        (real / "loop").symlink_to("..")
        done = self.gap()
        self.assertEqual((without_paths(done.stdout), done.stderr), (plain, ""))

    def test_the_runs_of_a_sweep_file_are_those_that_agree_with_it_in_every_key(self):
        spec = self.folder / "sweep.toml"
        for sets in (("train.lr=0.1",), ("train.epochs=8", "data.dataset=quadratic(dim = 10, zeta = 2, sigma = 1, steps = 5)")):
            done = self.gap("--sweep", spec, *(word for one in sets for word in ("--set", one)), status=2)
            self.assertEqual(done.stderr.count("is not in the plan of"), len(self.files), done.stderr)
            self.assertIn("no run file is in the plan of", done.stderr)
        other = self.folder / "other.toml"  # as after an edit of one arm
        other.write_text(spec.read_text().replace('control.policy = "target(0.3)"', 'control.policy = "target(0.3)"\ntrain.lr = 0.1'))
        table = json.loads(self.gap("--sweep", other).stdout)
        self.assertEqual([(run["variant"], run["seed"]) for run in table["missing"]], [("target", 1), ("target", 2)])

    def test_runs_that_two_sweeps_share_count_for_the_one_that_is_asked_for(self):
        second = self.folder / "second.toml"
        second.write_text((self.folder / "sweep.toml").read_text().replace('name = "quadratic"', 'name = "another"').replace("rounds(2)", "rounds(3)"))
        self.run_to_end(second, self.out)
        for spec, name in ((second, "another"), (self.folder / "sweep.toml", "quadratic")):
            table = json.loads(self.gap("--sweep", spec).stdout)
            self.assertEqual((table["sweep"], table["missing"], table["copies_left_out"]), (name, [], 0))
            self.assertEqual([len(row["runs"]) for group in table["groups"] for row in group["rows"]], [2] * 4)
        kept = self.folder / "kept.json"  # of the other sweep, with the same ids
        self.gap("--sweep", self.folder / "sweep.toml", "--keep", kept)
        done = subprocess.run([support.XIBENCH, "gap", self.out / "another", kept, "--sweep", second, "--format", "json"], capture_output=True, text=True, check=True)
        self.assertEqual(json.loads(done.stdout)["missing"], [])

    def test_the_margin_of_the_environment_holds_for_the_table_and_for_runs_made_under_it(self):
        table = json.loads(self.gap(XIBENCH_DELTA="0.25").stdout)
        self.assertEqual((table["delta"], table["delta_from"]), (0.25, "XIBENCH_DELTA; the runs declare none"))
        self.assertIsNone(json.loads(self.gap().stdout)["delta"])
        self.assertEqual(json.loads(self.gap("--sweep", self.folder / "sweep.toml", XIBENCH_DELTA="0.25").stdout)["delta"], 0.25)
        self.assertEqual(json.loads(self.gap("--sweep", self.folder / "sweep.toml", "--set", "delta=0.5", XIBENCH_DELTA="0.25").stdout)["delta"], 0.5)
        self.assertIn("XIBENCH_DELTA: delta: is not a margin", self.gap(status=2, XIBENCH_DELTA="-1").stderr)
        self.assertIn("did you mean XIBENCH_DELTA?", self.gap(status=2, XIBENCH_DELTTA="1").stderr)
        shutil.rmtree(self.out)
        subprocess.run([support.XIBENCH, "run", self.folder / "sweep.toml", "--all", "--out", self.out], capture_output=True, check=True, env=os.environ | {"XIBENCH_DELTA": "0.75"})
        table = json.loads(self.gap().stdout)
        self.assertEqual((table["delta"], table["delta_from"]), (0.75, None))

    def test_messages_are_those_of_the_graphs_and_the_network_is_that_of_the_flags(self):
        rows = {row["variant"]: row for row in json.loads(self.gap("--latency", "1", "--bandwidth", "1e3").stdout)["groups"][0]["rows"]}
        steps, nodes, model = 20, 8, 4 * 100  # of support.QUADRATIC: 100 numbers of 4 bytes
        ring, centralized, mixed = rows["dsgd"], rows["centralized"], rows["mixed"]
        self.assertEqual(ring["traffic"], {"messages": steps * 2 * nodes, "serial_messages": steps * 2, "serial_bytes": steps * 2 * model})
        self.assertEqual(ring["bytes_sent"], steps * 2 * nodes * model)
        self.assertAlmostEqual(ring["modelled_s"], steps * 2 * (1 + model / 1e3), places=9)
        self.assertEqual(centralized["traffic"]["messages"], steps * 2 * (nodes - 1) * nodes)
        self.assertAlmostEqual(centralized["modelled_s"], steps * 2 * (nodes - 1) * (1 + model / nodes / 1e3), places=9)
        # exact averaging for 10 steps, then 2 rounds a step on the exponential graph of 8: the nodes 1, 2 and 4 further on
        self.assertEqual(mixed["traffic"]["messages"], 10 * 2 * (nodes - 1) * nodes + 10 * 2 * 3 * nodes)
        self.assertEqual(mixed["traffic"]["serial_messages"], 10 * 2 * (nodes - 1) + 10 * 2 * 3)
        self.assertIn("--latency: -1 is not a number of seconds", self.gap("--latency", "-1", status=2).stderr)
        self.assertIn("--bandwidth: 0 is not a number of bytes per second", self.gap("--bandwidth", "0", status=2).stderr)

    def test_random_graphs_are_drawn_again_to_count_their_messages(self):
        shutil.rmtree(self.out)
        self.run_to_end(self.spec(support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")] + '[topology]\nname = "random-matching"\n'), self.out)
        row = json.loads(self.gap().stdout)["groups"][0]["rows"][0]
        self.assertEqual(row["traffic"]["messages"] * 4 * 100, row["bytes_sent"])
        self.assertEqual(row["traffic"]["serial_messages"], 20)  # one partner per round

    def test_a_contrast_that_was_asked_after_the_runs_were_made_is_shown_and_an_unknown_arm_refused(self):
        sweep = self.folder / "sweep.toml"
        sweep.write_text(sweep.read_text() + '[[contrast]]\narm = "mixed"\nagainst = "dsgd"\n')
        contrast = json.loads(self.gap("--sweep", sweep).stdout)["groups"][0]["contrasts"][0]
        self.assertEqual((contrast["arm"], contrast["against"], contrast["difference"]["pairs"]), ("mixed", "dsgd", 2))
        line = len(sweep.read_text().splitlines())
        sweep.write_text(sweep.read_text().replace('against = "dsgd"', 'against = "dsdg"'))
        for words in (("gap", self.out, "--sweep", sweep), ("plan", sweep)):
            done = subprocess.run([support.XIBENCH, *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"sweep.toml:{line}: contrast.against: unknown variant 'dsdg', did you mean 'dsgd'?; known: ", done.stderr)

    def test_a_problem_without_classes_is_compared_by_its_loss_for_which_the_sweep_has_to_say_a_margin(self):
        done = subprocess.run([support.XIBENCH, "gap", self.out], capture_output=True, text=True, check=True)
        self.assertIn("- loss: the mean model on the test set at the last evaluation", done.stdout)
        self.assertIn("lower is better", done.stdout)
        self.assertIn("the sweep declares no margin: set delta, in the unit of the loss", done.stdout)
        self.assertNotIn("accuracy", done.stdout)

    def test_files_of_version_0_1_0_which_list_no_metrics_are_compared_likewise(self):
        row = json.loads(self.gap().stdout)["groups"][0]["rows"][1]
        for path in self.files:
            with h5py.File(path, "r+") as file:
                del file["manifest"], file["metrics"], file["evaluations/test_loss_nodes"]
                for name in ("best_test_loss", "final_test_loss_nodes_mean", "final_test_loss_nodes_max"):
                    del file["summary"].attrs[name]
                file["evaluations/test_accuracy_nodes"] = [[float("nan")] * 8] * len(file["evaluations/step"])
        older = json.loads(self.gap().stdout)["groups"][0]["rows"][1]
        self.assertEqual((older["loss"], older["difference"]), (row["loss"], row["difference"]))
        self.assertIsNone(older["loss_nodes_max"])
        self.assertIsNotNone(row["loss_nodes_max"])
        done = subprocess.run([support.XIBENCH, "show", self.files[0]], capture_output=True, text=True, check=True)
        self.assertIn("summary      loss", done.stdout)


if __name__ == "__main__":
    support.main()
