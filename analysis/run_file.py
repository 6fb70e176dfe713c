"""One file, before anybody knows what it holds: whether it can be reached, opened and read, and whether its values are those that were written."""

import hashlib
import os
import stat

from messages import decoded as text

os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"  # before h5py starts HDF5: it goes before what h5py is told
import libraries  # noqa: E402, F401
import h5py  # noqa: E402
import numpy as np  # noqa: E402


class RunFileError(Exception):
    """A file that cannot be read, is damaged, or is no complete run: the message names it, which of these it is, and what to do."""


def open_run(path):
    """The file, read without a lock: a result never changes once it has its name."""
    try:
        return h5py.File(path, "r", locking=False)
    except (TypeError, ValueError):  # h5py or HDF5 from before there was that option: the environment says it
        return h5py.File(path, "r")


def reason_of(error):
    return error.strerror or str(error)


def not_a_file(path):
    """Why `path` is no regular file, "" where it is one. Opening a pipe would wait for somebody to write."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        dangling = isinstance(error, FileNotFoundError) and path.is_symlink()
        return f"is a link to {os.readlink(path)}, which is not there" if dangling else f"cannot be reached ({reason_of(error)})"
    return "" if stat.S_ISREG(mode) else "is not a regular file"


def unreadable(path):
    """Why the bytes of `path` cannot be read from the first to the last (rights, a disk or file server that does not answer); "" where they can."""
    try:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    except OSError as error:
        return reason_of(error)
    return ""


def stored_bytes(file, entry):
    """The bytes of a value, `path` or `path@name`, as its checksum is made: numbers as they are stored, texts followed by a NUL."""
    path, _, name = entry.partition("@")
    value = file[path].attrs[name] if name else file[path][()]
    if isinstance(value, (bytes, str)) or value.dtype.kind == "O":
        texts_of = [value] if isinstance(value, (bytes, str)) else value.ravel()
        return b"".join((t if isinstance(t, bytes) else t.encode("utf-8", "surrogateescape")) + b"\0" for t in texts_of)
    return np.ascontiguousarray(value).tobytes()


def checksum(file, entry):
    """Of the value that is there, as /manifest has it of the one that was written."""
    return hashlib.sha256(stored_bytes(file, entry)).hexdigest()[:16]


def changed_since_written(file):
    """The first value that is not what /manifest says was written; None when all are, or when there is no manifest."""
    for line in text(file["manifest"][()]).splitlines() if "manifest" in file else []:
        written, _, entry = line.partition(" ")
        try:
            if checksum(file, entry) != written:
                return entry
        except (KeyError, OSError, RuntimeError, TypeError, ValueError):  # gone, replaced, or fails HDF5's own checksum
            return entry or "/manifest"
    return None
