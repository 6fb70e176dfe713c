"""The gap table of `xibench gap --format json`, joined with the run files it was made from."""

import json
import subprocess
from dataclasses import dataclass

import metrics
from kept_runs import is_kept
from run_file import RunFileError
from run_sets import one_per_run
from table_formats import as_csv


@dataclass
class Row:
    variant: str
    baseline: bool
    runs: list       # Run, ascending seeds
    final: dict      # seed -> final value of the metric
    gap: dict        # the row of the JSON, with what scored() adds


@dataclass
class Cell:
    label: str  # what tells this cell from the others, "" when there is only one
    axes: dict
    rows: list
    metric: metrics.Metric = metrics.ACCURACY


def gap_json(xibench, places):
    """What `xibench gap` says of these run files. Raises RunFileError with its own words when it refuses."""
    command = [str(xibench), "gap", *map(str, places), "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RunFileError(f"{xibench} cannot be started ({error.strerror}): build it, or name it with --xibench") from error
    if not done.stdout.strip():
        raise RunFileError(f"xibench gap ended with status {done.returncode}: {done.stderr.strip()}")
    try:
        table = json.loads(done.stdout)
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"{xibench} printed no JSON ({error}), so it is not the program xibench: name that with --xibench") from error
    if not isinstance(table, dict):
        raise RunFileError(f"{xibench} printed other JSON than a gap table, so it is not the program xibench: name that with --xibench")
    if table.get("schema") != "xibench-gap" or table.get("schema_version") != 2:
        raise RunFileError(f"{xibench} speaks {table.get('schema')} version {table.get('schema_version')}, not xibench-gap version 2: "
                           "use program and analysis of one version")
    return table


def gap_of(xibench, runs):
    """(runs, table, number of files passed over): each run once, and what `xibench gap` says of them. It gets kept files also where the run files are there,
    because it compares the two. Raises RunFileError."""
    kept = {run.path for run in runs if is_kept(run.path)}
    once, passed_over = one_per_run(runs)
    return once, gap_json(xibench, sorted(kept | {run.path for run in once})), passed_over


def scored(row, metric):
    """A row of the table, or one of its runs, with what is named for the metric also under names that all tables share."""
    found = {"score": metric.name, "score_nodes_mean": f"{metric.name}_nodes_mean", "score_nodes_worst": metric.worst}
    row.update({name: row.get(key) for name, key in found.items()})
    return row


def cells_of(table, runs):
    """The cells of the table with their run files."""
    metric = metrics.of_table(table)
    by_id = {run.id: run for run in runs}
    groups = table["groups"]
    telling = [key for key in (groups[0]["axes"] if groups else {}) if len({g["axes"][key] for g in groups}) > 1]
    cells = []
    for group in groups:
        rows = [Row(row["variant"] or "(no variant)", row["baseline"], [by_id[r["id"]] for r in row["runs"] if r["id"] in by_id],
                    {r["seed"]: r[metric.name] for r in row["runs"] if r[metric.name] is not None}, scored(row, metric)) for row in group["rows"]]
        cells.append(Cell(", ".join(f"{key.split('.')[-1]} = {group['axes'][key]}" for key in telling), group["axes"], rows, metric))
    return cells


def controlled_phase(cell):
    """The phase whose distance this cell is about: that of control.in_phase, else the first."""
    return int(cell.axes.get("control.in_phase") or 1)


def distance_key(cell):
    """Of run.summary: the mean Ξ of that phase."""
    return f"mean_consensus_distance_phase_{controlled_phase(cell)}"


def telling_axes(places, given=lambda place: None):
    """The keys of [sweep] that tell cells, or arms, apart where `given` is equal. So an axis that follows the number of nodes, such as a learning rate in
    proportion to it, tells nothing where the number of nodes is given."""
    values = lambda key: {(given(place), place.axes.get(key)) for place in places}
    known = len({given(place) for place in places})
    return [key for key in (places[0].axes if places else {}) if len(values(key)) > known]


def followers(places, name, given, order):
    """A sentence, without its full stop, on each axis that tells places apart only because it follows the axis `name`: its value for each of `given` in `order`."""
    found = []
    for key in telling_axes(places):
        if key != name and key not in telling_axes(places, given):
            of = {given(place): place.axes[key] for place in places}
            found.append(f"By {name.split('.')[-1]}: {key.split('.')[-1]} = {', '.join(str(of[value]) for value in order if value in of)}")
    return found


