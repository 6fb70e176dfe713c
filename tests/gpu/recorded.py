"""What run files hold of the science, to the last bit."""

import h5py

# Columns of the tables that say how long something took, where, or what was sent there.
NOT_SCIENCE = {"wall_s", "data_s", "compute_s", "update_s", "mix_s", "gauge_s", "record_s", "wait_s", "t_ns", "wire_bytes", "attempt", "flags", "train_seconds"}


def science(out):
    """Of every run, by variant: bytes of all tables but for times and places."""
    found = {}
    for path in sorted(out.glob("*/*.h5")):
        with h5py.File(path) as file:
            tables = {"model": file.attrs["final_model_sha256"]}
            for group in ("steps", "evaluations", "nodes"):
                tables.update({f"{group}/{name}": data[()].tobytes() for name, data in file[group].items() if name not in NOT_SCIENCE})
            found[file.attrs["variant"]] = tables
    return found
