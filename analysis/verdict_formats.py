"""What regress.py found, for a person, as JSON, as Markdown for a pull request, and as JUnit for a CI page."""

import json
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from messages import printable
from rank_tests import PAIRED_FROM
from same_science import DOUBT as UNKNOWN, NO_WORSE, SAME, UNJUDGED, WORSE
from verdicts import DOUBT, NOISE, RED, SUSPECTED

PASS, FAIL, CANNOT_TELL = 0, 1, 3  # exit statuses; 2 is bad input


@dataclass
class Comparison:
    old: str
    new: str
    labels: dict    # cell -> label
    speed: dict     # cell -> Verdict
    cells: int      # of the old side, with or without launches of the new
    science: list   # of same_science.Science
    rule: object
    margin: float   # points of the metric that the runs are judged by

    @property
    def rows(self):
        order = (RED, SUSPECTED, DOUBT, NOISE)
        return sorted(((self.labels[cell], verdict) for cell, verdict in self.speed.items()), key=lambda row: order.index(row[1].word))

    @property
    def status(self):
        words, science = {verdict.word for verdict in self.speed.values()}, {cell.word for cell in self.science}
        if RED in words or {WORSE, UNJUDGED} & science:
            return FAIL
        return CANNOT_TELL if {DOUBT, SUSPECTED} & words or UNKNOWN in science else PASS

    @property
    def pairs(self):
        """Interleaved pairs to make next; 0: none, or more than can be asked for."""
        return max((verdict.pairs_needed for verdict in self.speed.values() if verdict.word == DOUBT), default=0)

    @property
    def summary(self):
        words = [verdict.word for verdict in self.speed.values()]
        science = [cell.word for cell in self.science if cell.word in (WORSE, UNJUDGED, UNKNOWN)]
        speed = RED if RED in words else f"{SUSPECTED}, not confirmed" if SUSPECTED in words else "cannot tell about speed" if DOUBT in words else "no regression in speed"
        heading = f"compared {len(words)} of {self.cells} cells: {speed}"
        return heading + "".join(f", {word if word != UNKNOWN else 'cannot tell about science'}" for word in sorted(set(science)))


def percent(fraction):
    return f"{100 * fraction:.1f} %"


def interval_of(verdict):
    known = math.isfinite(verdict.low) and math.isfinite(verdict.high) and verdict.low > 0
    return f"{verdict.ratio:.3f} ({verdict.low:.3f} to {verdict.high:.3f})" if known else f"{verdict.ratio:.3f}"


def seen_of(verdict):
    return f"slowdowns from {percent(verdict.seen)}" if math.isfinite(verdict.seen) else "no slowdown"


def remedy_of(verdict, rule):
    if verdict.word == SUSPECTED:
        return "a second set of launches has to confirm it: --confirm OLD NEW, or analysis/interleave.py, which makes one"
    if verdict.word != DOUBT:
        return ""
    if not verdict.pairs_needed:
        return f"this machine is too unsteady to show {percent(rule.must_see)}: take a quieter one, longer launches, or a larger --must-see"
    enough = verdict.pairs_needed <= min(verdict.old, verdict.new)
    return ("interleave the launches" if enough else f"make {verdict.pairs_needed} interleaved pairs") + f" to be able to show {percent(rule.must_see)}"


def line_of(label, verdict, rule):
    test = "pairs, signed ranks" if verdict.by_pairs else "launches, rank sums"
    least = f"{seen_of(verdict)} {'are found' if math.isfinite(verdict.seen) else 'is found'}"
    sizes = f"{verdict.old}" if verdict.by_pairs else f"{verdict.old} and {verdict.new}"
    scatter = percent(verdict.scatter) if math.isfinite(verdict.scatter) else "unknown"
    line = f"{verdict.word}: {label}: ratio {interval_of(verdict)}, p = {verdict.p:.2g}, {sizes} {test}, scatter {scatter}; {least}"
    if verdict.second is not None:
        line += f"; second set: ratio {interval_of(verdict.second)}, p = {verdict.second.p:.2g}"
    return line + (f"; {remedy}" if (remedy := remedy_of(verdict, rule)) else "")


def judged_by(metric):
    """The name of a metric before its difference, which is positive where the new side is better."""
    return metric.words if metric.higher else f"{metric.words}, lower is better, improvement"


def science_lines(comparison):
    for cell in comparison.science:
        if not cell.differing:
            continue
        run, names = next(iter(cell.differing.items()))
        more = f" (and {len(cell.differing) - 1} more)" if len(cell.differing) > 1 else ""
        place = "" if cell.alike else ", as it may on another machine"
        judged = f"{judged_by(cell.metric)} {cell.difference:+.2f} points over {cell.runs} seeds" if math.isfinite(cell.difference) else "no percentage to judge by"
        if math.isfinite(cell.low):
            judged += f", at least {cell.low:+.2f} with 95 % confidence, margin {comparison.margin:g}"
        elif math.isfinite(cell.difference):
            judged += ": it takes two seeds and more"
        yield f"{cell.word}: {cell.label}: run {run}{more} differs in {', '.join(names)}{place}; {judged}"
    if not comparison.science:
        return
    same, differing = sum(cell.same for cell in comparison.science), sum(len(cell.differing) for cell in comparison.science)
    yield f"science: {same} runs the same bits, {differing} not"


