"""Ranks find one another whatever else there is on their hosts and between them."""

import re
import subprocess
import sys

import case
from job import Job
from network import Network, die_with_parent, until

# Docker's: the same address on every host, and nobody behind it.
DOCKER = ("link add docker0 type bridge", "addr add 172.17.0.1/16 dev docker0", "link set docker0 up")
# A network that swallows what is sent: first among the interfaces, and the default route.
ADMIN = ("link add admin type veth peer name nowhere", "addr add 192.168.{number}.1/24 dev admin", "link set admin up",
         "link set nowhere up", "route add default via 192.168.{number}.254",
         "neigh add 192.168.{number}.254 lladdr 02:00:00:00:00:01 dev admin")
# A start takes a fraction of a second. Here it may take this long, and none that waits for time-outs does it so quickly.
PROMPT = {"TREERING_START_TIMEOUT": "10", "TREERING_CONNECT_TIMEOUT": "10"}


def carriers(network):
    """The interfaces that data has gone over."""
    names = {"eth0", "eth1"}
    return {name for name in names if all(host.sent_bytes(name) > 500_000 for host in network.hosts)}


class WrongInterfaces(case.HostsCase):
    def test_a_bridge_that_is_the_same_on_all_hosts_comes_last(self):
        with Network(3, first=DOCKER) as network:
            job = self.assert_all_fine(network, environment={**PROMPT, "TREERING_LOG": "info"})
            self.assertRegex(job.ranks[1].text, "listens on port [0-9]+ of 10.77.0.2 .eth0., 172.17.0.1 .docker0., 127")

    def test_nobody_takes_himself_for_another_there(self):
        with Network(3, first=DOCKER) as network:
            # One port on all hosts: at docker0's address each process finds itself.
            self.assert_all_fine(network, environment={**PROMPT, "TREERING_PORTS": "5000"})

    def test_a_network_that_swallows_everything_is_not_waited_for(self):
        # A connection there takes two minutes to fail, which is longer than a start may take.
        with Network(3, first=ADMIN) as network:
            job = self.assert_all_fine(network, environment={**PROMPT, "TREERING_LOG": "info"})
            self.assertRegex(job.ranks[0].text, "listens on port [0-9]+ of 192.168.0.1 .admin., 10.77.0.1 .eth0.")


class WrongChoices(case.HostsCase):
    """Starts that cannot succeed. Each takes as long as ranks wait for one another: they are under way together."""

    JOBS = {
        "docker": (3, DOCKER, {"TREERING_INTERFACES": "docker", "TREERING_PORTS": "5000"}),
        "admin": (3, ADMIN, {"TREERING_INTERFACES": "admin"}),
        "no such name": (3, (), {}),
        "no such family": (2, (), {"TREERING_ADDRESS_FAMILY": "6"}),
        "ports are taken": (2, (), {"TREERING_PORTS": "5000-5001"}),
    }

    @classmethod
    def setUpClass(cls):
        cls.jobs = {}
        for name, (hosts, first, environment) in cls.JOBS.items():
            network = Network(hosts, first=first)
            cls.addClassCleanup(network.close)
            places = network.hosts + network.hosts[1:] * 2 if name == "ports are taken" else network.hosts
            own = [{"TREERING_INTERFACES": "ib"} if name == "no such name" and rank == 2 else {}
                   for rank in range(len(places))]
            cls.jobs[name] = Job(network, case.SHORT, places=places, environments=own,
                                 environment={**environment, "TREERING_START_TIMEOUT": "15"})
            cls.addClassCleanup(cls.jobs[name].kill)

    def texts_of(self, name):
        """What the ranks have said. All must have failed."""
        job = self.jobs[name]
        self.assertEqual([3] * len(job.ranks), job.wait(), job.text)
        return [rank.text for rank in job.ranks]

    def test_an_address_that_all_hosts_have(self):
        texts = self.texts_of("docker")
        self.assertIn("ranks 1 and 2 of 3 have not joined within 15 s", texts[0])
        self.assertIn("that they can reach 172.17.0.1:5000", texts[0])
        self.assertIn("cannot be reached (172.17.0.1:5000, ", texts[1])

    def test_a_network_that_swallows_everything(self):
        self.assertRegex(self.texts_of("admin")[1], "cannot be reached .the time is up; 192.168.0.1:[0-9]+: no answer")

    def test_a_name_that_one_host_does_not_have_is_told_to_rank_0(self):
        texts = self.texts_of("no such name")
        problem = ('no network interface matches "ib" (there are: eth0 10.77.0.3, lo 127.0.0.1, lo ::1) correct '
                   "TREERING_INTERFACES")
        self.assertIn(problem, texts[2])
        self.assertIn("rank 2 could not start: " + problem, texts[0])
        # Who comes when rank 0 has ended already finds nobody to ask.
        self.assertRegex(texts[1], "rank 2 could not start: |no unique id from rank 0|"
                                   "the rendezvous, in the process that made the unique id, cannot be reached")

    def test_a_family_that_there_is_not(self):
        for text in self.texts_of("no such family"):
            self.assertRegex(text, "only (ranks of )?its own host can.*TREERING_ADDRESS_FAMILY")

    def test_ports_that_are_all_taken_are_told_to_rank_0(self):
        texts = self.texts_of("ports are taken")
        problem = (r"no TCP port to listen on \(ports 5000 to 5001 of host h1: all of them are taken\) widen "
                   "TREERING_PORTS to one port for each process of a host")
        self.assertRegex("".join(texts[1:]), "treering-perf: " + problem)
        self.assertRegex(texts[0], "rank [123] could not start: " + problem)


