"""Inline SVG whose text keeps its size on any screen: places are percentages of the width, so nothing is scaled."""

import math

from .text import escape, short


MARKS = ('<svg width="0" height="0" class="marks"><defs><path id="end" d="M0-5V5"/><path id="left" d="M6-5L0 0L6 5"/><path id="right" d="M-6-5L0 0L-6 5"/>'
         '<path id="mean" d="M-7 0L0-7L7 0L0 7z"/></defs></svg>')  # that <use> draws anywhere on the page


def title(text):
    """What a browser shows where the pointer rests."""
    return f"<title>{escape(text)}</title>" if text else ""


def nice_ticks(low, high, count=6):
    """Round numbers between the two."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def log_ticks(low, high):
    """Powers of ten between two positive numbers; 1, 2, 5 in between where there are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if len(decades) > 4 else (1, 2, 5)
    every = max(1, len(decades) // 7)
    return [t for d in decades if d % every == 0 for f in factors if low <= (t := f * 10.0 ** d) <= high * 1.0001]


class Scale:
    """From a value to percent of the axis."""

    def __init__(self, values, log=False, pad=0.06, at=None):
        """`at`: where the ticks are, if not at round numbers."""
        values = [v for v in values if v is not None and math.isfinite(v) and (v > 0 or not log)] or [1.0]
        self.log, self.at = log, at
        low, high = (math.log10(min(values)), math.log10(max(values))) if log else (min(values), max(values))
        room = pad * (high - low) or 0.5 * (1 if log else abs(low) or 1)
        self.low, self.high = low - room, high + room

    def __call__(self, value):
        at = math.log10(value) if self.log else value
        return round(100 * (at - self.low) / (self.high - self.low), 2)

    def ticks(self, count=6):
        if self.at:
            return self.at
        if self.log:
            found = log_ticks(10 ** self.low, 10 ** self.high)
            return found if len(found) > 1 else [t for t in nice_ticks(10 ** self.low, 10 ** self.high, count) if t > 0]
        return nice_ticks(self.low, self.high, count)


def frame(x, y, inner, x_label, y_label, height=300, css="", name=""):
    """A plot: axes of two scales around `inner`, which is drawn in percent of the plot's area, y downwards."""
    ticks = "".join(f'<line x1="{x(t)}%" x2="{x(t)}%" y1="0" y2="100%"/>' for t in x.ticks()) + "".join(
        f'<line y1="{100 - y(t):.2f}%" y2="{100 - y(t):.2f}%" x1="0" x2="100%"/>' for t in y.ticks(5))
    x_text = "".join(f'<text x="{x(t)}%" y="100%" dy="16" text-anchor="middle">{short(t)}</text>' for t in x.ticks())
    y_text = "".join(f'<text x="0" dx="-6" y="{100 - y(t):.2f}%" dy="4" text-anchor="end">{short(t)}</text>' for t in y.ticks(5))
    return (f'<div class="plot {css}"><svg role="img" aria-label="{escape(name)}" width="100%" height="{height}" overflow="visible"><g class="grid">{ticks}</g>'
            f'<g class="ticks x">{x_text}</g><g class="ticks">{y_text}</g>{inner}<text class="axis" x="0" dx="-50" y="-9">{escape(y_label)}</text>'
            f'<text class="axis" x="100%" y="100%" dy="33" text-anchor="end">{escape(x_label)}</text></svg></div>')


def polyline(points, dash=""):
    """A line over the whole plot, points in percent with y upwards, in the colour of the variant around it; its width is not scaled."""
    path = "".join(f"{'M' if k == 0 else 'L'}{px:.1f} {100 - py:.1f}" for k, (px, py) in enumerate(points))
    return (f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%"><path class="line"'
            + (f' stroke-dasharray="{dash}"' if dash else "") + f' d="{path}"/></svg>')
