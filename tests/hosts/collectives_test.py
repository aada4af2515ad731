"""Everything that can be called, across hosts: every element of every result is looked at."""

import case
from job import SOURCES
from network import Network

TRAFFIC = SOURCES / "perf/traffic/gpt2-124m-data.txt"
COLLECTIVES = ("all_reduce", "broadcast", "reduce", "all_gather", "reduce_scatter", "scan", "exscan", "sendrecv",
               "barrier")
ODD = ["-b", "4", "-e", "200K", "-f", "31"]  # 1, 31, 961 and 29791 floats
LARGE = ["-b", "3694084", "-e", "3694084"]  # 923521 floats


class Collectives(case.HostsCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(4)
        cls.addClassCleanup(cls.network.close)

    def of_all(self, sizes, places=None, **job):
        for collective in COLLECTIVES:
            with self.subTest(collective):
                done = self.assert_all_fine(self.network, [collective, *sizes, *case.CHECKED, "-r", "1"], places=places,
                                            **job)
                self.assertIn("Out of bounds values : 0 OK", done.ranks[0].text)

    def test_odd_counts_on_four_hosts(self):
        self.of_all(ODD)

    def test_odd_counts_on_two_ranks_of_each_of_three_hosts(self):
        hosts = self.network.hosts
        self.of_all(ODD, places=[hosts[k] for k in (0, 1, 2, 2, 0, 1)])

    def test_large_vectors(self):
        self.of_all(LARGE)

    def test_every_algorithm_of_all_reduce(self):
        for algorithm in ("direct", "direct-halves", "recursive-doubling", "two-tree", "ring"):
            with self.subTest(algorithm):
                self.assert_all_fine(self.network,
                                     ["all_reduce", "--algorithm", algorithm, "-d", "int8", *ODD, *case.CHECKED])


class Training(case.HostsCase):
    def test_a_step_of_gpt2_is_replayed(self):
        with Network(2) as network:
            done = self.assert_all_fine(network, ["replay", TRAFFIC, "-n", "1", "-w", "0", "-c", "1"])
            self.assertIn("Out of bounds values : 0 OK", done.ranks[0].text)


if __name__ == "__main__":
    case.main()
