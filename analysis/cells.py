"""The gap table of `xibench gap --format json`, joined with the run files it was made from."""

import json
import subprocess
from dataclasses import dataclass

from runs import RunFileError
from table_formats import as_csv


@dataclass
class Row:
    variant: str
    baseline: bool
    runs: list       # Run, ascending seeds
    accuracy: dict   # seed -> percent
    gap: dict        # the row of the JSON


@dataclass
class Cell:
    label: str  # what tells this cell from the others, "" when there is only one
    axes: dict
    rows: list


def gap_json(xibench, places):
    """What `xibench gap` says of these run files. Raises RunFileError with its own words when it refuses."""
    command = [str(xibench), "gap", *map(str, places), "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RunFileError(f"{xibench} cannot be started ({error.strerror}): build it, or name it with --xibench") from error
    if not done.stdout.strip():
        raise RunFileError(f"xibench gap ended with status {done.returncode}: {done.stderr.strip()}")
    table = json.loads(done.stdout)
    if table.get("schema") != "xibench-gap" or table.get("schema_version") != 2:
        raise RunFileError(f"{xibench} speaks {table.get('schema')} version {table.get('schema_version')}, not xibench-gap version 2: "
                           "use program and analysis of one version")
    return table


def cells_of(table, runs):
    """The cells of the table with their run files."""
    by_id = {run.id: run for run in runs}
    groups = table["groups"]
    telling = [key for key in (groups[0]["axes"] if groups else {}) if len({g["axes"][key] for g in groups}) > 1]
    cells = []
    for group in groups:
        rows = [Row(row["variant"] or "(no variant)", row["baseline"], [by_id[r["id"]] for r in row["runs"] if r["id"] in by_id],
                    {r["seed"]: r["accuracy"] for r in row["runs"] if r["accuracy"] is not None}, row) for row in group["rows"]]
        cells.append(Cell(", ".join(f"{key.split('.')[-1]} = {group['axes'][key]}" for key in telling), group["axes"], rows))
    return cells


def variants_of(cells):
    return list(dict.fromkeys(row.variant for cell in cells for row in cell.rows))


def write_csv(path, rows):
    """A list of dicts with the same keys as CSV; None and NaN as empty fields."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        file.write(as_csv(rows))


def difference_columns(d, delta):
    low, high = d.get("interval_95", (None, None))
    return {"pairs": d.get("pairs"), "difference_points": d.get("mean"), "difference_sd_points": d.get("sd"), "interval_95_low_points": low,
            "interval_95_high_points": high, "rho": d.get("rho"), "delta_points": delta, "verdict": d.get("verdict"), "why": d.get("why"),
            "p": d.get("p"), "p_table": d.get("p_table"), "verdict_of_table": d.get("verdict_of_table")}


def contrast_rows(table):
    """The contrasts, one flat row per cell and contrast."""
    rows = []
    for group in table["groups"]:
        for contrast in group["contrasts"]:
            share = contrast["share"] or {}
            low, high = share.get("interval_95", (None, None))
            rows.append({**group["axes"], "arm": contrast["arm"], "against": contrast["against"], "diverged": contrast["diverged"],
                         **difference_columns(contrast["difference"], table["delta"]), "share_closed": share.get("estimate"), "share_95_low": low,
                         "share_95_high": high, "share_why": share.get("why")})
    return rows


def gap_rows(table):
    """The gap table, one flat row per cell and variant."""
    flat = []
    for group in table["groups"]:
        for row in group["rows"]:
            d = row["difference"] or {}
            published, published_difference = row["published"] or {}, row["published_difference"] or {}
            flat.append({**group["axes"], "variant": row["variant"], "baseline": int(row["baseline"]), "seeds": row["accuracy"]["n"],
                         "diverged": row["diverged"], "accuracy_mean_percent": row["accuracy"]["mean"],
                         "accuracy_sd_points": row["accuracy"]["sd"], "accuracy_nodes_mean_percent": row["accuracy_nodes_mean"],
                         "accuracy_nodes_min_percent": row["accuracy_nodes_min"], **difference_columns(d, table["delta"]),
                         "truncated_runs": row["diverged"], "rounds": row["rounds"], "bytes_sent": row["bytes_sent"], **row["traffic"], "modelled_s": row["modelled_s"],
                         "target_missed_steps": row.get("target_missed_steps"),  # programs from before it was counted do not say
                         **{key: row[key] for key in ("gauge_bytes_sent", "gauge_bytes_to_decide", "gauge_bytes_to_record")}, "wall_s": row["wall_s"],
                         "max_distance_by_phase": ";".join("" if x is None else repr(x) for x in row["max_distance"]),
                         "distance_gauge": row["distance_gauge"], "distance_measured_every": row["distance_measured_every"],
                         "published_percent": published.get("accuracy"), "published_spread": published.get("spread"),
                         "published_status": published.get("status"), "published_difference_points": published_difference.get("difference"),
                         "published_difference_status": published_difference.get("status")})
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