def as_text(comparison):
    lines = [line_of(label, verdict, comparison.rule) for label, verdict in comparison.rows]
    return "\n".join([*map(printable, lines), *map(printable, science_lines(comparison)), comparison.summary]) + "\n"


def plain(number):
    return number if isinstance(number, int) or math.isfinite(number) else None


def as_json(comparison):
    def fields(verdict):
        return {"verdict": verdict.word, "ratio": plain(verdict.ratio), "ratio_low": plain(verdict.low), "ratio_high": plain(verdict.high),
                "p_holm": plain(verdict.p), "launches": [verdict.old, verdict.new], "test": "signed ranks" if verdict.by_pairs else "rank sums",
                "scatter": plain(verdict.scatter), "smallest_slowdown_found": plain(verdict.seen), "pairs_needed": verdict.pairs_needed}

    rows = [{"cell": label, **fields(verdict), "second_set": fields(verdict.second) if verdict.second else None} for label, verdict in comparison.rows]
    science = [{"cell": printable(cell.label), "verdict": cell.word, "same": cell.same, "differing": cell.differing, "seeds": cell.runs,
                "difference": plain(cell.difference), "low": plain(cell.low)} for cell in comparison.science]
    return json.dumps({"schema": "xibench-regress", "schema_version": 1, "old": comparison.old, "new": comparison.new, "status": comparison.status,
                       "summary": comparison.summary, "threshold": comparison.rule.effect, "must_see": comparison.rule.must_see,
                       "margin": comparison.margin, "cells_of_old": comparison.cells, "speed": rows, "science": science}, indent=2) + "\n"


def in_table(text):
    """Names are data: what Markdown, or HTML in it, would obey is escaped."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]#|~" else sign for sign in escape(printable(text)))


def as_markdown(comparison):
    signs = {RED: "🔴", SUSPECTED: "🟠", DOUBT: "⚪", NOISE: "🟢"}
    lines = [f"### xibench: {comparison.summary}", "", "| verdict | cell | speed, new to old (95 %) | p (Holm) | launches | smallest slowdown found |",
             "|---|---|---:|---:|---:|---:|"]
    for label, verdict in comparison.rows:
        seen = percent(verdict.seen) if math.isfinite(verdict.seen) else "none"
        second = f"; again {interval_of(verdict.second)}" if verdict.second else ""
        lines.append(f"| {signs[verdict.word]} {verdict.word} | {in_table(label)} | {interval_of(verdict)}{second} | {verdict.p:.2g} | {verdict.old} + {verdict.new} | {seen} |")
    remedies = dict.fromkeys(filter(None, (remedy_of(verdict, comparison.rule) for _, verdict in comparison.rows)))
    lines += ["", *(f"- {in_table(line)}" for line in [*remedies, *science_lines(comparison)]), "",
              f"<sub>Slower: p < 0.01 after Holm, at least {percent(comparison.rule.effect)}, and the same in a second set of launches. Rank sums below {PAIRED_FROM} interleaved "
              f"pairs, signed ranks from there on. \"{DOUBT}\": a slowdown of {percent(comparison.rule.must_see)} could have been missed; that is no pass.</sub>", ""]
    return "\n".join(lines)


def as_junit(comparison):
    cases, counts = [], {"failure": 0, "error": 0}

    def case(group, name, element, text):
        inner = f"<{element} message={quoteattr(printable(text))}/>" if element else f"<system-out>{escape(printable(text))}</system-out>"
        counts[element] = counts.get(element, 0) + 1
        cases.append(f"  <testcase classname={quoteattr(group)} name={quoteattr(printable(name))}>{inner}</testcase>")

    for label, verdict in comparison.rows:
        element = {RED: "failure", SUSPECTED: "error", DOUBT: "error"}.get(verdict.word)
        case("xibench.speed", label, element, line_of(label, verdict, comparison.rule))
    for cell in comparison.science:
        element = {WORSE: "failure", UNJUDGED: "failure", UNKNOWN: "error"}.get(cell.word)
        text = cell.word if cell.word in (SAME, NO_WORSE) else next(line for line in science_lines(comparison) if line.startswith(f"{cell.word}: {cell.label}:"))
        case("xibench.science", cell.label, element, text)
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="xibench regress" tests="{len(cases)}" failures="{counts["failure"]}" '
            f'errors="{counts["error"]}">\n' + "\n".join(cases) + "\n</testsuite>\n")
