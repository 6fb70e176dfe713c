"""Steps of gpu_check: what the machine is, the bundle, configuring and building."""

import os
import re
import shutil
import struct
import sys
import tarfile
from pathlib import Path

from steps import Failed, Skipped, Step

ASK_TORCH = """
import json, os, torch
folder = os.path.dirname(torch.__file__)
facts = {'torch': torch.__version__, 'torch_cuda': torch.version.cuda, 'cmake_prefix': torch.utils.cmake_prefix_path}
try:
    facts['cudnn'] = torch.backends.cudnn.version()
    facts['nccl'] = '.'.join(map(str, torch.cuda.nccl.version()))
except Exception as why:
    facts['torch_problem'] = str(why)
print(json.dumps(facts))
"""


def cuda_folder():
    """The CUDA toolkit: of nvcc in PATH, CUDA_HOME, or /usr/local/cuda."""
    found = shutil.which("nvcc")
    for folder in ([Path(os.path.realpath(found)).parent.parent] if found else []) + [Path(os.environ.get("CUDA_HOME", "/usr/local/cuda")), Path("/usr/local/cuda")]:
        if (folder / "bin/nvcc").exists():
            return folder
    raise Failed("there is no nvcc in PATH, CUDA_HOME/bin or /usr/local/cuda/bin")


def first_line(session, command):
    """Of the command's output, the first line; empty where it is not there or fails."""
    if not shutil.which(command[0], path=session.env["PATH"]):
        return ""
    status, output = session.finish(session.start(command), 60)
    return output.splitlines()[0].strip() if status == 0 and output else ""


def machine(session):
    facts = session.record["machine"]
    query = "name,driver_version,memory.total,compute_cap,clocks.max.sm,clocks.max.mem,power.limit"
    gpus = []
    if shutil.which("nvidia-smi"):
        status, output = session.finish(session.start(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]), 60)
        gpus = [dict(zip(query.split(","), (value.strip() for value in line.split(",")))) for line in output.splitlines()] if status == 0 else []
    if not gpus and not session.options.stand_in:
        raise Failed("nvidia-smi shows no GPU: this needs one, or --stand-in, which times nothing")
    cuda = cuda_folder()
    facts.update(gpus=gpus, processors=len(os.sched_getaffinity(0)), kernel=" ".join(os.uname()[i] for i in (0, 2, 4)),
                 nvcc=session.run([cuda / "bin/nvcc", "--version"], 60).splitlines()[-1], python=sys.version.split()[0],
                 compiler=first_line(session, ["c++", "--version"]), cmake=first_line(session, ["cmake", "--version"]), ninja=first_line(session, ["ninja", "--version"]))
    with open("/proc/meminfo", encoding="ascii") as lines:
        facts["memory_GiB"] = round(int(next(lines).split()[1]) / 2**20, 1)
    for name in ("c++", "cmake", "ninja"):
        if not shutil.which(name):
            raise Failed(f"{name} is not in PATH")
    facts.update(session.json([python_with_torch(session), "-c", ASK_TORCH], limit=120))
    commit = first_line(session, ["git", "rev-parse", "HEAD"])
    facts["commit"] = commit or "unknown: not a git checkout"
    return {}


def python_with_torch(session):
    for python in (sys.executable, "python3", "/opt/torch/.venv/bin/python3"):
        if not shutil.which(python):
            continue
        status, _ = session.finish(session.start([python, "-c", "import torch"]), 120)
        if status == 0:
            return python
    raise Failed("no python3 has torch: put one that has first in PATH")


