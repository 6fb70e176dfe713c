import support
import importlib.util
import json
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

    def opened(self, path, engine):
        """The sizes of every group that xarray opens, in a process of its own: h5py and netCDF4 bring each its HDF5."""
        script = ("import sys, json, h5py, xarray\npath, engine = sys.argv[1:]\ngroups = ['/']\nwith h5py.File(path) as file:\n"
                  "    file.visititems(lambda name, item: groups.append(name) if isinstance(item, h5py.Group) else None)\n"
                  "print(json.dumps({group: dict(xarray.open_dataset(path, group=group, engine=engine).load().sizes) for group in groups}))")
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, path, engine], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    @unittest.skipIf(lacking("xarray"), "python3-xarray is not installed")
    @unittest.skipUnless((support.BUILD / "tests" / "record_tool").exists(), "record_tool is not built")
    def test_xarray_opens_every_group_of_a_run_file(self):
        engines = [engine for engine, module in (("h5netcdf", "h5netcdf"), ("netcdf4", "netCDF4")) if not lacking(module)]
        self.assertTrue(engines)
        for kind in ("write", "write-varying"):
            path = self.folder / f"{kind}.h5"
            subprocess.run([support.BUILD / "tests" / "record_tool", kind, path], check=True)
            for engine in engines:
                sizes = self.opened(path, engine)
                self.assertLessEqual({"/", "steps", "nodes", "ranks", "evaluations", "phases", "partition", "topology/1", "topology/2", "provenance/attempts"}, sizes.keys())
                self.assertEqual((sizes["steps"], sizes["nodes"], sizes["ranks"]), ({"step": 6}, {"step": 6, "node": 3}, {"step": 6, "rank": 2}))
                self.assertEqual(sizes["partition"], {"node": 3, "class": 2})

    @unittest.skipIf(lacking("pytest"), "python3-pytest is not installed")
    def test_plain_pytest_runs_these_tests(self):
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/analysis/arguments_test.py", "tests/analysis/style_test.py", "tests/analysis/gap_program_test.py"],
                              cwd=support.SOURCE, capture_output=True, text=True, env=os.environ | {"XIBENCH_BUILD": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\d passed, 1 skipped")  # the last asks for the program


if __name__ == "__main__":
    support.main()
