"""What the tables say: each is a function from the arms of a sweep to a Table, or None where the sweep has nothing to say there."""

import re
from dataclasses import dataclass

from cells import followers, telling_axes
from metrics import of_table
from page.effects import finals, mark
from page.text import number, scaled, short
from table_formats import Table

PHASE, NODES, TOPOLOGY, PARTITION = "control.in_phase", "train.nodes", "topology.name", "data.partition"


@dataclass
class Arm:
    """A variant in one cell of the sweep, whether it has runs or not."""
    axes: dict     # the cell
    variant: str
    row: object    # cells.Row; None where every run is missing
    effect: object  # page.effects.Effect, None likewise
    missing: list  # seeds without a run
    metric: object  # metrics.Metric, of the gap table
    facts: dict    # number of nodes, topology, partition, as the runs' configuration has them


def facts_of(run):
    """Where an arm stands, from its configuration."""
    config = run.config
    names = config.get("topology", {}).get("name", "–")
    topology = " → ".join(dict.fromkeys(names)) if isinstance(names, list) else str(names)
    return {NODES: str(config["train"]["nodes"]), PARTITION: str(config.get("data", {}).get("partition", "–")),
            TOPOLOGY: "–" if config["train"]["algorithm"] == "centralized" else topology}


def facts_without_run(axes, variant, arms):
    """Where an arm without runs would stand: its cell says it, else what all other arms of its name, or all of the sweep, share."""
    shared = lambda key, group: next(iter(found)) if len(found := {arm.facts[key] for arm in group}) == 1 else None
    return {key: str(axes[key]) if key in axes else shared(key, [arm for arm in arms if arm.variant == variant]) or shared(key, arms) or "–" for key in (NODES, TOPOLOGY, PARTITION)}


def arms_of(cells, effects, table):
    arms, missing = [], {}
    for run in table["missing"]:
        missing.setdefault((tuple(run["axes"].items()), run["variant"] or "(no variant)"), []).append(run["seed"])
    for cell, found in zip(cells, effects):
        for row, effect in zip(cell.rows, found):
            seeds = missing.pop((tuple(cell.axes.items()), row.variant), [])
            arms.append(Arm(cell.axes, row.variant, row, effect, seeds, cell.metric, facts_of(row.runs[0])))
    arms += [Arm(dict(axes), variant, None, None, seeds, of_table(table), facts_without_run(dict(axes), variant, arms)) for (axes, variant), seeds in missing.items()]
    order = [tuple(cell.axes.items()) for cell in cells]
    return sorted(arms, key=lambda arm: order.index(key) if (key := tuple(arm.axes.items())) in order else len(order))


def partly(arm):
    return f" ({len(arm.row.runs)} of {len(arm.row.runs) + len(arm.missing)} runs)" if arm.row and arm.missing else ""


def value(arm, metric):
    """Mean ± standard deviation over seeds, or why there is none."""
    if arm.row is None:
        return f"missing: {len(arm.missing)} runs"
    if arm.row.gap["diverged"]:
        return arm.effect.text
    values = list(finals(arm.row, metric).values())
    if not values:
        return "not measured"
    mean = sum(values) / len(values)
    sd = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
    return metric.value(mean) + ("" if sd is None else f" ± {metric.value(sd)}") + partly(arm)


def word(arm):
    """The verdict; the margin that it holds for stands in the notes."""
    return re.sub(r" larger than \S+", "", arm.effect.text)


def difference(arm, metric, with_word=True):
    """The paired difference with its 95 % interval and its word."""
    if arm.row is None or arm.effect.mean is None:
        return f"missing: {len(arm.missing)} runs" if arm.row is None else arm.effect.text or "–"
    e = arm.effect
    low = "" if e.low is None else f" [{metric.difference(e.low)}, {metric.difference(e.high)}]"
    return metric.difference(e.mean) + low + (f" {word(arm)}" if with_word else "") + partly(arm)