def bundle(session):
    """Unpacks the bundle beside the build, and writes into its files where it lies."""
    if str(session.options.bundle) == "none":
        raise Skipped("--bundle none: the packages are installed")
    archive = session.options.bundle.resolve()
    if not archive.exists():
        raise Failed(f"{archive} is not there: make it with benchmarks/gpu_bundle on Debian, or say --bundle none where the packages are installed")
    folder = session.build / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder)  # ours, made by gpu_bundle
    for name in (folder / "relocate.txt").read_text(encoding="utf-8").split():
        text = (folder / name).read_text(encoding="utf-8", errors="surrogateescape")
        (folder / name).write_text(text.replace("@BUNDLE@", str(folder)), encoding="utf-8", errors="surrogateescape")
    forgotten = sorted(path.name for path in (folder / "usr").rglob("*.so*") if path.is_file() and not path.is_symlink() and forget_runpath(path))
    return {"without_runpath": forgotten, "packages": (folder / "packages.txt").read_text(encoding="utf-8").splitlines()}


def forget_runpath(library):
    """Takes the RUNPATH out of an ELF file, in place, and says whether it had one. A library that has one, as libmpi of Debian, is not looked for what it needs in the
    RPATH of the program."""
    data = bytearray(library.read_bytes())
    if data[:6] != b"\x7fELF\x02\x01":  # 64 bits, little-endian
        return False
    begin, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    for header in range(begin, begin + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, header)
        if kind != 2:  # PT_DYNAMIC
            continue
        for entry in range(offset, offset + length, 16):
            if struct.unpack_from("<Q", data, entry)[0] == 29:  # DT_RUNPATH
                struct.pack_into("<Q", data, entry, 0x6FFFF000)  # a tag that says nothing to the loader
                library.write_bytes(data)
                return True
    return False


