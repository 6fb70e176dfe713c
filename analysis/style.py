"""How every figure looks: one colour per variant, readable fonts, PNG and SVG."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# Okabe and Ito's palette, which survives every common colour blindness, in an order that also differs in lightness. The baseline is
# dark grey: it is what the others are compared with.
BASELINE = "#3a3a3a"
PALETTE = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31"]
DASHES = ["-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2))]  # when there are more variants than colours
PART_COLOURS = {"compute": "#0072B2", "mix": "#D55E00", "gauge": "#E69F00", "wait": "#CC79A7", "data": "#56B4E9", "update": "#009E73",
                "record": "#8C6D31", "other": "#BBBBBB"}

plt.rcParams.update({
    "figure.dpi": 100, "savefig.dpi": 160, "font.family": "DejaVu Sans", "font.size": 10.5, "axes.titlesize": 11, "axes.labelsize": 10.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#666666", "axes.grid": True, "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "xtick.color": "#444444", "ytick.color": "#444444", "legend.frameon": False,
    "svg.hashsalt": "xibench",  # the same figure is the same file
})


def looks_of(variants, baseline):
    """variant -> (colour, dash), the same in every figure of a report."""
    others = [v for v in variants if v != baseline]
    looks = {v: (PALETTE[k % len(PALETTE)], DASHES[k // len(PALETTE) % len(DASHES)]) for k, v in enumerate(others)}
    return {baseline: (BASELINE, "-")} | looks if baseline in variants else looks


def save(figure, stem):
    """Writes stem.png and stem.svg; no date inside, so that equal data give equal files."""
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        figure.savefig(str(stem) + suffix, metadata=metadata, bbox_inches="tight", pad_inches=0.15, facecolor="white")
    plt.close(figure)


def panels(count, width=6.6, height=3.9, most_columns=3, **options):
    """A figure with one panel per cell of the sweep; unused places stay empty."""
    columns = min(count, most_columns) if count != 4 else 2
    rows = -(-count // columns)
    scale = 1.25 if columns == 1 else 0.85 if columns == 2 else 0.66
    figure, axes = plt.subplots(rows, columns, figsize=(width * scale * columns, height * (1 if columns < 3 else 0.85) * rows), squeeze=False,
                                layout="constrained", **options)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def bar_panels(bars, inch_per_bar):
    """Panels of horizontal bars, one below the other up to six, then in two columns; their heights follow the number of bars."""
    columns = 1 if len(bars) <= 6 else 2
    rows = -(-len(bars) // columns)
    heights = [max(bars[row * columns:(row + 1) * columns]) * inch_per_bar + 0.35 for row in range(rows)]
    figure, axes = plt.subplots(rows, columns, figsize=(8.2 if columns == 1 else 13, sum(heights) + 1.0), squeeze=False, layout="constrained",
                                sharex=True, gridspec_kw={"height_ratios": heights})
    for axis in axes.flat[len(bars):]:
        axis.set_visible(False)
    return figure, list(axes.flat[:len(bars)])


def headline(figure, title):
    """The title says the finding or the quantity."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")


def legend(figure, looks, names, labels=None):
    """One legend for all panels, below them."""
    handles = [plt.Line2D([], [], color=looks[v][0], linestyle=looks[v][1], linewidth=2.4) for v in names]
    figure.legend(handles, labels or names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(len(names), 4), fontsize=10, handlelength=2.2)
