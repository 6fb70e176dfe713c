"""Where the runs come from: one row per run with the facts that differ marked, and what sets the arms apart."""

import json
from collections import Counter

from .text import escape, html_table

LONG = {"git_diff", "libraries", "environment", "cpu_flags", "rank_facts", "NX_class"}  # in the run files, too long for a page
OF_EACH = {"start", "end", "command_line", "core_seconds", "energy_joules", "memory_peak_bytes", "load_at_start", "attempts_begun"}  # differ from run to run on any machine
LENGTH = 60


def shortened(text):
    return text if len(text) <= LENGTH else text[:LENGTH - 1] + "…"


def tables(runs):
    keys = sorted({key for run in runs for key in run.provenance} - LONG)
    values = {key: Counter(run.provenance.get(key, "–") for run in runs) for key in keys}
    differing = [key for key in keys if len(values[key]) > 1 and key not in OF_EACH]
    shared = [[escape(key), escape(shortened(next(iter(values[key]))))] for key in keys if len(values[key]) == 1 and next(iter(values[key]))]
    usual = {key: values[key].most_common(1)[0][0] for key in differing}

    def cell(run, key):
        value = run.provenance.get(key, "–")
        return escape(shortened(value)) if value == usual[key] else f"<mark>{escape(shortened(value)) or 'empty'}</mark>"

    rows = [[f"<code>{run.id}</code>", escape(" | ".join(run.variants)), str(run.seed), escape(run.outcome), escape(run.provenance.get("start", "–")),
             escape(run.provenance.get("load_at_start", "–").split(" ")[0]), *(cell(run, key) for key in differing)]
            for run in sorted(runs, key=lambda run: (run.variants, run.seed, run.id))]
    says = f"Facts that differ between the runs: {', '.join(differing)}. Marked: what is not the most frequent value." if differing else "No fact differs between the runs, but for times, loads and command lines."
    return (f'<p class="note">{escape(says)}</p>' + html_table(["run", "variant", "seed", "outcome", "start", "load", *map(escape, differing)], rows, "facts")
            + f"<details><summary>{len(shared)} facts that all runs share</summary>{html_table(['fact', 'value'], shared, 'shared')}</details>")


def flat(config, prefix=""):
    out = {}
    for key, value in config.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = json.dumps(value, ensure_ascii=False)
    return out


def differences(cells):
    """Keys of the configuration in which the arms of the first cell differ, one column per arm."""
    rows = [(row.variant, flat(row.runs[0].config)) for row in cells[0].rows if row.runs]
    keys = [key for key in sorted({key for _, found in rows for key in found}) if len({found.get(key, "–") for _, found in rows}) > 1 and key != "seed"]
    if not keys:
        return ""
    base = rows[0][1]
    mark = lambda found, key: escape(found.get(key, "–")) if found.get(key, "–") == base.get(key, "–") else f"<mark>{escape(found.get(key, '–'))}</mark>"
    lines = [[escape(name), *(mark(found, key) for key in keys)] for name, found in rows]
    return (f'<h3>What sets the arms apart</h3>{html_table(["variant", *map(escape, keys)], lines, "facts")}<p class="note">Resolved configuration'
            f'{" of " + escape(cells[0].label) if cells[0].label else ""}; marked: other than in {escape(rows[0][0])}.</p>')


def section(cells, runs):
    first = runs[0]
    return ("<h2>Provenance</h2>" + tables(runs) + differences(cells) + f"<details><summary>The sweep file, as the runs hold it</summary><pre>{escape(first.source)}</pre></details>"
            f"<details><summary>The resolved configuration of {first.id}</summary><pre>{escape(json.dumps(first.config, indent=1, sort_keys=True, ensure_ascii=False))}</pre></details>")
