"""What run files hold of the science, to the last bit."""

import h5py


def science(out):
    """Of every run, by variant: bytes of all tables but for times and places."""
    found = {}
    for path in sorted(out.glob("*/*.h5")):
        with h5py.File(path) as file:
            tables = {"model": file.attrs["final_model_sha256"]}
            for group in ("steps", "evaluations", "nodes"):
                tables.update({f"{group}/{name}": data[()].tobytes() for name, data in file[group].items() if data.attrs["science"]})
            found[file.attrs["variant"]] = tables
    return found
