"""How the tools of this folder write what others read meanwhile."""

import os
import tempfile
from pathlib import Path


def write_whole(path, text):
    """The file, whole or not at all: who reads it meanwhile gets the one before, or this one."""
    path = Path(path)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
