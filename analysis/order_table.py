"""The table of rank_order.py: whether the consensus distance orders the arms by their gap, in all cells together and in each."""

from cells import Cell, followers
from page.text import span
from rank_order import ROUNDING, orders_of, what_is_worse, written
from table_data import NODES, PHASE, in_order, missing_of, telling
from table_formats import Table


def cells_from(arms):
    found = {}
    for arm in arms:
        if arm.row:
            found.setdefault(tuple(arm.axes.items()), Cell("", arm.axes, [], arm.metric)).rows.append(arm.row)
    return list(found.values())


def place_of(order, arms, others):
    """Per column, what the arms that are ranked together share, else "all"."""
    axes = [cell.axes for cell in order.cells]
    here = [arm for arm in arms if arm.row and arm.axes in axes]
    values = [{str(arm.axes.get(key, "–")) for arm in here} for key in others] + [{arm.facts[NODES] for arm in here}]
    return [only.pop() if len(only) == 1 else "all" for only in values]


def record(order, place, metric):
    low, high = order.interval
    return place | {"phase": order.phase, "arms": order.arms, "seeds": " ".join(map(str, order.by_seed)), f"rho_with_{what_is_worse(metric).replace(' ', '_')}": order.mean,
                    "interval_95_low": low, "interval_95_high": high, "rho_by_seed": " ".join(map(str, order.by_seed.values()))}


def distance_order(arms, metric, table):
    """None where no set of arms is large enough. About the first metric of the runs, as the gap table is."""
    orders = orders_of(cells_from(arms))
    if not orders:
        return None
    others, named, rows, records = telling(arms, (PHASE, NODES), NODES), arms[0].metric, [], []
    for order in orders:
        place, each = place_of(order, arms, others), order.by_seed.values()
        reach = span(min(each), max(each), written) if each else "–"
        rows.append([*place, str(order.phase), str(order.arms), str(len(each)), order.text, reach])
        records.append(record(order, dict(zip([*others, NODES], place)), named))
    worse = what_is_worse(named)
    head = [*(key.split(".")[-1] for key in others), "nodes", "Ξ of phase", "arms", "seeds", f"ρ of Ξ with {worse} [95 % interval]", "ρ of the seeds"]
    notes = [f"Spearman's ρ over the arms of a seed, then the mean over seeds with its t interval; above 0: arms with a larger mean Ξ have the larger {worse} beside {table['baseline']}",
             "Seeds: those that all arms of the line have; no interval of one seed, nor where all seeds have the same ρ",
             f"Ξ below {100 * ROUNDING:g} % of the largest is rounding after exact averaging and counts as 0"]
    if any(len(order.cells) > 1 for order in orders):
        notes.append("all: arms of several cells in one order, so what grows with Ξ from cell to cell counts as well")
    notes += missing_of(arms) + followers(arms, NODES, lambda arm: arm.facts[NODES], in_order(arm.facts[NODES] for arm in arms))
    return Table("distance-order", f"{table['sweep']}: order of the arms by consensus distance Ξ and by {worse}", head, rows, records, len(others) + 2, notes=notes)
