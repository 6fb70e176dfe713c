"""How every figure looks: one colour per variant, readable fonts; PNG and SVG for a page, PDF in the widths of a paper."""

import textwrap
import warnings
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib import font_manager, ft2font

from messages import say

# Okabe and Ito's palette, with amber, sky and pink darkened until they have a contrast of 3 : 1 with white, and a violet for black. Any two differ in lightness
# or hue under deuteranopia too (tests/analysis/style_test.py). The baseline is dark grey: it is what the others are compared with.
BASELINE = "#3a3a3a"
PALETTE = ["#D55E00", "#0072B2", "#009E73", "#C4679B", "#7A5200", "#4A9AD4", "#4B1D7A"]
DASHES = ["-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2))]  # when there are more variants than colours
MARKERS = "os^D"  # likewise
PARTS = [PALETTE[k] for k in (5, 1, 2, 0, 4, 6, 3)]  # of the parts of a step, in the order of their columns: neighbours differ
REST = "#8a8a8a"  # time that no column names
PAPERS = {"icml": (3.25, 6.75)}  # widths of a column and of a page, in inches

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


class Look(NamedTuple):
    colour: str
    dash: object
    marker: str


class Paper:
    """The paper that figures are drawn for: "" is a page in a browser."""
    name = ""


def use_paper(name):
    """Figures as a paper wants them: its widths, text of 8 pt, TrueType fonts (Type 3 is refused by conferences), no title, PDF."""
    Paper.name = name
    plt.rcParams.update({"font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 8, "ytick.labelsize": 8, "legend.fontsize": 8, "pdf.fonttype": 42,
                         "lines.linewidth": 1.1, "axes.linewidth": 0.6, "grid.linewidth": 0.5, "xtick.major.width": 0.6, "ytick.major.width": 0.6})


def points(size):
    """A size of text on a page; 8 pt on paper."""
    return 8 if Paper.name else size


def thick(width):
    """A width of a line or a marker on a page, in points; thinner on paper."""
    return 0.6 * width if Paper.name else width


def canvas(width, height):
    """Size of a figure in inches: as given on a page; on paper the column, or the page where it needs more, text being as large as before."""
    if not Paper.name:
        return width, height
    column, page = PAPERS[Paper.name]
    wide = column if width <= 8.3 else page
    return wide, max(2.1, height * (0.5 if wide == column else 0.55))


def colours_of_parts(parts):
    """part of a step -> colour. From the eighth part on the colours come again, at two thirds of their light each time."""
    darker = lambda colour, times: "#" + "".join(f"{int(int(colour[k:k + 2], 16) * (2 / 3) ** times):02x}" for k in (1, 3, 5))
    return {part: REST if part == "other" else darker(PARTS[k % len(PARTS)], k // len(PARTS)) for k, part in enumerate(parts)}


def looks_of(variants, baseline):
    """variant -> Look, the same in every figure of a report."""
    others = [v for v in variants if v != baseline]
    rest = lambda choices, k: choices[k // len(PALETTE) % len(choices)]
    looks = {v: Look(PALETTE[k % len(PALETTE)], rest(DASHES, k), rest(MARKERS, k)) for k, v in enumerate(others)}
    return {baseline: Look(BASELINE, "-", MARKERS[0])} | looks if baseline in variants else looks


def save(figure, stem):
    """Writes stem.png and stem.svg, on paper stem.pdf and stem.png; no date inside, so that equal data give equal files."""
    vector = (".pdf", {"CreationDate": None}) if Paper.name else (".svg", {"Date": None})
    options = {} if Paper.name else {"bbox_inches": "tight", "pad_inches": 0.15}  # a paper wants its width, not what is left of it
    for suffix, metadata in ((".png", {"Software": None}), vector):
        figure.savefig(str(stem) + suffix, metadata=metadata, facecolor="white", **options, **({"dpi": 300} if Paper.name and suffix == ".png" else {}))
    plt.close(figure)


def explain(figure, text):
    """Below the axes of a picture for a page: what its bands, lines and dots are. On paper that is the caption's place."""
    if not Paper.name:
        figure.supxlabel(textwrap.fill(plain(text), int(figure.get_figwidth() * 15)), x=0.01, ha="left", fontsize=9.5, color="#555555")


def panels(count, width=6.6, height=3.9, most_columns=3, **options):
    """A figure with one panel per cell of the sweep; unused places stay empty."""
    columns = min(count, most_columns) if count != 4 else 2
    rows = -(-count // columns)
    scale = 1.25 if columns == 1 else 0.85 if columns == 2 else 0.66
    figure, axes = plt.subplots(rows, columns, figsize=canvas(width * scale * columns, height * (1 if columns < 3 else 0.85) * rows), squeeze=False,
                                layout="constrained", **options)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def bar_panels(bars, inch_per_bar):
    """Panels of horizontal bars, one below the other up to six, then in two columns; their heights follow the number of bars."""
    columns = 1 if len(bars) <= 6 else 2
    rows = -(-len(bars) // columns)
    heights = [max(bars[row * columns:(row + 1) * columns]) * inch_per_bar + 0.35 for row in range(rows)]
    width, height = canvas(8.2 if columns == 1 else 13, sum(heights) + 1.0)
    if Paper.name:  # text does not shrink with the bars
        height = max(height, sum(0.5 * h + 0.35 for h in heights) + 0.4)
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained",
                                sharex=True, gridspec_kw={"height_ratios": heights})
    for axis in axes.flat[len(bars):]:
        axis.set_visible(False)
    return figure, list(axes.flat[:len(bars)])


def plain(name):
    """A name as it is written: between dollars Matplotlib would read a formula."""
    return name.replace("$", r"\$")


def headline(figure, title, formula=False):
    """The title says the finding or the quantity. None on paper."""
    if Paper.name:
        return
    lines = title if formula else plain(textwrap.fill(title, int(figure.get_figwidth() * 8.6)))
    figure.suptitle(lines, x=0.01, ha="left", fontsize=13, fontweight="bold")


def legend_of(owner, handles, labels, **options):
    """A legend of a figure or panel with every label as it is written. Matplotlib leaves out those that begin with an underscore, so they come later. That of
    a figure is below its axes; on paper inside of the figure, whose width is given."""
    if Paper.name and owner is not None and hasattr(owner, "get_figwidth"):
        most = max(len(label) for label in labels)
        columns = max(1, min(len(labels), int(owner.get_figwidth() * 72 / (4.2 * most + 32))))
        room = (0.16 * -(-len(labels) // columns) + 0.08) / owner.get_figheight()  # lines of 8 pt
        owner.get_layout_engine().set(rect=(0, room, 1, 1 - room))
        options = {"loc": "lower center", "ncol": columns, "handlelength": 1.8, "columnspacing": 1.0, "fontsize": 8, "borderaxespad": 0.1}
    made = owner.legend(handles, [str(k) for k in range(len(handles))], **options)
    for text, label in zip(made.get_texts(), labels):
        text.set_text(plain(label))
    return made


def legend(figure, looks, names, labels=None, dots=False):
    """One legend for all panels, below them."""
    handles = [plt.Line2D([], [], color=looks[v].colour, linestyle="" if dots else looks[v].dash, marker=looks[v].marker if dots else "", markersize=thick(8), linewidth=thick(2.4)) for v in names]
    legend_of(figure, handles, labels or names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(len(names), 4), fontsize=points(10), handlelength=2.2)
