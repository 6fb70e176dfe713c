"""The figures of theory.py: each a function from a table to a file (PNG and SVG) that returns its caption."""

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter

from axes import plain_log_ticks
from style import BASELINE, DASHES, PALETTE, headline, legend_of, plain, plt, save

MARKS = "osD^vP"


def factor_ticks(axis, factors):
    axis.set_xscale("log", base=2)
    axis.set_xticks(factors, [f"1/{round(1 / f)}" if f < 1 else f"{f:g}" for f in factors])
    axis.xaxis.set_minor_formatter(NullFormatter())


def distance(rows, shown, curves, problem, stem):
    """Left: every cell against the typical distance. Right: one cell over time, with the recursion's bound."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.6), layout="constrained")
    topologies, sizes = sorted({r["topology"] for r in rows}), sorted({r["nodes"] for r in rows})
    for row in rows:
        colour, mark = PALETTE[topologies.index(row["topology"])], MARKS[sizes.index(row["nodes"])]
        left.plot(row["typical"], row["measured"], mark, color=colour, markersize=8, markeredgecolor="white")
        left.plot(row["typical"], row["steady_state_bound"], mark, color="none", markeredgecolor=colour, markersize=6, alpha=0.8)
    ends = np.array([min(r["typical"] for r in rows) / 1.5, max(r["typical"] for r in rows) * 1.5])
    left.plot(ends, ends, color="#888888", linestyle=DASHES[1], linewidth=1.2)
    left.set(xscale="log", yscale="log", ylabel="Ξ, second half of the run",
             xlabel="typical distance  $\\sqrt{1-p}\\,\\gamma\\,\\sqrt{\\varphi^2/p^2+\\sigma^2/p}$")
    for axis in (left.xaxis, left.yaxis):
        plain_log_ticks(axis)
    handles = [plt.Line2D([], [], color=PALETTE[k], marker="o", linestyle="", markersize=8) for k in range(len(topologies))]
    handles += [plt.Line2D([], [], color="#777777", marker=MARKS[k], linestyle="", markersize=8) for k in range(len(sizes))]
    handles += [plt.Line2D([], [], color="none", marker="o", markeredgecolor="#777777", linestyle="", markersize=6),
                plt.Line2D([], [], color="#888888", linestyle=DASHES[1])]
    legend_of(left, handles, topologies + [f"n = {n}" for n in sizes] + ["bound of the recursion", "measured = typical"], fontsize=9)

    each, mean, bound = curves
    for line in each:
        right.plot(line, color=PALETTE[1], linewidth=0.7, alpha=0.35)
    right.plot(mean, color=PALETTE[1], linewidth=2, label="measured (light: each seed)")
    right.plot(bound, color=PALETTE[0], linewidth=1.6, label="recursion, from the step before")
    right.axhline(shown["steady_state_bound"], color=PALETTE[0], linestyle=DASHES[1], label="its steady state")
    right.axhline(shown["typical"], color="#777777", linestyle=DASHES[2], label="typical distance")
    right.set(yscale="log", xlabel="step", ylabel="Ξ after mixing", ylim=(mean[mean > 0].min() / 1.3, shown["steady_state_bound"] * 2))
    plain_log_ticks(right.yaxis)
    right.set_title(f"{plain(shown['topology'])}, n = {shown['nodes']}, γ = {shown['lr']:g}, p = {shown['p']:.3g}", loc="left", color="#444444")
    right.legend(fontsize=9, loc="center right", bbox_to_anchor=(1, 0.42))
    ratio, excess = [r["measured"] / r["typical"] for r in rows], [r["steady_state_bound"] / r["measured"] for r in rows]
    title = (f"{problem}: Ξ is {min(ratio):.2f} to {max(ratio):.2f} times the typical distance; "
             f"the bound lies {min(excess):.0f} to {max(excess):.0f} times above")
    headline(figure, title)
    save(figure, stem)
    share = max(r["largest_share_of_recursion"] for r in rows)
    return f"{title}. The largest step reaches {share:.2f} of the recursion's right-hand side."


def rounds(rows, stem):
    """Contraction of Ξ² in a step over the rounds of the step."""
    figure, axis = plt.subplots(figsize=(7.4, 4.6), layout="constrained")
    topologies = list(dict.fromkeys(r["topology"] for r in sorted(rows, key=lambda r: (round(r["p"], 12), r["topology"]))))
    ks = np.array(sorted({r["rounds"] for r in rows}))
    floor = 1e-9
    for k, topology in enumerate(topologies):
        mine = [r for r in rows if r["topology"] == topology and r["measured"] > floor / 10]
        fine = np.geomspace(ks[0], ks[-1], 200)
        axis.plot(fine, (1 - mine[0]["p"]) ** fine, color=PALETTE[k], linewidth=1.6, label=f"{plain(topology)}: (1 − p)$^k$, p = {mine[0]['p']:.3f}")
        axis.plot([r["rounds"] for r in mine], [r["measured"] for r in mine], "o", color=PALETTE[k], markersize=8, markeredgecolor="white")
    axis.set(yscale="log", ylim=(floor, 2), xlabel="gossip rounds k per step", ylabel="Ξ² after / Ξ² before the rounds")
    factor_ticks(axis, list(ks))
    axis.legend(title="lines: theory; dots: measured", fontsize=9.5)
    worst = max(r["largest"] / r["bound"] for r in rows if r["bound"] > floor)
    title = "k rounds contract Ξ² by at least (1 − p)$^k$"
    headline(figure, title, formula=True)
    save(figure, stem)
    return f"k rounds contract Ξ² by at least (1 - p)^k: the worst step has {worst:.3f} of it."


def critical(rows, shown, curves, knees, problem, stem):
    """f - f* over steps of the shown cell; rate and final error over the enforced multiple of Γ, all cells."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.9), layout="constrained")
    factors = sorted({r["factor"] for r in rows if r["factor"] > 0})
    ramp = plt.get_cmap("viridis")
    order = sorted((r for r in rows if (r["tilt"], r["nodes"]) == shown), key=lambda r: (np.isnan(r["factor"]), r["factor"]))
    lines, names = [], []
    for row in order:
        error = np.exp(np.mean([np.log(run.evaluations["suboptimality_mean_model"]) for run in curves[row["arm"]]], axis=0))
        held = row["factor"] > 0
        colour = ramp(0.95 * factors.index(row["factor"]) / max(1, len(factors) - 1)) if held else BASELINE
        lines += left.plot(np.arange(1, len(error) + 1), error, color=colour, linewidth=1.5 if held else 2.2, linestyle=DASHES[2] if np.isnan(row["factor"]) else "-")
        names.append(f"Ξ ≤ {row['arm']}" if held else row["arm"])
    left.set(xscale="log", yscale="log", xlabel="step", ylabel="f(x̄) − f*")
    left.set_title(f"n = {shown[1]}, tilt {shown[0]:g}", loc="left", color="#444444")
    legend_of(left, lines, names, fontsize=8.5, ncol=2)
    never = 2 * max(r["steps_ratio"] for r in rows if np.isfinite(r["steps_ratio"]))
    for axis, column in ((middle, "steps_ratio"), (right, "final_error_ratio")):
        axis.axhline(1, color=BASELINE, linewidth=1.2)
        axis.axvline(1, color="#999999", linewidth=1.2, linestyle=":")
        for k, (tilt, nodes) in enumerate(sorted({(r["tilt"], r["nodes"]) for r in rows}, key=lambda cell: (-cell[0], cell[1]))):
            cell = [r for r in rows if (r["tilt"], r["nodes"]) == (tilt, nodes)]
            colour, dash = (PALETTE[k % len(PALETTE)], "-") if tilt else ("#999999", DASHES[1 + k % 2])
            held = [r for r in cell if r["factor"] > 0]
            y = [r[column] if np.isfinite(r[column]) else never for r in held]
            axis.plot([r["factor"] for r in held], y, color=colour, linestyle=dash, marker=MARKS[k], markersize=7, markeredgecolor="white",
                      label=f"n = {nodes}, tilt {tilt:g}")
            for free in (r for r in cell if np.isnan(r["factor"])):
                at = free[column] if np.isfinite(free[column]) else never
                axis.plot([free["late_distance_over_critical"]], [at], "*", color=colour, markersize=13, markeredgecolor="white")
        axis.set(yscale="log", xlabel="enforced Ξ / Γ   (★: plain D-SGD, at the Ξ/Γ it ends with)")
        factor_ticks(axis, factors)
    plain_log_ticks(middle.yaxis)
    middle.set_ylabel("steps to 1 % of f(x₀) − f*, relative to centralized")
    middle.axhline(never / 1.4, color="#bbbbbb", linewidth=1, linestyle=(0, (2, 3)))
    middle.set_ylim(min(0.9, 0.95 * np.nanmin([r["steps_ratio"] for r in rows])), never * 1.3)
    middle.annotate("not in every seed", (0.02, never), xycoords=("axes fraction", "data"), va="center", fontsize=9, color="#444444")
    right.set_ylabel("final f − f*, relative to centralized")
    right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    right.legend(fontsize=9)
    at = next(r for r in order if r["factor"] == 1)
    title = (f"{problem}: at Ξ ≤ Γ D-SGD takes {at['steps_ratio']:.2f} times the steps of centralized SGD; "
             f"the final error has doubled at {knees['error']:.1f} Γ")
    headline(figure, title)
    save(figure, stem)
    return f"{title}; 10 % more steps are taken from {knees['steps']:.1f} Γ on. Means over seeds, paired; n = {shown[1]}."
