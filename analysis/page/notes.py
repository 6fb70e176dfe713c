"""What the words and signs of the gap table mean, and what is missing."""

from metrics import of_table

from .gap_table import distance_mark
from .text import escape


def margin(table):
    return (f"Margin δ = {of_table(table).margin(table['delta'])}{' (' + escape(table['delta_from']) + ')' if table['delta_from'] else ''}. <b>gap</b>: the 95 % interval lies "
            "outside of ±δ; <b>no gap larger than δ</b>: inside; <b>undecided</b>: neither (the reason is in the CSV). A false word has a rate of at most "
            "5 % per row; those with * hold for all rows at once (Holm).")


def resolution_of(table):
    resolution = table["resolution"]
    if not resolution:
        return ""
    wanted = resolution["seeds_for_delta"]
    return (f"What {resolution['seeds']} seeds resolve: paired differences spread by {of_table(table).amount(resolution['sd'])}, so the 95 % interval is "
            f"± {of_table(table).amount(resolution['half_width_95'])}" + (f"; ± {table['delta']} takes {wanted} seeds." if wanted and wanted > resolution["seeds"] else "."))


def missing_of(table):
    """The planned runs that are not there, by arm and cell."""
    seeds = {}
    for run in table["missing"]:
        place = run["variant"] + "".join(f", {key.split('.')[-1]} = {value}" for key, value in run["axes"].items())
        seeds.setdefault(place, []).append(run["seed"])
    arms = [f"{place} (seed{'s' if len(found) > 1 else ''} {', '.join(map(str, found))})" for place, found in seeds.items()]
    return f"{len(table['missing'])} planned runs are missing: {'; '.join(arms[:12])}" + (f" and {len(arms) - 12} more arms." if len(arms) > 12 else ".") if arms else ""


def notes(table, metric):
    named = of_table(table)
    if metric and not metric.judged:
        how = "the ratio of an arm to the baseline is the geometric mean over seeds" if metric.log else "differences are means over seeds"
        out = [f"Arms are compared by {escape(metric.label)} of the mean model at the last evaluation; {how}, paired by seed, with the 95 % t "
               "interval. No margin δ applies to it: <b>higher</b> and <b>lower</b> say that the interval of that row leaves out equality, not adjusted over rows."]
    else:
        out = [f"{escape(named.words.capitalize())}: the mean model on the test set at the last evaluation, mean ± standard deviation over seeds; {named.better} is better. Differences are paired by seed."]
        out += [margin(table)] if table["delta"] else []
    out.append("Sent: bytes of the algorithm. Measured: further bytes to measure Ξ. To decide: the part of them that policies needed; the rest is for the record.")
    network = table["network"]
    out.append("Messages: with one node per rank, and an all-reduce as a ring in 2 (n − 1) rounds. Modelled: time of the network for the busiest node of every round, at "
               f'<span class="at-network">{1e6 * network["latency_s"]:.3g} µs per message and {1e-9 * network["bandwidth_bytes_per_s"]:.3g} GB/s</span>. '
               "Wall: seconds of the whole run on its machine, with evaluations and checkpoints.")
    if any(distance_mark(row) for group in table["groups"] for row in group["rows"]):
        out.append("‡: estimated by a gauge, or not measured in every step: not the exact maximum (distance_gauge and distance_measured_every in the CSV).")
    if any(row["diverged"] for group in table["groups"] for row in group["rows"]):
        out.append(f"A run that diverged has no final {escape(named.words)}, and its row has no mean and no verdict. †: mean that includes runs that ended where they "
                   "diverged, so do not compare it with means of whole runs.")
    return "".join(f'<p class="note">{line}</p>' for line in out)