def variants_of(cells):
    return list(dict.fromkeys(row.variant for cell in cells for row in cell.rows))


def write_csv(path, rows):
    """A list of dicts with the same keys as CSV; None and NaN as empty fields."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        file.write(as_csv(rows))


def difference_columns(d, delta, metric):
    low, high, unit = *d.get("interval_95", (None, None)), metric.ending()
    return {"pairs": d.get("pairs"), f"difference{unit}": d.get("mean"), f"difference_sd{unit}": d.get("sd"), f"interval_95_low{unit}": low,
            f"interval_95_high{unit}": high, "rho": d.get("rho"), f"delta{unit}": delta, "verdict": d.get("verdict"), "why": d.get("why"),
            "p": d.get("p"), "p_table": d.get("p_table"), "verdict_of_table": d.get("verdict_of_table")}


def contrast_rows(table):
    """The contrasts, one flat row per cell and contrast."""
    rows = []
    for group in table["groups"]:
        for contrast in group["contrasts"]:
            share = contrast["share"] or {}
            low, high = share.get("interval_95", (None, None))
            rows.append({**group["axes"], "arm": contrast["arm"], "against": contrast["against"], "diverged": contrast["diverged"],
                         **difference_columns(contrast["difference"], table["delta"], metrics.of_table(table)), "share_closed": share.get("estimate"), "share_95_low": low,
                         "share_95_high": high, "share_why": share.get("why")})
    return rows


def gap_rows(table):
    """The gap table, one flat row per cell and variant."""
    flat, metric = [], metrics.of_table(table)
    name, unit, points = metric.name, metric.ending(False), metric.ending()
    for group in table["groups"]:
        for row in (scored(row, metric) for row in group["rows"]):
            d = row["difference"] or {}
            published, published_difference = row["published"] or {}, row["published_difference"] or {}
            flat.append({**group["axes"], "variant": row["variant"], "baseline": int(row["baseline"]), "seeds": row["score"]["n"],
                         "diverged": row["diverged"], f"{name}_mean{unit}": row["score"]["mean"],
                         f"{name}_sd{points}": row["score"]["sd"], f"{name}_nodes_mean{unit}": row["score_nodes_mean"],
                         f"{metric.worst}{unit}": row["score_nodes_worst"], **difference_columns(d, table["delta"], metric),
                         "truncated_runs": row["diverged"], "rounds": row["rounds"], "bytes_sent": row["bytes_sent"], **row["traffic"], "modelled_s": row["modelled_s"],
                         "target_missed_steps": row.get("target_missed_steps"),  # programs from before it was counted do not say
                         **{key: row[key] for key in ("gauge_bytes_sent", "gauge_bytes_to_decide", "gauge_bytes_to_record")}, "wall_s": row["wall_s"],
                         "max_distance_by_phase": ";".join("" if x is None else repr(x) for x in row["max_distance"]),
                         "distance_gauge": row["distance_gauge"], "distance_measured_every": row["distance_measured_every"],
                         "published_percent": published.get("accuracy"), "published_spread": published.get("spread"),
                         "published_status": published.get("status"), "published_difference_points": published_difference.get("difference"),
                         "published_difference_status": published_difference.get("status"),
                         "metric": name, "unit": metric.unit, "better": metric.better})
    return flat


def run_rows(cells):
    seen, rows = set(), []
    for cell in cells:
        for row in cell.rows:
            for run in row.runs:
                if (run.id, row.variant) in seen:
                    continue
                seen.add((run.id, row.variant))
                rows.append({"run_id": run.id, "variant": row.variant, "seed": run.seed, "outcome": run.outcome,
                             **{key: value for key, value in run.summary.items() if key not in ("NX_class",)}})
    return rows


def evaluation_rows(cells):
    rows = []
    for run in unique_runs(cells):
        e = run.evaluations
        plain = [key for key in e if getattr(e[key], "ndim", 0) == 1 and len(e[key]) == len(e["step"])]
        rows += [{"run_id": run.id, "variant": " | ".join(run.variants), "seed": run.seed, **{key: e[key][k].item() for key in plain}} for k in range(len(e["step"]))]
    return rows


def phase_table(cells):
    return [{"run_id": run.id, "variant": " | ".join(run.variants), "seed": run.seed, "phase": k + 1, **phase} for run in unique_runs(cells) for k, phase in enumerate(run.phases)]


def unique_runs(cells):
    return list({run.id: run for cell in cells for row in cell.rows for run in row.runs}.values())