def record(arm):
    """The numbers of an arm. Bounds and means as the gap table has them, in points, or as page.effects says for other metrics."""
    base = {**arm.axes, "variant": arm.variant, "nodes": arm.facts[NODES], "topology": arm.facts[TOPOLOGY], "partition": arm.facts[PARTITION],
            "missing_seeds": " ".join(map(str, arm.missing))}
    if arm.row is None:
        return base
    gap, d, named = arm.row.gap, arm.row.gap["difference"] or {}, arm.metric
    published, apart = gap["published"] or {}, gap["published_difference"] or {}
    return base | {"runs": len(gap["runs"]), "diverged": gap["diverged"], f"{named.name}_mean{named.ending(False)}": gap["score"]["mean"], f"{named.name}_sd{named.ending()}": gap["score"]["sd"],
                   "difference": arm.effect.mean, "interval_95_low": arm.effect.low, "interval_95_high": arm.effect.high, "verdict": arm.effect.text.removesuffix(" *"),
                   "p": d.get("p"), "p_table": d.get("p_table"), "verdict_of_table": d.get("verdict_of_table"), "rounds": gap["rounds"], "bytes_sent": gap["bytes_sent"],
                   "bytes_to_decide": gap["gauge_bytes_to_decide"], "modelled_s": gap["modelled_s"], "wall_s": gap["wall_s"],
                   "published_percent": published.get("accuracy"), "published_spread": published.get("spread"), "published_status": published.get("status"),
                   "published_difference_points": apart.get("difference"), "published_difference_status": apart.get("status")}


def telling(arms, without=(), given=None):
    """The keys of [sweep] that tell cells apart, but those that the layout shows, and those that follow the fact `given`."""
    return [key for key in telling_axes(arms, lambda arm: arm.facts.get(given)) if key not in without]


def in_order(values):
    """By size where all are numbers, else as they come."""
    once = list(dict.fromkeys(values))
    return sorted(once, key=float) if all(v.replace(".", "", 1).isdigit() for v in once) else once


def missing_of(arms):
    lost = [arm for arm in arms if arm.missing]
    return [f"Missing: {sum(len(arm.missing) for arm in lost)} runs of {len(lost)} arms"] if lost else []


def notes_on(arms, metric, table):
    """What the words and marks mean, and what is missing."""
    out = [f"Differences to {table['baseline'] or 'the baseline'} are paired by seed, with their 95 % interval"]
    if metric.judged and table["delta"]:
        out.append(f"Gap: the interval lies outside of ± {of_table(table).margin(table['delta'])}, no gap: inside, undecided: neither")
    if table.get("looks"):
        out.append(f"Looks were planned at {', '.join(str(look['seeds']) for look in table['looks'])} seeds: the intervals hold at all of them together")
    marked = [arm for arm in arms if arm.row and arm.row.gap["difference"] and mark(arm.row.gap["difference"])]
    if metric.judged:
        out.append(f"*: holds for all rows of the gap table at once (Holm, 5 % for any false word): {len(marked)} of {sum(bool(arm.row and arm.row.gap['difference']) for arm in arms)}")
    out += missing_of(arms)
    if diverged := sum(arm.row.gap["diverged"] for arm in arms if arm.row):
        out.append(f"Diverged: {diverged} runs; an arm with one has no mean and no verdict")
    return out


def pivot(name, title, arms, metric, table, left, across, label):
    """Arms down, the values of `across` to the right; the baseline's own value stands in its row."""
    others = telling(arms, (across, *left), across)
    columns = in_order(arm.facts[across] for arm in arms)
    lines = {}
    for arm in arms:
        key = (*(str(arm.axes.get(k, "–")) for k in others), arm.variant, *(arm.facts[k] for k in left))
        text = value(arm, metric) if arm.row is None or arm.row.baseline else difference(arm, metric)
        lines.setdefault(key, {})[arm.facts[across]] = text
    head = [k.split(".")[-1] for k in others] + ["variant"] + [k.split(".")[0] for k in left] + [label(v) for v in columns]
    rows = [[*key, *(found.get(v, "–") for v in columns)] for key, found in lines.items()]
    return Table(name, title, head, rows, [record(arm) for arm in arms], len(head) - len(columns),
                 notes=notes_on(arms, metric, table) + followers(arms, across, lambda arm: arm.facts[across], columns))