def enter(session):
    """The environment in which the build and its programs run, where there is a bundle. Libraries of the machine come first: only ours get the
    bundle's, by their RPATH and from mpirun."""
    folder = session.build / "bundle"
    session.env["OMPI_ALLOW_RUN_AS_ROOT"] = session.env["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    if session.options.stand_in:
        session.env.pop("LD_LIBRARY_PATH", None)
        session.env.setdefault("XB_STAND_IN_DEVICES", "1")  # so that ranks have to share one, as on the machine that this is a rehearsal for
    if not (folder / "usr").exists():
        return None
    prefix = folder / "usr"
    session.env.update(OPAL_PREFIX=str(prefix), PMIX_INSTALL_PREFIX=str(prefix / "lib/x86_64-linux-gnu/pmix2"), OMPI_MCA_plm_rsh_agent="")
    tools = folder / "bin"
    if not tools.exists():
        tools.mkdir()
        libraries = ":".join(str(path) for path in library_folders(folder))
        for name in ("mpirun", "mpiexec", "mpicc", "h5cc", "h5dump", "h5diff", "ompi_info"):
            (tools / name).write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "{prefix}/bin/{name}" "$@"\n')
            (tools / name).chmod(0o755)
    session.env["PATH"] = f"{tools}:{os.environ['PATH']}"
    return folder


def library_folders(folder):
    base = folder / "usr/lib/x86_64-linux-gnu"
    return [base, base / "hdf5/serial", base / "openmpi/lib", base / "pmix2/lib"]


def nccl_options(facts):
    """NCCL beside torch (pip's nvidia-nccl), as torch loads it; the toolkit's where there is none."""
    site = Path(facts["cmake_prefix"]).parents[2]
    for library in sorted(site.glob("nvidia/*/lib/libnccl.so*")):
        include = library.parent.parent / "include"
        if (include / "nccl.h").exists():
            return [f"-DXB_NCCL_INCLUDE={include}", f"-DXB_NCCL_LIBRARY={library}"]
    return []


def nvtx_options(facts, cuda):
    """torch's CMake files look for the headers of NVTX 3 in a third_party folder of ours, and then for a library that CUDA 13 does not have."""
    for include in [cuda / "include", *Path(facts["cmake_prefix"]).parents[2].glob("nvidia/*/include")]:
        if (include / "nvtx3").exists():
            return [f"-Dnvtx3_dir={include}"]
    return []


def configure(session):
    facts, cuda = session.record["machine"], cuda_folder()
    folder = enter(session)
    if (session.build / "CMakeCache.txt").exists():
        (session.build / "CMakeCache.txt").unlink()
    capability = facts["gpus"][0]["compute_cap"] if facts["gpus"] else "9.0"
    options = ["-G", "Ninja", "-S", session.root, "-B", session.build, "-DCMAKE_BUILD_TYPE=Release", "-DXB_WITH_CUDA=ON", "-DXB_BUILD_TESTS=ON", "-DXB_BUILD_BENCHMARKS=ON",
               "-DXB_WARNINGS_ARE_ERRORS=OFF",
               f"-DCMAKE_CUDA_COMPILER={cuda}/bin/nvcc", f"-DCUDAToolkit_ROOT={cuda}", f"-DCUDA_TOOLKIT_ROOT_DIR={cuda}",
               f"-DCMAKE_CUDA_ARCHITECTURES={capability.replace('.', '')}", f"-DTORCH_CUDA_ARCH_LIST={capability}",
               f"-DTorch_DIR={facts['cmake_prefix']}/Torch", f"-DPython3_EXECUTABLE={sys.executable}", f"-DPYTHON_EXECUTABLE={sys.executable}", f"-DPython_EXECUTABLE={sys.executable}",
               "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",  # files of Debian 12's packages say older ones, which CMake 4 refuses
               *nccl_options(facts), *nvtx_options(facts, cuda)]
    if folder:
        prefix, libraries = folder / "usr", library_folders(folder)
        paths = ";".join(str(path) for path in libraries)
        # RPATH, not RUNPATH: that one is not looked at for the libraries of libraries.
        links = "-Wl,--disable-new-dtags " + " ".join(f"-Wl,-rpath-link,{path}" for path in libraries)
        options += [f"-DCMAKE_PREFIX_PATH={prefix};{facts['cmake_prefix']}", f"-DMPI_C_COMPILER={folder}/bin/mpicc", f"-DMPIEXEC_EXECUTABLE={folder}/bin/mpirun",
                    f"-DHDF5_C_COMPILER_EXECUTABLE={folder}/bin/h5cc", f"-DCMAKE_BUILD_RPATH={paths}", f"-DCMAKE_EXE_LINKER_FLAGS={links}", f"-DCMAKE_SHARED_LINKER_FLAGS={links}", f"-DCMAKE_MODULE_LINKER_FLAGS={links}"]
    output = session.run(["cmake", *options, *session.options.cmake], 240)
    return {"warnings": re.findall(r"CMake Warning[^\n]*\n\s*([^\n]*)", output)[:20]}


def ninja(session, *targets):
    enter(session)
    jobs = session.options.jobs or session.record["machine"]["processors"]
    output = session.run(["ninja", "-C", session.build, "-j", str(jobs), "-k", "0", *targets])
    return {"jobs": jobs, "warnings": sorted(set(re.findall(r"warning: .*", output)))[:20], "last_line": output.splitlines()[-1]}


def compile_needed(session):
    """What the steps on the GPU call: a machine with one is lent by the minute, and the other tests are not for it."""
    enter(session)
    known = set(re.findall(r"^(\S+): phony$", session.run(["ninja", "-C", session.build, "-t", "targets", "all"], 60), re.MULTILINE))
    tests = sorted(name for name in known if re.fullmatch(r"on_gpu\.\w+_test", name))
    if session.options.stand_in:  # with what a machine with a GPU would build: it has to compile and link, too
        tests += ["xibench-stand-in", "gpu_bench_stand_in", *(f"gpu.{name}_test" for name in ("device", "steps", "nccl_contract", "nccl_failures"))]
    return ninja(session, "xibench", "gpu_bench", *tests)


def compile_all(session):
    return ninja(session)


STEPS = [
    Step("machine", "record card, driver, versions", 300, machine),
    Step("bundle", "unpack the Debian packages beside the build", 120, bundle, ("machine",)),
    Step("configure", "run CMake, with torch's LibTorch", 240, configure, ("machine",)),
    Step("build", "build what the steps on the GPU need", 570, compile_needed, ("configure",)),
]
