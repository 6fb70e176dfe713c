"""Other tools can read a run file, and the reader copes with what they do to it. Arguments: source folder, build folder."""

import gzip
import json
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, SOURCE, needs, run  # noqa: E402

needs("h5py", "numpy")
import h5py  # noqa: E402
import numpy as np  # noqa: E402

NAN = math.nan


def tool(*arguments):
    return run(BUILD / "tests" / "record_tool", *arguments, status=None)


def expected_columns():
    """The rows of sample_record.hpp, written down again."""
    t = np.arange(6.0)
    first = t < 3
    return {
        "step": ("i8", t),
        "epoch": ("f8", t / 4),
        "lr": ("f8", 0.5 / (1 + t / 8)),
        "phase": ("i4", np.where(first, 1, 2)),
        "train_loss": ("f8", 2 - t / 16),
        "consensus_distance": ("f8", np.where(t % 3 == 2, NAN, 0.25 + t / 32)),
        "consensus_distance_before": ("f8", 0.5 + t / 32),
        "displacement": ("f8", np.where(t == 0, 0.375, NAN)),
        "target_distance": ("f8", np.where(first, 0.125, NAN)),
        "communication": ("u1", np.where(first, 0, 1)),
        "gossip_rounds": ("i4", np.where(first, 1, 0)),
        "mixing_strength": ("f8", np.where(first, 1 / (1 + t), NAN)),
        "minibatch_gradient_norm": ("f8", 3 + t),
        "mean_model_norm": ("f8", 10 + t),
        "critical_distance": ("f8", 0.75 + t),
        "target_reached": ("u1", np.where(t == 1, 0, 1)),
        "samples": ("i8", np.full(6, 96)),
        "bytes_sent": ("i8", np.where(first, 100, 200)),
        "gauge_bytes_sent": ("i8", 50 + t),
        "decision_bytes_sent": ("f8", np.where(first, 25, 0)),
        "decision_by_gram": ("f8", np.full(6, NAN)),
        "decision_measurements": ("f8", np.full(6, NAN)),
        "wire_bytes": ("i8", 70 + t),
        "wall_s": ("f8", np.ones(6)),
        "data_s": ("f8", np.full(6, 0.0625)),
        "compute_s": ("f8", np.full(6, 0.5)),
        "update_s": ("f8", np.full(6, 0.125)),
        "mix_s": ("f8", np.full(6, 0.25)),
        "gauge_s": ("f8", np.full(6, 0.03125)),
        "record_s": ("f8", np.full(6, 0.015625)),
        "wait_s": ("f8", np.full(6, 0.015625)),
        "t_ns": ("i8", 1e9 * (t + 1)),
        "attempt": ("i2", np.where(first, 0, 1)),
        "flags": ("u1", np.where(t == 0, 1, 0)),
    }


YOUNGER = {"decision_bytes_sent", "decision_by_gram", "decision_measurements", "displacement", "mixing_strength"}  # than the golden file


def check_values(path, later=frozenset()):
    """later: columns that the file is older than."""
    with h5py.File(path, "r") as f:
        root = dict(f.attrs)
        assert root["schema"] == "xibench-run" and root["schema_version"] == 1 and root["seed"] == -7, root
        assert root["status"] == "complete" and root["outcome"] == "finished" and root["run_id"] == "0123456789abcdef"
        assert root["variant"] == "phase 1 at ½" and root["default"] == "steps" and root["NX_class"] == "NXroot"
        assert json.loads(f["config"][()])["train.nodes"] == 3
        assert f["config_source"].asstr()[()] == '# Ξ\nname = "sample"\n'

        columns = {name: column for name, column in expected_columns().items() if name not in later}
        assert set(f["steps"]) == set(columns), set(f["steps"]) ^ set(columns)
        for name, (kind, values) in columns.items():
            data = f["steps"][name]
            assert data.dtype == np.dtype("<" + kind), (name, data.dtype)
            assert np.array_equal(data[()], values, equal_nan=True), (name, data[()], values)
            assert data.chunks == ((4096,) if later else (6,)) and data.fletcher32 and data.shuffle and data.compression_opts == 4, name
        steps = f["steps"]
        assert steps.attrs["signal"] == "consensus_distance" and steps.attrs["axes"] == "step"
        assert steps["step"].attrs["CLASS"] == b"DIMENSION_SCALE" and steps["wall_s"].dims[0][0] == steps["step"]

        t, i = np.arange(6.0)[:, None], np.arange(3.0)
        assert np.array_equal(f["nodes/train_loss"][()], t + 0.5 * i) and f["nodes/train_loss"].dtype == "<f4"
        assert np.array_equal(f["nodes/distance_to_mean"][()], t + 0.25 * i)
        assert f["nodes/train_loss"].dims[1][0] == f["nodes/node"]
        assert np.array_equal(np.isnan(f["ranks/compute_s"][()]), (t < 3) & (np.arange(2) == 1))
        assert np.array_equal(f["topology/1/W"][()], np.full((3, 3), 1 / 3)) and f["topology/2"].attrs["p"] == 0.5
        assert np.array_equal(f["partition/class_histogram"][()], 10 + np.arange(6).reshape(3, 2))
        assert list(f["phases/topology"].asstr()) == ["ring", "complete"] and np.isnan(f["phases/target"][1])
        assert list(f["evaluations/test_accuracy_mean_model"]) == [72, 64]
        nodes = f["evaluations/test_accuracy_nodes"][()]
        assert np.isnan(nodes[0]).all() and list(nodes[1]) == [50, 51, 52]
        assert f["summary"].attrs["total_bytes_sent"] == 900 and f["summary"].attrs["final_test_accuracy_nodes_min"] == 50
        assert f["provenance"].attrs["git_commit"] == "0000" and f["provenance/diff"].asstr()[()] == "+ a\n- b\n"
        assert list(f["provenance/attempts/ended"].asstr()) == ["signal USR1", "finished"]

        unlabelled = []
        f.visititems(lambda name, item: unlabelled.append(name) if isinstance(item, h5py.Dataset) and not {"units", "description"} <= set(item.attrs) else None)
        assert not unlabelled, unlabelled


