"""Numbers on the command lines of the Python scripts are decimals within bounds, or refused in one line with exit status 2."""

import subprocess
import sys
import unittest

sys.path[:0] = [f"{sys.argv[1]}/tests", f"{sys.argv[1]}/analysis"]
from arguments import real, whole  # noqa: E402
from script import SOURCE, main  # noqa: E402

SCRIPTS = {
    ("analysis/regress.py", "a", "b"): {"--threshold": ["nan", "-1", "150", "1_0"], "--must-see": ["0", "nan", "100"], "--margin": ["0", "-1"]},
    ("analysis/interleave.py", "a", "b", "-o", "c"): {"--repeat": ["0", "1.5"], "--most": ["0", "x"], "--timeout": ["0", "nan"]},
    ("slurm/arrays.py", "plan", "status", "wanted"): {
        "--pack": ["0", "00", "-1", "1.5", "1e3", "many", "9" * 30, "1_0", "٣"],
        "--max-array": ["0", "nan"],
        "--limit": ["-1", "x"],
        "--processors": ["0"],
        "--seconds-per-step": ["nan", "inf", "0", "-1", "1_0", "s"],
    },
    ("benchmarks/rivals/torch_loop.py",): {"--threads": ["9999999"]},  # a start of these takes seconds
    ("benchmarks/rivals/torch_distributed.py",): {"--nodes": ["257"]},
}


class Arguments(unittest.TestCase):
    def test_what_is_no_number_within_bounds_is_refused_in_a_line(self):
        for (script, *others), options in SCRIPTS.items():
            if subprocess.run([sys.executable, SOURCE / script, "--help"], capture_output=True).returncode != 0:
                print(f"not tested: the libraries of {script} are not here", file=sys.stderr)
                continue
            for option, values in options.items():
                for value in values:
                    with self.subTest(script=script, option=option, value=value):
                        ran = subprocess.run([sys.executable, SOURCE / script, *others, f"{option}={value}"], capture_output=True, text=True)
                        self.assertEqual(ran.returncode, 2, ran.stderr)
                        self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
                        self.assertIn(option, ran.stderr)

    def test_a_python_without_the_libraries_gets_one_line(self):
        for script in ("analysis/report.py", "analysis/live.py", "analysis/tables.py", "analysis/draw.py", "analysis/theory.py", "analysis/regress.py",
                       "analysis/interleave.py", "analysis/draw_topology.py", "analysis/sequential_rates.py", "benchmarks/gate_rates.py"):
            with self.subTest(script=script):
                ran = subprocess.run([sys.executable, "-S", SOURCE / script, "--help"], capture_output=True, text=True)  # -S: without installed packages
                self.assertEqual((ran.returncode, ran.stderr.count("\n")), (2, 1), ran.stderr)
                self.assertRegex(ran.stderr, "needs numpy, .*apt-get install python3-numpy .*start it with /usr/bin/python3")
                self.assertTrue((SOURCE / script).stat().st_mode & 0o100, f"{script} cannot be started by its name")

    def test_leading_zeros_are_no_octal(self):
        self.assertEqual(whole(1, 100)("010"), 10)
        self.assertEqual(whole(1, 100)("08"), 8)
        self.assertEqual(real(0, 1e9, above=True)("1e-3"), 1e-3)


if __name__ == "__main__":
    main()