def gap_by_nodes_and_topology(arms, metric, table):
    if len({(arm.facts[NODES], arm.facts[TOPOLOGY]) for arm in arms if arm.row and arm.facts[TOPOLOGY] != "–"}) < 2:
        return None
    title = f"{table['sweep']}: difference in {metric.label} by number of nodes and topology"
    return pivot("gap-by-nodes-and-topology", title, arms, metric, table, (TOPOLOGY,), NODES, lambda v: f"n = {v}")


def algorithm_by_heterogeneity(arms, metric, table):
    if len({arm.facts[PARTITION] for arm in arms}) < 2:
        return None
    return pivot("algorithm-by-heterogeneity", f"{table['sweep']}: difference in {metric.label} by partition of the data", arms, metric, table, (), PARTITION, str)


def cost(arms, metric, table):
    """What was got beside what it took."""
    others, network = telling(arms), table["network"]
    head = [k.split(".")[-1] for k in others] + ["variant", metric.labelled, f"{metric.difference_label} [95 % interval]", "verdict", "rounds", "sent", "to decide",
                                                 "modelled s", "measured s"]
    rows = []
    for arm in arms:
        left = [str(arm.axes.get(k, "–")) for k in others] + [arm.variant, value(arm, metric)]
        if arm.row is None:
            rows.append(left + ["–"] * 7)
            continue
        gap, cut = arm.row.gap, " †" if arm.row.gap["diverged"] else ""
        rows.append(left + [difference(arm, metric, False) if arm.effect.mean is not None else "–", arm.effect.text, scaled(gap["rounds"]) + cut, scaled(gap["bytes_sent"], "B") + cut,
                            scaled(gap["gauge_bytes_to_decide"], "B") + cut, short(gap["modelled_s"]) + cut, short(gap["wall_s"]) + cut])
    notes = notes_on(arms, metric, table) + [
        f"Modelled: communication on a network of {1e6 * network['latency_s']:.3g} µs per message and {1e-9 * network['bandwidth_bytes_per_s']:.3g} GB/s, no computing; measured: the whole run here",
        "Sent: by the algorithm; to decide: what its policy measured besides"]
    notes += ["†: with runs that ended where they diverged"] if any(arm.row and arm.row.gap["diverged"] for arm in arms) else []
    return Table("cost", f"{table['sweep']}: {metric.label} and what it took", head, rows, [record(arm) for arm in arms], len(others) + 1, notes=notes)


def published(arms, metric, table):
    """Measured beside published values, with the status of the latter (reference/README.md)."""
    shown = [arm for arm in arms if arm.row and (arm.row.gap["published"] or arm.row.gap["published_difference"])]
    if not shown:
        return None
    others, rows = telling(arms), []
    for arm in shown:
        p, d = arm.row.gap["published"], arm.row.gap["published_difference"]
        spread = f" ± {number(p['spread'])}" if p and p.get("spread") is not None else ""
        rows.append([*(str(arm.axes.get(k, "–")) for k in others), arm.variant, value(arm, metric), f"{number(p['accuracy'])}{spread}" if p else "–", p["status"] if p else "–",
                     difference(arm, metric, False), number(d["difference"], 2, True) if d else "–", d["status"] if d else "–"])
    head = [k.split(".")[-1] for k in others] + ["variant", "measured, %", "published, %", "status", "measured difference", "published difference", "status"]
    return Table("published", f"{table['sweep']}: measured and published values", head, rows, [record(arm) for arm in shown], len(others) + 1, notes=notes_on(shown, metric, table) + [
        "Published values stand beside runs of the same experiment only; their status says how they were obtained (reference/README.md)"])
