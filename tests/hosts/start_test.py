"""Ranks find one another, whatever else there is on the network."""

import case
from network import Network


class Start(case.HostsCase):
    def test_one_rank_a_host(self):
        with Network(4) as network:
            job = self.assert_all_fine(network)
            for host in network.hosts:
                self.assertIn(host.name, job.ranks[0].text)

    def test_eight_hosts(self):
        with Network(8) as network:
            self.assert_all_fine(network)

    def test_two_ranks_a_host_in_any_order(self):
        with Network(2) as network:
            one, other = network.hosts
            job = self.assert_all_fine(network, places=[one, other, other, one], environment={"TREERING_LOG": "info"})
            self.assertRegex(job.text, "4 ranks of treering-perf on 2 hosts")

    def test_ipv6_alone(self):
        with Network(3, families=(6,)) as network:
            self.assert_all_fine(network)


if __name__ == "__main__":
    case.main()
