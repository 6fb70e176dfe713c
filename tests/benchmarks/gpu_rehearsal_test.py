"""benchmarks/gpu_bundle and gpu_check as on a machine that is lent with a GPU, but with the stand-ins in its place: every command is run in a root that has Python with
torch, nvcc, CMake, ninja and g++, and no network, no MPI, no HDF5, nor any other library that the bundle brings. Only with XIBENCH_TEST_FULL=1 (./check --full): it builds.

The root is Debian's /usr, seen through an overlay from which all packages are taken that none of these tools depends on. Torch is Debian's, with the folders of pip's."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, FULL, SOURCE, main, skip  # noqa: E402

TOOLS = ("g++", "make", "cmake", "ninja-build", "python3", "python3-torch", "libtorch-dev", "libopenblas0-pthread")  # the last: pip's torch has a BLAS within
ABSENT = ("mpicc", "mpirun", "h5cc", "h5dump", "git", "ccache")  # what shows that the root is as poor as it should be
HEADERS = ("fmt/core.h", "CLI/CLI.hpp", "nlohmann/json.hpp", "catch2/catch.hpp", "openssl/sha.h", "eigen3/Eigen/Core", "toml++/toml.h")
DONE = ("machine", "bundle", "configure", "build", "doctor", "tests", "ranks", "kill", "memory", "several")
OF_NETWORKS = ("bits", "first-steps", "images")  # done where the program computes networks on a GPU
# Run in name spaces of its own: the root, and a loopback that is the only network.
ENTER = r"""set -e
root=$1
mount -t overlay overlay -o lowerdir=/usr,upperdir=$root.upper,workdir=$root.work $root/usr
xargs -0 -a $root.doomed rm -f --
rm -rf $root/usr/local/bin $root/usr/local/lib/python*
torch=$root/usr/lib/python3/dist-packages/torch/share/cmake/Torch
mkdir -p $torch
for part in Config ConfigVersion; do echo "include(/usr/lib/x86_64-linux-gnu/cmake/Torch/Torch$part.cmake)" >$torch/Torch$part.cmake; done
mount --bind /etc $root/etc
mount -t proc proc $root/proc
mount --rbind /dev $root/dev
mount --bind "$2" $root/src
mount -o remount,bind,ro $root/src
mount --bind "$3" $root/out
exec chroot $root /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 /usr/bin/python3 - "${@:4}" <<'INSIDE'
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
os.chdir("/tmp")
os.execv(sys.argv[1], sys.argv[1:])
INSIDE
"""


def installed():
    """Fields of every package that dpkg has installed, by name, and what stands in for a virtual one."""
    packages, provided = {}, {}
    for paragraph in Path("/var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if "installed" in fields.get("Status", "").split():
            packages[fields["Package"]] = fields
            for name in re.findall(r"[^\s,()=]+(?= *(?:\(|,|$))", fields.get("Provides", "")):
                provided.setdefault(name, fields["Package"])
    return packages, provided


def doomed_files():
    """Files below /usr of packages that are neither essential nor one of the tools, nor needed by these."""
    packages, provided = installed()
    for tool in TOOLS:
        if tool not in packages:
            skip(f"the Debian package {tool} is not installed")
    keep, ask = set(), [name for name, fields in packages.items() if fields.get("Essential") == "yes"] + list(TOOLS)
    while ask:
        name = ask.pop()
        if name in keep:
            continue
        keep.add(name)
        for field in ("Depends", "Pre-Depends"):
            for choice in packages[name].get(field, "").split(","):
                names = [re.split(r"[ (:]", one.strip())[0] for one in choice.split("|")]
                ask += [next(iter(n if n in packages else provided[n] for n in names if n in packages or n in provided), name)]

    def files(names):
        for name in names:
            for listing in Path("/var/lib/dpkg/info").glob(f"{name}.list"), Path("/var/lib/dpkg/info").glob(f"{name}:*.list"):
                for path in listing:
                    yield from path.read_text(encoding="utf-8").splitlines()

    rest = set(files(packages.keys() - keep)) - set(files(keep))
    usr = {f"/usr{path}" if re.match("/(bin|sbin|lib)", path) else path for path in rest}
    return sorted(path for path in usr if path.startswith("/usr/") and (os.path.islink(path) or os.path.isfile(path)))


class Rehearsal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="xibench-rehearsal-", dir=BUILD))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.root, cls.out = cls.folder / "root", cls.folder / "out"
        for name in ("usr", "etc", "proc", "dev", "src", "out", "tmp", "var/tmp", "root"):
            (cls.root / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (cls.root / name).symlink_to(f"usr/{name}")
        for name in ("root.upper", "root.work", "out"):
            (cls.folder / name).mkdir()
        Path(f"{cls.root}.doomed").write_text("".join(f"{cls.root}{path}\0" for path in doomed_files()), encoding="utf-8")

    def inside(self, *command, timeout=120):
        words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER, "enter", str(self.root), str(SOURCE), str(self.out), *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)

    def test_the_root_has_the_tools_and_nothing_else(self):
        script = (f"for tool in {' '.join(ABSENT)}; do ! command -v $tool || exit 11; done\n"
                  f"for header in {' '.join(HEADERS)}; do [ ! -e /usr/include/$header ] || {{ echo $header; exit 12; }}; done\n"
                  "python3 -c 'import torch' || exit 13\n"
                  "python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 2)' 2>/dev/null && exit 14\n"
                  "! touch /src/written 2>/dev/null || exit 15\n"
                  "c++ --version && cmake --version && ninja --version && ls /usr/local/cuda/bin/nvcc")
        done = self.inside("/bin/sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_with_stand_ins_every_step_is_done_or_says_what_it_cannot_measure(self):
        made = subprocess.run([SOURCE / "benchmarks/gpu_bundle", self.out / "bundle.tar.xz"], capture_output=True, text=True, timeout=1200, check=False)
        if made.returncode == 1 and "apt-get download failed" in made.stderr:
            self.skipTest(made.stderr.strip().splitlines()[-1])
        self.assertEqual(made.returncode, 0, made.stderr)
        try:
            done = self.inside("/src/benchmarks/gpu_check", "--stand-in", "--out", "/out", "--build", "/out/build", "--bundle", "/out/bundle.tar.xz", "--skip", "build-rest,suite",
                               "--slow", "6", timeout=10000)
            said = done.stderr
            self.assertEqual(done.returncode, 0, said)
            steps = json.loads((self.out / "gpu_check.json").read_text(encoding="utf-8"))["steps"]
        finally:
            for name in ("gpu_check.json", "gpu_check.log"):
                if (self.out / name).exists():
                    shutil.copy(self.out / name, BUILD / f"rehearsal-{name}")  # to be read where it fails
        for name in DONE:
            self.assertEqual(steps[name]["outcome"], "ok", (name, steps[name]))
        for name in OF_NETWORKS:
            if steps[name]["outcome"] != "ok":
                self.assertEqual(steps[name]["outcome"], "skipped", (name, steps[name]))
                self.assertRegex(steps[name]["reason"], "cannot be measured.*networks", name)
        self.assertRegex(steps["sanitizer"]["reason"], "kernels do not run on a GPU here")
        self.assertEqual(sorted(steps["ranks"]["result"]), ["2 ranks", "3 ranks", "7 ranks"])
        self.assertTrue(all(row["same_bits_as_host"] for row in steps["ranks"]["result"].values()))
        self.assertEqual(steps["several"]["result"]["2 GPUs"]["gossip"]["ranks"], 2)


if __name__ == "__main__":
    if not FULL:
        skip("it builds the program anew, with ./check --full (XIBENCH_TEST_FULL=1)")
    if os.geteuid() != 0 or not Path("/var/lib/dpkg/status").exists() or not Path("/usr/local/cuda/bin/nvcc").exists():
        skip("it needs to be root on Debian, with a CUDA toolkit in /usr/local/cuda")
    if subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True).returncode != 0:
        skip("this machine lets nobody make name spaces")
    main()
