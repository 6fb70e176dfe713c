"""What others leave among the files, and what the environment holds: pipes, locks, links to nowhere, byte-order marks, control characters, bytes that are no UTF-8."""

import fcntl
import json
import os
import subprocess
import unittest

import support

try:
    import h5py
except ImportError:
    h5py = None

LATIN_1 = b"caf\xe9"


class Outside(support.RunTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.spec(support.QUADRATIC)
        self.out = self.folder / "out"

    def xibench(self, *words, status=0, env=None, cwd=None):
        environment = {os.fsencode(k): os.fsencode(v) for k, v in os.environ.items()} | (env or {})
        done = subprocess.run([support.XIBENCH, *words], capture_output=True, timeout=120, check=False, env=environment, cwd=cwd or self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        done.stdout.decode(), done.stderr.decode()  # whatever goes in, UTF-8 comes out
        return done

    def one_line(self, done):
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        self.assertFalse([byte for byte in done.stderr[:-1] if byte < 0x20 or byte == 0x7F], done.stderr)
        return done.stderr.decode()

    def names(self):
        plan = json.loads(self.xibench("plan", self.sweep, "--json").stdout)
        folder = self.out / plan["name"]
        folder.mkdir(parents=True, exist_ok=True)
        return folder / plan["runs"][0]["id"]

    def run_first(self, *more, status=0, env=None):
        return self.xibench("run", self.sweep, "--out", self.out, "--index", "0", *more, status=status, env=env)

    def test_what_is_no_file_under_a_name_of_a_run_is_refused_or_replaced_and_never_waited_for(self):
        stem = self.names()
        for suffix in (".h5", ".lease"):
            path = stem.with_name(stem.name + suffix)
            os.mkfifo(path)
            for more in ((), ("--jobs", "2")):
                said = self.run_first(*more, status=2).stderr.decode()
                self.assertIn(f"cannot read {path}: it is a pipe or a device, not a file; move it away", said)
            row = json.loads(self.xibench("status", self.sweep, "--out", self.out, "--json").stdout)["runs"][0]
            if suffix == ".h5":
                self.assertEqual((row["state"], "a pipe or a device" in row["detail"]), ("failed", True))
            self.assertTrue(path.is_fifo())
            path.unlink()
        os.mkfifo(stem.with_name(stem.name + ".json"))  # a heartbeat is replaced
        os.mkfifo(stem.with_name(stem.name + ".checkpoint"))
        self.assertIn("checkpoint", self.run_first(status=1).stderr.decode())
        self.assertIn("1 done now", self.run_first("--no-resume").stderr.decode())

    def test_a_folder_under_the_name_of_a_result_is_left_alone(self):
        stem = self.names()
        stem.with_name(stem.name + ".h5").mkdir()
        self.assertIn("it is a folder; move it away", self.run_first(status=2).stderr.decode())
        self.assertTrue(stem.with_name(stem.name + ".h5").is_dir())

    def test_inputs_that_are_no_files_are_refused_in_a_line(self):
        os.mkfifo(self.folder / "pipe")
        for words in (("plan", "pipe"), ("run", "pipe"), ("plan", "."), ("plan", "/dev/null"), ("topology", "edges(pipe)"), ("topology", "matrix(.)"), ("show", "pipe")):
            self.assertRegex(self.one_line(self.xibench(*words, status=2)), r"cannot read .*: it is (a pipe or a device, not a file|a folder); ")

    def test_a_place_that_cannot_be_looked_at_is_named_with_its_reason(self):
        (self.folder / "loop").symlink_to("loop")
        for words in (("run", self.sweep, "--out", "loop/out"), ("plan", "loop"), ("topology", "edges(loop)"), ("show", "loop"),
                      ("data", "verify", "mnist", "--data", "loop")):
            done = self.xibench(*words, status=1 if "verify" in words else 2)
            self.assertIn("Too many levels of symbolic links", done.stderr.decode())
            self.assertNotIn("filesystem error", done.stderr.decode())
        rows = {row["name"]: row for row in json.loads(self.xibench("data", "list", "--data", "loop", "--json").stdout)}
        self.assertIn("Too many levels", rows["mnist"]["problem"])
        self.assertIsNone(rows["synthetic"]["problem"])  # the others are still told

    def test_a_result_that_is_locked_is_not_called_damaged_nor_moved(self):
        self.run_first()
        result = next(self.out.glob("*/*.h5"))
        part = result.read_bytes()[:5000]
        result.write_bytes(part)
        with open(result, "r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for words, status in ((("show", result), 2), (("show", "--validate", result), 2)):
                self.assertRegex(self.one_line(self.xibench(*words, status=status)), r"cannot read .*: another program has it open .*; close it there")
            self.assertIn("another program has it open", self.run_first(status=1).stderr.decode())
            detail = json.loads(self.xibench("status", self.sweep, "--out", self.out, "--json").stdout)["runs"][0]["detail"]
            self.assertIn("close it there", detail)
            self.assertEqual(result.read_bytes(), part)
        self.assertIn("is not a usable run file", self.one_line(self.xibench("show", result, status=2)))
        self.assertIn("moved to", self.run_first().stderr.decode())

    def test_a_whole_result_that_is_locked_is_read(self):
        self.run_first()
        result = next(self.out.glob("*/*.h5"))
        with open(result, "r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.xibench("show", result)
            self.assertIn("close it there", self.one_line(self.xibench("show", result, status=2, env={b"HDF5_USE_FILE_LOCKING": b"TRUE"})))

    def test_the_run_file_is_utf_8_whatever_the_environment_holds(self):
        here = os.fsencode(self.folder) + b"/" + LATIN_1
        os.mkdir(here)
        self.xibench("run", self.sweep, "--index", "0", "--out", here, env={b"OMPI_MCA_note": LATIN_1, b"SLURM_NOTE": b"\x1b[31m"}, cwd=here)
        result = next(name for folder, _, names in os.walk(here) for name in (os.path.join(folder, n) for n in names) if name.endswith(b".h5"))
        self.assertNotIn(LATIN_1, open(result, "rb").read())
        self.assertIn("valid", self.xibench("show", "--validate", result).stdout.decode())
        facts = json.loads(self.xibench("show", "--json", result).stdout)["provenance"]
        self.assertIn("OMPI_MCA_note=caf\\xe9", facts["environment"])
        self.assertIn("caf\\xe9", facts["command_line"])
        self.assertNotIn(b"\x1b", self.xibench("show", result).stdout)

    @unittest.skipUnless(h5py, "no python3-h5py")
    def test_odd_is_not_damaged(self):
        self.run_first()
        result = next(self.out.glob("*/*.h5"))
        with h5py.File(result, "r+") as file:  # as versions wrote it that took the environment as it was
            file["provenance"].attrs.create("note", LATIN_1, dtype=h5py.string_dtype("utf-8"))
        said = self.xibench("show", "--validate", result).stdout.decode()
        self.assertIn("unusual, but usable: /provenance/note holds bytes that are no UTF-8", said)
        self.assertIn("valid (", said)
        self.assertEqual(json.loads(self.xibench("show", "--json", result).stdout)["provenance"]["note"], "caf\\xe9")
        with h5py.File(result, "r+") as file:
            file["steps/train_loss"][0] += 1
        self.assertRegex(self.one_line(self.xibench("show", "--validate", result, status=2)), "is not a usable run file: .*train_loss")

    def test_json_is_utf_8_whatever_paths_hold(self):
        here = os.fsencode(self.folder) + b"/" + LATIN_1
        os.mkdir(here)
        with open(here + b"/g.txt", "w", encoding="utf-8") as file:
            file.write("0 1\n1 2\n2 0\n")
        graph = b"edges(" + here + b"/g.txt)"
        for words in (("topology", graph, "-n", "3", "--weights", "metropolis"), ("data", "list", "--data", here), ("status", self.sweep, "--out", here), ("plan", self.sweep)):
            json.loads(self.xibench(*words, "--json").stdout)
        for form in ("--csv", "--dot"):
            self.assertIn(b"caf\\", self.xibench("topology", graph, "-n", "3", "--weights", "metropolis", form).stdout)

    def test_a_byte_order_mark_changes_nothing(self):
        plain = json.loads(self.xibench("plan", self.sweep, "--json").stdout)["runs"]
        self.sweep.write_bytes(b"\xef\xbb\xbf" + self.sweep.read_bytes())
        self.assertEqual(json.loads(self.xibench("plan", self.sweep, "--json").stdout)["runs"], plain)
        for name, text in (("plain", b"0 1\n1 2\n"), ("marked", b"\xef\xbb\xbf0 1\r\n1 2\r\n")):
            (self.folder / name).write_bytes(text)
        shown = [self.xibench("topology", f"edges({name})", "-n", "3", "--weights", "metropolis").stdout.split(b"\n", 1)[1] for name in ("plain", "marked")]
        self.assertEqual(*shown)

    def test_what_is_said_of_an_input_is_one_line_whatever_it_holds(self):
        evil = "ri\x1b[31mng\n\r\x07"
        for words in (("topology", evil), ("topology", f"torus({evil})"), ("plan", evil), ("nonsense" + evil,), ("topology", "ring", "--" + evil), ("show", evil),
                      ("plan", self.sweep, "--set", f"topology.name={json.dumps(evil)}"), ("plan", self.sweep, "--set", f"name={json.dumps(evil)}")):
            self.assertIn("ng", self.one_line(self.xibench(*words, status=2)), words)


if __name__ == "__main__":
    support.main()