def check_labels(path):
    """Every dataset says what it holds, and every axis of it what it counts."""
    mute, bare = [], []

    def look(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        mute.extend([name] if not item.attrs["description"] else [])
        if item.attrs.get("CLASS") != b"DIMENSION_SCALE":
            bare.extend((name, axis) for axis, scales in enumerate(item.dims) if len(scales) == 0)

    with h5py.File(path, "r") as f:
        f.visititems(look)
    assert not mute and not bare, (mute, bare)


def check_attributes_of_columns(path):
    """A reader needs no list of its own: the file says what is science, and what a step's wall_s consists of."""
    clock = {f"steps/{key}_s" for key in ("wall", "data", "compute", "update", "mix", "gauge", "record", "wait")}
    clock |= {"steps/t_ns", "steps/attempt", "steps/flags", "steps/wire_bytes", "evaluations/train_seconds", "phases/target_first", "phases/target_min"}
    found = set()
    with h5py.File(path, "r") as f:
        f.visititems(lambda name, item: found.add(name) if isinstance(item, h5py.Dataset) and not item.attrs["science"] else None)
        assert {name for name in found if name.split("/")[0] in ("steps", "evaluations", "phases")} == clock, found  # scales are met as links in the root
        assert {"config_source", "provenance/diff", "provenance/attempts/start", "ranks/mix_s"} <= found
        assert not {"config", "topology/1/W", "partition/class_histogram", "nodes/train_loss", "evaluations/test_accuracy_nodes"} & found
        parts = [item[()] for item in f["steps"].values() if item.attrs.get("part_of") == "wall_s"]
        assert len(parts) == 7 and np.array_equal(sum(parts), f["steps/wall_s"][()])


def check_hints(path):
    """What viewers of NeXus files, such as H5Web, put on the axes and how they scale them."""
    with h5py.File(path, "r") as f:
        steps = f["steps"]
        assert json.loads(steps.attrs["SILX_style"]) == {"signal_scale_type": "log"}
        assert steps["consensus_distance"].attrs["long_name"] == "consensus distance" and steps["mix_s"].attrs["long_name"] == "mix (s)"
        assert f["nodes/train_loss"].attrs["long_name"] == "train loss" and "long_name" not in f["config"].attrs


def check_problem(path):
    with h5py.File(path, "r") as f:
        constants = {"L": 4, "mu": 0.5, "sigma2": 2, "zeta2": 0.25, "optimum": -0.125}
        assert {name: f["problem"].attrs[name] for name in constants} == constants
        assert list(f["evaluations/suboptimality_mean_model"]) == [0.5, 0.25] and list(f["evaluations/gradient_norm_mean_model"]) == [2, 1]
        assert list(f["evaluations/gradient_variance_mean_model"]) == [2.25, 2.5]
    shown = json.loads(tool("show", "--json", path).stdout)
    assert shown["problem"] == constants and [row["suboptimality_mean_model"] for row in shown["evaluations"]] == [0.5, 0.25]
    assert "L 4, μ 0.5, σ² 2, ζ² 0.25, f* -0.125" in tool("show", path).stdout


def edited(path, edit):
    copy = path.with_name("edited.h5")
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy, "r+") as f:
        edit(f)
    return copy


