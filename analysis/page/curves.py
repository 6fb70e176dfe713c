"""The curves of the runs as few numbers: at most POINTS per curve, floats in base64, equal arrays once."""

import base64
import json

import numpy as np

from figures import medians_of_rows

POINTS = 500          # more than a screen shows
ROOM = 330_000        # characters of all arrays; where they take more, curves get fewer points
LEVELS = (POINTS, 420, 350, 300, 250, 210, 180, 150, 130, 110, 90, 75, 60, 50, 40)
TOLERANCE = 5e-3      # of cumulative curves, of their total: as straight pieces


class Arrays:
    """base64 texts, each once."""

    def __init__(self):
        self.texts, self.places = [], {}

    def add(self, values, drop=0):
        """Of each float32 `drop` bytes are left out, the lowest: without one, 16 bits of the mantissa are left, of which a plot shows ten."""
        floats = np.asarray(values, "<f4")
        if drop:
            floats = (floats.view("<u4") + (1 << 8 * drop - 1)).view("<f4")  # to the nearest
        text = "~" * drop + base64.b64encode(floats.reshape(-1, 1).view(np.uint8)[:, drop:].tobytes()).decode()
        if text not in self.places:
            self.places[text] = len(self.texts)
            self.texts.append(text)
        return self.places[text]


def stretches(length, points):
    """First index of each of at most `points` stretches of equal length (but the last), and the length."""
    size = -(-length // points)
    return np.arange(0, length, size), size


def medians(values, points):
    """The median of the finite values of each stretch; NaN where there is none."""
    _, size = stretches(len(values), points)
    padded = np.full(-(-len(values) // size) * size, np.nan)
    padded[:len(values)] = values
    block = padded.reshape(-1, size)
    return medians_of_rows(np.where(np.isfinite(block), block, np.nan))


def knots(values, most=POINTS):
    """Indices of the corners of straight pieces that follow `values` within TOLERANCE of their range (Douglas and Peucker's method)."""
    allowed = TOLERANCE * (values.max() - values.min())
    kept, open_pieces = {0, len(values) - 1}, [(0, len(values) - 1)]
    while open_pieces and len(kept) < most:
        a, b = open_pieces.pop(0)
        if b - a < 2:
            continue
        miss = np.abs(values[a + 1:b] - np.interp(np.arange(a + 1, b), [a, b], [values[a], values[b]]))
        if miss.max() > allowed:
            middle = a + 1 + int(miss.argmax())
            kept.add(middle)
            open_pieces += [(a, middle), (middle, b)]
    return sorted(kept)


def cumulative(column):
    """Totals after 0, 1, ... T steps; what was not measured counts nothing."""
    return np.concatenate([[0.0], np.cumsum(np.nan_to_num(column.astype(float)))])


def thin(count, points):
    """Indices of at most `points` of `count`, the last one always."""
    return np.arange(count) if count <= points else np.unique(np.linspace(count - 1, 0, points).round().astype(int))


def run_curves(run, metric, points, arrays, phases):
    """What the scripts need of a run, with its arrays in `arrays` and its phases in the list `phases`."""
    steps, evaluations = run.steps, run.evaluations
    length = len(steps["step"])
    first, _ = stretches(length, points)
    epochs = np.concatenate([steps["epoch"], [2 * steps["epoch"][-1] - steps["epoch"][-2] if length > 1 else steps["epoch"][-1]]]).astype(float)
    pieces = {}
    for name, totals in (("epoch", epochs), ("rounds", cumulative(steps["gossip_rounds"])), ("bytes", cumulative(steps["bytes_sent"])), ("seconds", cumulative(steps["wall_s"]))):
        corners = knots(totals)
        pieces[name] = [arrays.add(corners), arrays.add(totals[corners])]
    own = [[int(p["first_step"]), int(p["last_step"]), number_or_none(p.get("target"))] for p in run.phases]
    if own not in phases:
        phases.append(own)
    out = {"seed": run.seed, "at": arrays.add(first + 1), "xi": arrays.add(medians(steps["consensus_distance"], points), 1),
           "loss": arrays.add(medians(steps["train_loss"], points), 1), **pieces, "phases": phases.index(own)}
    if metric and metric.key in evaluations:
        kept = thin(len(evaluations["step"]), points)
        out |= {"tested": arrays.add(evaluations["step"][kept]), "metric": arrays.add(evaluations[metric.key][kept])}
    return out


def number_or_none(value):
    return float(value) if value is not None and np.isfinite(value) else None


def curves_of(groups, room=ROOM):
    """(what all share, one list of curves per group): groups are (runs, metric), drawn with as many points as fit into `room` characters."""
    for points in LEVELS:
        arrays, phases = Arrays(), []
        found = [[run_curves(run, metric, points, arrays, phases) for run in runs] for runs, metric in groups]
        if sum(map(len, arrays.texts)) <= room:
            break
    return {"arrays": arrays.texts, "points": points, "phases": phases}, found


def json_block(data):
    """The one block of data: as JSON in which no sign can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return '<script type="application/json" id="data">' + text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "</script>"
