"""What analysis/ needs beside Python. Every program imports this first, so that a Python that lacks it ends with one line and exit status 2: some of the
programs mean something else by 1."""

import importlib.util
import sys


def need(*names):
    if lacking := [name for name in names if importlib.util.find_spec(name) is None]:
        print(f"{sys.argv[0]} needs {', '.join(lacking)}, which {sys.executable} lacks: apt-get install {' '.join(f'python3-{name}' for name in lacking)}, "
              "and start it with /usr/bin/python3", file=sys.stderr)
        sys.exit(2)


need("numpy", "h5py", "scipy", "matplotlib")
