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


def as_stored(name):
    return name.encode("utf-8", "surrogateescape")


def is_null(identifier):
    """Whether a dataset or attribute has a type, but no value."""
    return identifier.get_space().get_simple_extent_type() == h5py.h5s.NULL


def array_type(dtype):
    """The type in memory of values that are arrays themselves; None of others, which h5py finds."""
    return h5py.h5t.py_create(dtype) if dtype.subdtype else None


class Stored:
    """A group or a dataset of a file. Whatever lies in it is opened and read once, by HDF5's own calls: h5py's objects take four times as long."""

    def __init__(self, identifier):
        self.id = identifier
        self._nodes, self._attributes, self._value = {}, {}, None

    def is_dataset(self):
        return isinstance(self.id, h5py.h5d.DatasetID)

    def names(self):
        """Of what lies in a group, in their order."""
        return [raw.decode("utf-8", "surrogateescape") for raw in self.id]

    def __getitem__(self, path):
        """The group or dataset at a path below this one. Raises KeyError where there is none."""
        name, _, rest = path.strip("/").partition("/")
        if not isinstance(self.id, h5py.h5g.GroupID):
            raise TypeError(f"{path} is asked of a value, which is no group")
        if name not in self._nodes:
            self._nodes[name] = Stored(h5py.h5o.open(self.id, as_stored(name)))
        return self._nodes[name][rest] if rest else self._nodes[name]

    def __contains__(self, path):
        """Whether there is something, readable or not."""
        name, _, rest = path.strip("/").partition("/")
        return isinstance(self.id, h5py.h5g.GroupID) and as_stored(name) in self.id and (not rest or rest in self[name])

    def datasets(self):
        """name -> dataset, of those that lie in this group. A link of somebody else that leads nowhere is passed over."""
        found = {}
        for name in self.names():
            try:
                found[name] = self[name]
            except KeyError:
                continue
        return {name: node for name, node in found.items() if node.is_dataset()}

    def value(self):
        """Of a dataset: an array, a number or a text as bytes."""
        if self._value is None:
            if not self.is_dataset():
                raise TypeError("a group stands where a value is needed")
            if is_null(self.id):
                raise TypeError("a dataset has no value")
            self._value = np.empty(self.id.shape, self.id.dtype)
            self.id.read(h5py.h5s.ALL, h5py.h5s.ALL, self._value, mtype=array_type(self.id.dtype))
        return self._value[()]

    def attribute(self, name):
        """Likewise of an attribute. Raises KeyError where there is none, or none with a value."""
        if name not in self._attributes:
            attribute = h5py.h5a.open(self.id, as_stored(name))
            if is_null(attribute):
                raise KeyError(f"{name} has no value")
            self._attributes[name] = np.empty(attribute.shape, attribute.dtype)
            attribute.read(self._attributes[name], mtype=array_type(attribute.dtype))
        return self._attributes[name][()]

    def attributes(self):
        """name -> value, of all that have one."""
        opened = [h5py.h5a.open(self.id, index=k) for k in range(h5py.h5a.get_num_attrs(self.id))]
        names = [attribute.name.decode("utf-8", "surrogateescape") for attribute in opened if not is_null(attribute)]
        return {name: self.attribute(name) for name in names}


def stored_bytes(root, entry):
    """The bytes of a value, `path` or `path@name`, as its checksum is made: numbers as they are stored, texts followed by a NUL."""
    path, _, name = entry.partition("@")
    node = root[path] if path.strip("/") else root
    value = node.attribute(name) if name else node.value()
    if isinstance(value, bytes):
        return value + b"\0"
    if value.dtype.kind == "O":
        return b"".join(t + b"\0" for t in value.ravel())
    return np.ascontiguousarray(value).tobytes()


def checksum(root, entry):
    """Of the value that is there, as /manifest has it of the one that was written."""
    return hashlib.sha256(stored_bytes(root, entry)).hexdigest()[:16]


def changed_since_written(root):
    """The first value that is not what /manifest says was written; None when all are, or when there is no manifest."""
    for line in text(root["manifest"].value()).splitlines() if "manifest" in root else []:
        written, _, entry = line.partition(" ")
        try:
            if checksum(root, entry) != written:
                return entry
        except (KeyError, OSError, RuntimeError, TypeError, ValueError):  # gone, replaced, or fails HDF5's own checksum
            return entry or "/manifest"
    return None
