import re
import unittest
import xml.etree.ElementTree as xml

from compare.cases import Case
from compare.medians import Row
from compare.plots import Axis, plot

CASE = Case("all_reduce", 2, "shm")
ROLES = {"treering": "ours", "a<b": "peer", "c": "peer", "limit": "limit"}
SVG = "{http://www.w3.org/2000/svg}"


def drawn(times, case=CASE):
    rows = [Row(case, size, medians) for size, medians in times.items()]
    return plot(case, rows, list(ROLES), ROLES, "a machine")


class Plot(unittest.TestCase):
    def test_is_xml_with_title_units_and_legend(self):
        text = drawn({8: {"treering": 1.0, "a<b": 2.0}, 128: {"treering": 10.0, "a<b": 30.0}})
        words = [element.text for element in xml.fromstring(text).iter(f"{SVG}text")]
        for word in ("all_reduce, 2 ranks, shared memory: float32, medians", "microseconds", "1e9 bytes a second",
                     "a<b", "treering", "128 B", "a machine"):
            self.assertIn(word, words)

    def test_has_a_curve_for_each_library_in_each_panel_and_in_the_legend(self):
        root = xml.fromstring(drawn({8: {"treering": 1.0, "limit": 2.0}, 128: {"treering": 10.0, "limit": 3.0}}))
        self.assertEqual(2 * 3, len(list(root.iter(f"{SVG}polyline"))))

    def test_keeps_a_librarys_colour_where_another_is_missing(self):
        def colours(*names):
            medians = dict.fromkeys(names, 1.0)
            lines = xml.fromstring(drawn({8: medians, 128: medians})).iter(f"{SVG}polyline")
            return {line.attrib["stroke"] for line in lines}

        self.assertEqual(2, len(colours("a<b", "c")))
        self.assertEqual(colours("a<b", "c") - colours("a<b"), colours("c"))

    def test_larger_is_higher_and_further_right(self):
        text = drawn({8: {"treering": 1.0}, 128: {"treering": 10.0}})
        (x1, y1), (x2, y2) = [tuple(map(float, pair.split(","))) for pair in
                              re.search(r'<polyline points="([^"]*)"', text)[1].split()]
        self.assertLess(x1, x2)
        self.assertGreater(y1, y2)  # of SVG, which counts downwards
        self.assertIn(f'<text x="63.0" y="{y2 + 4:.1f}" font-size="11" text-anchor="end" font-weight="normal" '
                      'fill="#222">10</text>', text)  # the axis says 10 there, too

    def test_is_nothing_without_two_sizes(self):
        self.assertIsNone(drawn({8: {"treering": 1.0}}))
        self.assertIsNone(drawn({}))
        self.assertIsNone(drawn({0: {"treering": 1.0}}, Case("barrier", 2, "shm")))


class Axes(unittest.TestCase):
    def test_are_logarithmic(self):
        axis = Axis(1, 10000, 400)
        self.assertEqual([0, 100, 400], [round(axis.at(value)) for value in (1, 10, 10000)])


if __name__ == "__main__":
    unittest.main()
