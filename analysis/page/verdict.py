"""The answer in three sentences: how large the gap is, what closes it, what that costs. Below: what it rests on."""

from metrics import of_table

from .notes import missing_of, resolution_of
from .text import escape, number, scaled, short, span


def where(row, cell, arms):
    """Which cell is meant, unless the arm is the same runs in every cell."""
    same = len({tuple(run.id for run in other.runs) for _, other, _ in arms if other.variant == row.variant}) == 1 and sum(other.variant == row.variant for _, other, _ in arms) > 1
    return f" ({cell.label})" if cell.label and not same else ""


def sentences(cells, effects, metric, table):
    """Plain text. Arms are compared by their mean; the words of a verdict are those that hold for the whole table."""
    baseline = table["baseline"] or ""
    arms = [(e, row, cell) for cell, found in zip(cells, effects) for row, e in zip(cell.rows, found) if not row.baseline and e.mean is not None]
    if metric is None or not arms:
        return ["No arm can be compared: there is no baseline with runs of the same seeds, or nothing was evaluated."]
    loss = lambda e: metric.loss(e.mean)
    worst, best = max(arms, key=lambda arm: loss(arm[0])), min(arms, key=lambda arm: (arm[0].word != "none", "*" not in arm[0].text, abs(arm[0].mean)))
    closing, closer = by_contrast(table, arms)
    closing = closing or what_closes(best, worst, arms, metric, table, baseline)
    return [how_large(*worst, arms, metric, table, baseline), closing, what_it_costs(closer or best, worst, table)]


def by_contrast(table, arms):
    """Of the contrasts that the sweep asks for: the best one that holds for all of them, as a sentence and its arm; nothing where none holds."""
    named = of_table(table)
    found = [(contrast, arm) for group in table["groups"] for contrast in group["contrasts"] for arm in arms
             if arm[1].variant == contrast["arm"] and arm[2].axes == group["axes"] and contrast["difference"]["verdict_of_table"] == "gap" and named.loss(contrast["difference"]["mean"]) < 0]
    if not found:
        return "", None
    contrast, arm = min(found, key=lambda pair: named.loss(pair[0]["difference"]["mean"]))
    d, share = contrast["difference"], contrast["share"] or {}
    gained = number if named.percent else (lambda x: short(x))
    won = d["interval_95"] if named.higher else [None if end is None else -end for end in reversed(d["interval_95"])]
    closed = f", and closes {100 * share['estimate']:.0f} % of the gap" if share.get("estimate") is not None else ""
    if closed and share["interval_95"][0] is not None:
        closed += f" (95 % interval {span(*share['interval_95'], lambda x: f'{100 * x:.0f} %')})"
    return (f"{contrast['arm']}{where(arm[1], arm[2], arms)} is better than {contrast['against']} by {gained(-named.loss(d['mean']))}{f' {named.points}' if named.points else ''} [{span(*won, gained)}]"
            f"{closed}."), arm


def said(effect, row, metric, table):
    """The verdict on an arm that stands for the table."""
    if not metric.judged:
        return f"{effect.text} in its row, 95 % interval"
    word = row.gap["difference"]["verdict_of_table"]
    return {"no gap larger than delta": f"no gap larger than {metric.amount(table['delta'])}", "undecided": "undecided over the table as a whole"}.get(word, word)


def how_large(effect, row, cell, arms, metric, table, baseline):
    shown = effect.shown(metric)
    points = f" {metric.points}" if metric.points else ""
    if metric.judged and metric.loss(effect.mean) <= 0:
        side, end = ("below", "lowest") if metric.higher else ("above", "highest")
        return f"No arm ends {side} {baseline} in the mean; the {end} is {row.variant}{where(row, cell, arms)} with {shown}{points}: {said(effect, row, metric, table)}."
    unit = f" in {metric.label}" if metric.log else f"{points} of {metric.label}"
    return f"The largest gap to {baseline} is that of {row.variant}{where(row, cell, arms)}: {shown}{unit}, {said(effect, row, metric, table)}."


def what_closes(best, worst, arms, metric, table, baseline):
    effect, row, cell = best
    if best is worst:
        return "There is no other arm that could close it." if len(arms) == 1 else f"No arm is closer to {baseline} than that."
    return f"Closest to {baseline} comes {row.variant}{where(row, cell, arms)}: {effect.shown(metric)}, {said(effect, row, metric, table)}."


def what_it_costs(best, worst, table):
    _, row, cell = best
    base = next((other for other in cell.rows if other.baseline), None)
    def ratio(other):
        times = row.gap["bytes_sent"] / other.gap["bytes_sent"] if other.gap["bytes_sent"] else 0
        return "" if not times else f"about as much as {other.variant} sends" if 0.95 < times < 1.05 else f"{short(times, 2)} times what {other.variant} sends"

    parts = [part for part in ([ratio(base)] if base else []) + ([ratio(worst[1])] if worst[1] is not row else []) if part]
    network = table["network"]
    seconds = "" if row.gap["modelled_s"] is None else (f"; the network would take {short(row.gap['modelled_s'])} s for it (modelled, {1e6 * network['latency_s']:.3g} µs per message "
                                                       f"and {1e-9 * network['bandwidth_bytes_per_s']:.3g} GB/s)")
    return f"For that {row.variant} sends {scaled(row.gap['bytes_sent'], 'B')} per run{', ' + ' and '.join(parts) if parts else ''}{seconds}."


def rests_on(runs, table, warnings, passed_over):
    """Lines below the verdict: seeds, margin, missing and diverged runs, quality of timings."""
    seeds = sorted({run.seed for run in runs})
    diverged = sum(run.outcome == "diverged" for run in runs)
    lines = [f"{len(runs)} runs, {len({v for run in runs for v in run.variants})} variants, seeds {', '.join(map(str, seeds[:12]))}{' …' if len(seeds) > 12 else ''}"
             + (f"; margin δ = {of_table(table).margin(table['delta'])}" if table["delta"] else "; no margin δ is declared") + f"; {diverged or 'none'} diverged."]
    lines += [f"{passed_over} files are copies or further launches of the same runs: each run counts once."] if passed_over else []
    lines += [line for line in (missing_of(table), resolution_of(table)) if line]
    lines += warnings or ["Timings: no sign of a loaded machine."]
    return lines


def section(cells, effects, metric, table, runs, warnings, passed_over):
    body = "".join(f"<p>{escape(line)}</p>" for line in sentences(cells, effects, metric, table))
    return f'<div class="verdict">{body}</div><ul class="rests">{"".join(f"<li>{escape(line)}</li>" for line in rests_on(runs, table, warnings, passed_over))}</ul>'
