import unittest

from compare.cases import Case, bus_factor, bytes_of, classes_of, size_text, sizes_of


class Sizes(unittest.TestCase):
    def test_reads_units(self):
        self.assertEqual([8, 65536, 128 << 20, 1 << 30], [bytes_of(text) for text in ("8", "64K", "128m", "1G")])

    def test_visits_first_to_last_by_factor(self):
        self.assertEqual(([8, 128, 2048, 32768], 16), sizes_of("8:32K:16"))

    def test_refuses_with_advice(self):
        for text in ("8:64K", "64K:8:2", "8:64K:1", "2:8:2"):
            with self.assertRaisesRegex(ValueError, "write for example"):
                sizes_of(text)

    def test_shows_whole_units_only(self):
        self.assertEqual(["8 B", "2 KiB", "1536 B", "128 MiB"], [size_text(n) for n in (8, 2048, 1536, 128 << 20)])


class Classes(unittest.TestCase):
    def test_holds_every_size_once_and_ascending(self):
        sizes, factor = sizes_of("8:128M:16")
        of_case = classes_of(Case("all_reduce", 2, "shm"), sizes, factor)
        self.assertEqual(sizes, [size for c in of_case for size in c.sizes])
        samples = [c.samples for c in of_case]
        self.assertEqual(sorted(samples, reverse=True), samples)

    def test_leaves_out_sizes_of_which_a_rank_gets_nothing(self):
        self.assertEqual((128,), classes_of(Case("all_gather", 4, "shm"), [8, 128], 16)[0].sizes)
        self.assertEqual((8, 128), classes_of(Case("broadcast", 4, "shm"), [8, 128], 16)[0].sizes)

    def test_a_barrier_and_a_step_have_one(self):
        for collective in ("barrier", "replay"):
            self.assertEqual([(0,)], [c.sizes for c in classes_of(Case(collective, 4, "tcp"), [8, 128], 16)])


class BusFactor(unittest.TestCase):
    def test_is_that_of_treering_perf(self):
        self.assertEqual([1.5, 0.75, 0.75, 1, 1, 0], [bus_factor(c, 4) for c in (
            "all_reduce", "all_gather", "all_to_all", "broadcast", "scan", "barrier")])


if __name__ == "__main__":
    unittest.main()