class SeveralInterfaces(case.HostsCase):
    def test_lists_choose_among_them(self):
        for variable, choice, expected in (("TREERING_INTERFACES", "", "eth0"),
                                           ("TREERING_INTERFACES", "=eth1", "eth1"),
                                           ("TREERING_INTERFACES", "^eth0,docker", "eth1"),
                                           ("TREERING_INTERFACES", "ib,eth1", "eth1"),
                                           ("NCCL_SOCKET_IFNAME", "^=eth1", "eth0"),
                                           ("NCCL_SOCKET_IFNAME", "eth1", "eth1")):
            with self.subTest(f"{variable}={choice}"), Network(2, nics=2) as network:
                self.assert_all_fine(network, environment={variable: choice})
                self.assertEqual({expected}, carriers(network))

    def test_any_that_works_will_do(self):
        for cut in (Network.unplug, Network.silence):
            with self.subTest(cut.__name__), Network(3, nics=2) as network:
                cut(network, network.hosts[1], 0)
                self.assert_all_fine(network, environment=PROMPT)


class Ports(case.HostsCase):
    def test_all_of_a_host_fit_into_a_range_of_as_many(self):
        with Network(2) as network:
            one, other = network.hosts
            job = self.assert_all_fine(network, places=[one, other, one, other],
                                       environment={"TREERING_PORTS": "5000-5001", "TREERING_LOG": "info"})
            for host in network.hosts:
                ports = {re.search("listens on port ([0-9]+)", rank.text)[1] for rank in job.ranks if rank.host is host}
                self.assertEqual({"5000", "5001"}, ports)


class Strangers(case.HostsCase):
    def test_scans_neither_fail_a_start_nor_hold_it_up(self):
        for how in ("garbage", "half a greeting", "nothing", "hang up"):
            with self.subTest(how), Network(4) as network:
                attacker, hosts = network.hosts[3], network.hosts[:3]
                command = [sys.executable, "-B", case.HERE / "scanner.py", how, "5000-5001"]
                log = network.folder / "scanner"
                with log.open("w") as stream:
                    scanner = subprocess.Popen(attacker.inside(command + [host.address() for host in hosts]),
                                               stdout=stream, preexec_fn=die_with_parent)
                try:
                    def all_met():
                        self.assert_all_fine(network, places=hosts + hosts,
                                             environment={**PROMPT, "TREERING_PORTS": "5000-5001"})
                        return set(log.read_text().split()) >= {host.address() for host in hosts}

                    until(all_met, "the scanner has been at every host")
                finally:
                    scanner.kill()
                    scanner.wait()


if __name__ == "__main__":
    case.main()
