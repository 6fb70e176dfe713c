import support
import importlib.util
import os
import re
import subprocess
import sys
import unittest



import synthetic_runs

lacking = lambda *names: [name for name in names if importlib.util.find_spec(name) is None]
README = (support.SOURCE / "analysis" / "README.md").read_text(encoding="utf-8")


class PythonUsers(support.FolderTest):
    @unittest.skipIf(lacking("xarray", "h5netcdf", "pandas"), "python3-xarray or python3-h5netcdf is not installed")
    def test_the_lines_of_the_readme_draw_a_plot(self):
        synthetic_runs.write_sweep(self.folder / "results" / "quickstart", seeds=(1, 2))
        lines = re.search(r"```python\n(.*?)```", README, re.S).group(1)
        self.assertEqual(len(lines.strip().splitlines()), 5)
        done = subprocess.run([sys.executable, "-c", lines], cwd=self.folder, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "Agg"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "xi.png").read_bytes().startswith(b"\x89PNG"))

    @unittest.skipIf(lacking("pytest"), "python3-pytest is not installed")
    def test_plain_pytest_runs_these_tests(self):
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/analysis/arguments_test.py", "tests/analysis/style_test.py", "tests/analysis/gap_program_test.py"],
                              cwd=support.SOURCE, capture_output=True, text=True, env=os.environ | {"XIBENCH_BUILD": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\d passed, 1 skipped")  # the last asks for the program


if __name__ == "__main__":
    support.main()
