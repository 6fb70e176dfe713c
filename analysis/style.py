"""How every figure looks: one colour per variant, readable fonts, PNG and SVG."""

import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib import font_manager, ft2font

from messages import say

# Okabe and Ito's palette, which survives every common colour blindness, in an order that also differs in lightness. The baseline is
# dark grey: it is what the others are compared with.
BASELINE = "#3a3a3a"
PALETTE = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31"]
DASHES = ["-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2))]  # when there are more variants than colours
PART_COLOURS = {"compute": "#0072B2", "mix": "#D55E00", "gauge": "#E69F00", "wait": "#CC79A7", "data": "#56B4E9", "update": "#009E73",
                "record": "#8C6D31", "other": "#BBBBBB"}

FONT = "DejaVu Sans"
plt.rcParams.update({
    "figure.dpi": 100, "savefig.dpi": 160, "font.family": FONT, "font.size": 10.5, "axes.titlesize": 11, "axes.labelsize": 10.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#666666", "axes.grid": True, "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "xtick.color": "#444444", "ytick.color": "#444444", "legend.frameon": False,
    "svg.hashsalt": "xibench",  # the same figure is the same file
})


def signs_of(path):
    """The signs that a font can draw, as code points; none of a font of pictures, which Matplotlib cannot scale."""
    try:
        font = ft2font.FT2Font(path)
        font.set_size(12, 72)
        return set(font.get_charmap())
    except (OSError, RuntimeError):
        return set()


def use_fonts_for(program, names):
    """Lets figures fall back on whatever installed fonts have the signs of `names` that the usual font lacks, and says which signs no font has."""
    missing = {ord(sign) for name in names for sign in name if not sign.isspace()} - signs_of(font_manager.findfont(FONT))
    families = [FONT]
    for path in sorted(font_manager.findSystemFonts()) if missing else []:
        if found := missing & signs_of(path):
            missing -= found
            font_manager.fontManager.addfont(path)
            families.append(font_manager.fontManager.ttflist[-1].name)
    plt.rcParams["font.family"] = families
    if missing:
        signs = ", ".join(f"{chr(code)} (U+{code:04X})" for code in sorted(missing))
        say(program, f"no installed font has {signs}: figures show a box in its place; install one that has, such as fonts-noto-core, fonts-noto-cjk or fonts-symbola")
        warnings.filterwarnings("ignore", message="Glyph .* missing from current font")


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


def plain(name):
    """A name as it is written: between dollars Matplotlib would read a formula."""
    return name.replace("$", r"\$")


def headline(figure, title, formula=False):
    """The title says the finding or the quantity."""
    figure.suptitle(title if formula else plain(title), x=0.01, ha="left", fontsize=13, fontweight="bold")


def legend_of(owner, handles, labels, **options):
    """A legend of a figure or panel with every label as it is written. Matplotlib leaves out those that begin with an underscore, so they come later."""
    made = owner.legend(handles, [str(k) for k in range(len(handles))], **options)
    for text, label in zip(made.get_texts(), labels):
        text.set_text(plain(label))
    return made


def legend(figure, looks, names, labels=None):
    """One legend for all panels, below them."""
    handles = [plt.Line2D([], [], color=looks[v][0], linestyle=looks[v][1], linewidth=2.4) for v in names]
    legend_of(figure, handles, labels or names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(len(names), 4), fontsize=10, handlelength=2.2)
