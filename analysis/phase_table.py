"""Phase × target in the layout of the paper's tables of critical phases: a line per number of nodes, a group of columns per phase that is controlled."""

import re

from page.text import number
from table_data import NODES, PHASE, notes_on, record, telling, value, word
from table_formats import Table


def runs_of(arm):
    return tuple(sorted(run.id for run in arm.row.runs)) if arm.row else ()


def uncontrolled(arms):
    """The variants that are the same runs in every phase, such as the baselines: columns of their own, left of the phases."""
    by_place = {}
    for arm in arms:
        by_place.setdefault((arm.variant, tuple(v for k, v in arm.axes.items() if k != PHASE)), set()).add(runs_of(arm))
    names = list(dict.fromkeys(arm.variant for arm in arms))
    return [name for name in names if all(len(found) == 1 and () not in found for (variant, _), found in by_place.items() if variant == name)]


def held(arm, metric):
    """The value; of how many runs it is where some are missing."""
    return "missing" if arm.row is None else re.sub(r" \((\d+) of (\d+) runs\)", r" (\1/\2)", value(arm, metric))


def difference(arm, metric):
    """With half the width of its interval, which a column has room for; a ratio lies not in the middle of its interval."""
    if arm.row is None or arm.effect.mean is None:
        return "–"
    e = arm.effect
    if e.low is None or metric.log:
        return e.shown(metric)
    return f"{metric.difference(e.mean)} ± {metric.difference((e.high - e.low) / 2).removeprefix('+')}"


def verdict(arm, _):
    return "–" if arm.row is None else word(arm)


def published_of(arm, _):
    if arm.row is None or not arm.row.gap["published"]:
        return "–"
    p = arm.row.gap["published"]
    return number(p["accuracy"]) + (f" ± {number(p['spread'])}" if p.get("spread") is not None else "") + f" ({p['status']})"


def written(variant):
    """Targets as the paper writes them."""
    return variant.replace("Xi_max", "Ξ_max")


def phase_by_target(arms, metric, table):
    """None where the sweep does not control one phase at a time."""
    if not any(PHASE in arm.axes for arm in arms):
        return None
    phases = list(dict.fromkeys(arm.axes[PHASE] for arm in arms))
    plain = uncontrolled(arms) if len(phases) > 1 else [name for name in dict.fromkeys(arm.variant for arm in arms) if any(arm.row and arm.row.baseline and arm.variant == name for arm in arms)]
    targets = [name for name in dict.fromkeys(arm.variant for arm in arms) if name not in plain]
    others = telling(arms, (PHASE, NODES))
    places = list(dict.fromkeys((*(str(arm.axes.get(k)) for k in others), arm.facts[NODES]) for arm in arms if arm.row))
    at = {}
    for arm in arms:
        nodes = [arm.facts[NODES]] if arm.facts[NODES] != "–" else [place[-1] for place in places]  # a missing arm of a sweep of one n
        for n in nodes:
            at[(*(str(arm.axes.get(k)) for k in others), n), arm.variant, arm.axes[PHASE]] = arm
    wanted = [(name, phases[0]) for name in plain] + [(name, phase) for phase in phases for name in targets]
    lines = [(metric.labelled, held), ("difference", difference), ("verdict", verdict)]
    if any(arm.row and arm.row.gap["published"] for arm in arms):
        lines.append(("published, %", published_of))
    rows = []
    for place in places:
        for k, (label, text) in enumerate(lines):
            left = [*place] if k == 0 else [""] * len(place)
            rows.append([*left, label, *(text(arm, metric) if (arm := at.get((place, *one))) else "–" for one in wanted)])
    head = [k.split(".")[-1] for k in others] + ["nodes", ""] + [written(name) for name, _ in wanted]
    groups = [("", len(others) + 2 + len(plain))] + [(f"control in phase {phase}", len(targets)) for phase in phases]
    note = [] if metric.log else ["Difference: ± half the width of its 95 % interval"]
    note += ["(2/3): of two of three runs"] if any(arm.row and arm.missing for arm in arms) else []
    note += [f"{' and '.join(map(written, plain))}: no phase is controlled, so the runs are the same in all"] if plain else []
    return Table("phase-by-target", f"{table['sweep']}: {metric.label} where the distance is held at a target in one phase", head, rows, [record(arm) for arm in arms], len(others) + 2,
                 groups, notes_on(arms, metric, table) + note)
