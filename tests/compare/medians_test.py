import unittest

from compare.cases import Case
from compare.medians import Block, reading_of, rows_of

CASE = Case("all_reduce", 2, "shm")
ROLES = {"treering": "ours", "registered": "ours", "a": "peer", "b": "peer", "limit": "limit", "limit-nt": "limit"}


def block(number, **times):
    return Block(CASE, number, [100.0, 100.0], {name.replace("_", "-"): {8: us} for name, us in times.items()})


class Rows(unittest.TestCase):
    def test_take_the_median_of_blocks_and_the_ratio_within_blocks(self):
        # The third block ran in a slower mood of the machine: for both, so that its ratio says what the others say.
        blocks = [block(1, treering=1.0, a=2.0), block(2, treering=1.1, a=2.2), block(3, treering=3.0, a=6.3)]
        row, = rows_of(CASE, blocks, ROLES)
        self.assertEqual((1.1, 2.2), (row.medians["treering"], row.medians["a"]))
        self.assertAlmostEqual(2.0, row.ratio)
        self.assertAlmostEqual(2.1, row.highest)
        self.assertEqual("faster", row.reading)

    def test_compare_with_the_peer_and_the_limit_of_the_least_median(self):
        row, = rows_of(CASE, [block(1, treering=4.0, registered=1.0, a=8.0, b=3.0, limit=2.0, limit_nt=1.0)], ROLES)
        self.assertEqual(("b", 0.75, "limit-nt", 4.0), (row.best_peer, row.ratio, row.limit, row.over_limit))

    def test_do_without_what_is_missing(self):
        row, = rows_of(CASE, [block(1, treering=4.0)], ROLES)
        self.assertEqual(("", None, None), (row.best_peer, row.ratio, row.over_limit))
        row, = rows_of(CASE, [block(1, registered=4.0, a=3.0)], ROLES)
        self.assertIsNone(row.ratio)

    def test_use_no_ratio_of_different_blocks(self):
        row, = rows_of(CASE, [block(1, treering=4.0), block(2, a=3.0)], ROLES)
        self.assertIsNone(row.ratio)

    def test_are_of_their_case_alone(self):
        other = Block(Case("scan", 2, "shm"), 1, [1.0, 1.0], {"treering": {8: 9.0}})
        self.assertEqual([1.0], [row.medians["treering"] for row in rows_of(CASE, [block(1, treering=1.0), other], ROLES)])


class Reading(unittest.TestCase):
    def test_a_large_ratio_is_a_difference(self):
        self.assertEqual("faster", reading_of([1.6]))
        self.assertEqual("slower", reading_of([0.6]))

    def test_a_small_one_only_if_all_of_three_blocks_say_so(self):
        self.assertEqual("faster", reading_of([1.1, 1.2, 1.3]))
        self.assertEqual("slower", reading_of([0.9, 0.8, 0.9]))
        for ratios in ([1.2, 1.3], [1.2, 1.3, 1.01], [1.2, 0.9, 1.3], [1.0]):
            self.assertEqual("tie", reading_of(ratios), ratios)


if __name__ == "__main__":
    unittest.main()
