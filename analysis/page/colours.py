"""The colours of the variants as CSS, for light and dark: those of the figures (style.py), lightened or darkened until they can be seen on the page."""

LIGHT, DARK = "#ffffff", "#16181d"


def channels(colour):
    return [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]


def luminance(colour):
    """WCAG 2: relative luminance, 0 to 1."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen_on(colour, background, wanted=3.0):
    """`colour`, mixed with white or black in steps of a twentieth until its contrast with the background is `wanted` (WCAG 2.1, 1.4.11)."""
    end = 1.0 if luminance(background) < 0.5 else 0.0
    for k in range(21):
        mixed = "#" + "".join(f"{round(255 * (c + (end - c) * k / 20)):02x}" for c in channels(colour))
        if contrast(mixed, background) >= wanted:
            return mixed
    return mixed


def css_of(scope, looks):
    """--v0, --v1, ... are the colours; what has a data-v, and all in it, has its own as --c."""
    rules = lambda background: "".join(f"--v{k}:{seen_on(look[0], background)};" for k, look in enumerate(looks.values()))
    own = "".join(f"#{scope} [data-v='{k}']{{--c:var(--v{k})}}" for k in range(len(looks)))
    return f"#{scope}{{{rules(LIGHT)}}}@media(prefers-color-scheme:dark){{#{scope}{{{rules(DARK)}}}}}{own}"


def dash_of(look):
    """Lengths in pixels for a line 2 pixels wide; empty: solid."""
    pattern = look[1][1] if isinstance(look[1], tuple) else ()
    return [round(2 * length, 1) for length in pattern]
