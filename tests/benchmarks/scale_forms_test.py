"""The closed forms of benchmarks/scale are those that a plain twin writes down."""

import json
import math
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, main, needs, run  # noqa: E402

FORMS = BUILD / "scale_forms"
needs(FORMS)

LATENCY, BANDWIDTH = 50e-6, 1.2125e9


def form(communication, nodes, dim):
    return json.loads(run(FORMS, nodes, dim, LATENCY, BANDWIDTH, communication).stdout)


class Forms(unittest.TestCase):
    def test_closed_forms_are_those_of_a_plain_twin(self):
        model = 4 * 2**18
        for n in (16, 64, 256, 1024):
            part, levels = model * (n - 1) / n, round(math.log2(n))
            for communication, seconds in {"gossip:ring": LATENCY + 2 * model / BANDWIDTH, "gossip:exponential": LATENCY + levels * model / BANDWIDTH,
                                           "gossip:one-peer-exponential": LATENCY + model / BANDWIDTH,
                                           "all-reduce": 2 * levels * LATENCY + 2 * part / BANDWIDTH, "exact": 2 * LATENCY + 2 * part / BANDWIDTH}.items():
                self.assertAlmostEqual(form(communication, n, 2**18)["closed_form_s"] / seconds, 1, places=4, msg=f"{communication}, n = {n}")

    def test_unknown_names_are_refused(self):
        done = run(FORMS, 16, 1000, LATENCY, BANDWIDTH, "gossip", status=2)
        self.assertIn("unknown communication 'gossip': use gossip:GRAPH", done.stderr)


if __name__ == "__main__":
    main()