def check_edits(path):
    digest = tool("show", "--science-digest", path).stdout
    assert len(digest) == 65

    def add(f):
        f["steps/new_column"] = np.zeros(6)
        f["new_group/data"] = 1
        f.attrs["comment"] = "added later"
        f["provenance"].attrs["number"] = 3

    unknown = edited(path, add)
    assert tool("show", "--science-digest", unknown).stdout == digest
    assert tool("show", "--validate", unknown).returncode == 0

    def drop_optional(f):
        del f["steps/wire_bytes"], f["manifest"]

    older = tool("show", "--science-digest", edited(path, drop_optional))
    assert older.stdout == digest, older

    refused = {
        "a newer version": (lambda f: f.attrs.modify("schema_version", 2), "schema version 2"),
        "another schema": (lambda f: f.attrs.modify("schema", "other"), "schema"),
        "a missing column": (lambda f: f.__delitem__("steps/train_loss"), "/steps/train_loss is missing"),
        "a changed value": (lambda f: f["steps/train_loss"].__setitem__(0, 9), "/steps/train_loss is not what was written"),
        "a changed text": (lambda f: f["config"].__setitem__((), "{}"), "/config is not what was written"),
        "an outcome that no result has": (lambda f: (f.attrs.modify("outcome", "elsewhere"), f.__delitem__("manifest")), "/@outcome is 'elsewhere', which is unknown"),
        "a shorter column": (lambda f: f["steps/lr"].resize((5,)), "/steps/lr"),
    }
    for what, (edit, message) in refused.items():
        answer = tool("show", edited(path, edit))
        assert answer.returncode == 2 and message in answer.stderr and "edited.h5" in answer.stderr, (what, answer)

    def without_manifest(edit):
        return edited(path, lambda f: (f.__delitem__("manifest"), edit(f)))

    invalid = {
        "a negative distance": (lambda f: f["steps/consensus_distance"].__setitem__(1, -1), "/steps/consensus_distance[1] is -1"),
        "a loss that is not finite": (lambda f: f["steps/train_loss"].__setitem__(2, np.inf), "/steps/train_loss[2] is inf"),
        "a displacement below 0": (lambda f: f["steps/displacement"].__setitem__(0, -1), "/steps/displacement[0] is -1"),
        "a strength above 1": (lambda f: f["steps/mixing_strength"].__setitem__(0, 1.5), "/steps/mixing_strength[0] is 1.5"),
        "a gap in the steps": (lambda f: f["steps/step"].__setitem__(3, 7), "/steps/step[3] is 7"),
        "times that do not add up": (lambda f: f["steps/mix_s"].__setitem__(0, 3), "/steps/wall_s[0]"),
        "a row of W that does not sum to 1": (lambda f: f["topology/2/W"].__setitem__((1, 1), 0.5), "/topology/2/W: row 1"),
        "more to decide than was measured": (lambda f: f["steps/decision_bytes_sent"].__setitem__(0, 51), "/steps/decision_bytes_sent[0] is 51"),
        "a summary of other rows": (lambda f: f["summary"].attrs.modify("total_rounds", 4), "/summary@total_rounds is 4"),
        "a dataset without a unit": (lambda f: f["steps/lr"].attrs.__delitem__("units"), "/steps/lr has no attribute units"),
        "no manifest": (lambda f: None, "/manifest is missing"),
    }
    for what, (edit, message) in invalid.items():
        answer = tool("show", "--validate", without_manifest(edit))
        assert answer.returncode == 1 and message in answer.stdout, (what, answer)
    assert tool("show", "--validate", path).returncode == 0


def check_screen(path):
    screen = tool("show", path)
    assert screen.returncode == 0 and max(map(len, screen.stdout.splitlines())) <= 140, screen
    for word in ("0123456789abcdef", "phase 1 at ½", "train.nodes=3", "fraction(0.5)", "▁▂▃▄▅▆▇█"[7], "900 B", "git_commit", "signal USR1"):
        assert word in screen.stdout, word
    shown = json.loads(tool("show", "--json", path).stdout)
    assert shown["config"]["train.nodes"] == 3 and shown["phases"][1]["target"] is None
    assert shown["summary"]["mean_consensus_distance_phase_1"] == 8.5 / 32
    assert shown["science_digest"] + "\n" == tool("show", "--science-digest", path).stdout
    assert tool("show", "--json", "--validate", path).returncode == 2


with tempfile.TemporaryDirectory() as folder:
    golden = Path(folder) / "golden.h5"
    golden.write_bytes(gzip.decompress((SOURCE / "tests/record/golden/run_v1.h5.gz").read_bytes()))
    fresh = Path(folder) / "fresh.h5"
    assert tool("write", fresh).returncode == 0
    for file, later in ((golden, YOUNGER), (fresh, frozenset())):
        check_values(file, later)
        check_screen(file)
        assert tool("show", "--validate", file).returncode == 0
    with h5py.File(fresh) as f:
        assert f["summary"].attrs["total_gauge_bytes_sent"] == 315 and f["summary"].attrs["total_decision_bytes_sent"] == 75
    check_problem(fresh)  # the golden file is older
    varying = Path(folder) / "varying.h5"
    assert tool("write-varying", varying).returncode == 0
    check_labels(fresh)
    check_labels(varying)
    check_attributes_of_columns(fresh)
    check_hints(fresh)
    with h5py.File(varying) as f:
        assert "provenance/diff" in f and f["topology/2/W"].shape == (2, 3, 3) and f["topology/2/W"].dims[0][0] == f["topology/2/round"]
    check_edits(fresh)
    with h5py.File(fresh) as f:
        assert [(f[f"topology/{k}"].attrs["contraction"], f[f"topology/{k}"].attrs["contraction_rounds"]) for k in (1, 2)] == [(0.125, 1), (0.25, 2)]
