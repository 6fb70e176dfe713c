import support
import itertools

import numpy as np

import style
from page.colours import contrast

# Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009): deuteranopia, on linear RGB
DEUTERANOPIA = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) / np.array([[0.9505], [1.0], [1.089]])  # sRGB, D65 white


def linear(colour):
    c = np.array([int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x = XYZ @ np.clip(rgb, 0, 1)
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


class Style(support.unittest.TestCase):
    def test_every_colour_is_seen_on_white(self):
        for colour in [style.BASELINE, *style.PALETTE, *style.colours_of_parts([f"part {k}" for k in range(12)] + ["other"]).values()]:
            self.assertGreaterEqual(contrast(colour, "#ffffff"), 3.0, colour)  # WCAG 2.1, 1.4.11

    def test_colours_differ_with_and_without_green_cones(self):
        self.assertLessEqual(len(style.PALETTE), 7)
        for sight in (np.eye(3), DEUTERANOPIA):
            for a, b in itertools.combinations([style.BASELINE, *style.PALETTE], 2):
                apart = np.linalg.norm(lab(sight @ linear(a)) - lab(sight @ linear(b)))
                self.assertGreater(apart, 11.5, (a, b))  # five times the just noticeable difference of 2.3 (Mahy et al., Color Res. Appl. 19, 1994)

    def test_every_part_of_a_step_has_a_colour_of_its_own(self):
        colours = style.colours_of_parts([f"part {k}" for k in range(12)] + ["other"])
        self.assertEqual(len(set(colours.values())), 13)

    def test_after_seven_variants_come_other_dashes_and_marks(self):
        looks = style.looks_of([f"v{k}" for k in range(10)], "")
        first, eighth = looks["v0"], looks["v7"]
        self.assertEqual(first.colour, eighth.colour)
        self.assertNotEqual(first.dash, eighth.dash)
        self.assertNotEqual(first.marker, eighth.marker)


if __name__ == "__main__":
    support.main()
