"""What ends in the middle of an operation ends it for all, soon, with a message that says who, where and why."""

import re
import signal
import time

import case
from job import Job
from network import Network, until

PATIENCE = "TREERING_SILENCE_TIMEOUT"
ENDLESS = ["all_reduce", "-b", "8M", "-e", "8M", "-c", "0", "-n", "1000000", "-w", "0"]
NAME = "rank {0} .host h{0}, pid [0-9]+."
OUT_OF_REACH = (NAME + " cannot be reached any more .its connection broke: no answer for [^,]+, "
                       "from 10.77.0.{1} on eth0 to 10.77.0.{2}:")
REPEATED = ["all_reduce", "-b", "4M", "-e", "4M", "-c", "60", "-n", "1", "-w", "0"]  # all are checked
SILENT = NAME + " has not answered for [0-9.]+ s .from 10.77.0.{1} on eth0.* to 10.77.0.{2}:"
BACK = NAME + " answers again"


def wait_for_traffic(network):
    before = [host.sent_bytes("eth0") for host in network.hosts]
    for host, sent in zip(network.hosts, before):
        until(lambda host=host, sent=sent: host.sent_bytes("eth0") > sent + 5_000_000, "data flows")


def data_connection(host, peer):
    """The ports here and there of the connection between two hosts that has carried most."""
    lines = host.call("ss", "--tcp", "--numeric", "--info", "--no-header", "--oneline").splitlines()
    found = []
    for line in lines:
        ports = re.search(rf"{host.address()}\]?:([0-9]+) +\S*{peer.address()}\]?:([0-9]+)", line)
        sent = re.search("bytes_sent:([0-9]+)", line)
        if ports and sent:
            found.append((int(sent[1]), ports[1], ports[2]))
    return max(found)[1:]


class Failures(case.HostsCase):
    def messages_after(self, fault, hosts=4, expected=None, patience="3s"):
        """What all ranks have said in the end. They must have failed."""
        with Network(hosts, rate="1gbit") as net, Job(net, ENDLESS, environment={PATIENCE: patience}) as job:
            wait_for_traffic(net)
            fault(net, job)
            self.assertEqual(expected or [3] * hosts, job.wait(), job.text)
            return [rank.text for rank in job.ranks]

    def test_a_killed_rank_is_named_with_its_host(self):
        texts = self.messages_after(lambda net, job: job.ranks[2].process.kill(), expected=[3, 3, -signal.SIGKILL, 3])
        for rank in (0, 1, 3):
            self.assertRegex(texts[rank], NAME.format(2) + " died")

    def test_a_cable_that_is_pulled_is_named_on_both_sides(self):
        texts = self.messages_after(lambda net, job: net.unplug(net.hosts[2]))
        for rank in (0, 3):
            self.assertRegex(texts[rank], OUT_OF_REACH.format(2, rank + 1, 3))
        self.assertRegex(texts[1], OUT_OF_REACH.format(2, "[14]", 3))
        self.assertRegex(texts[2], "cannot be reached any more .*from 10.77.0.3 on eth0, which has no carrier, to 10.77.0")

    def test_an_interface_that_is_switched_off_is_named(self):
        texts = self.messages_after(lambda net, job: net.hosts[1].ip("link set eth0 down"))
        for rank in (0, 2, 3):
            self.assertRegex(texts[rank], OUT_OF_REACH.format(1, 1, 2))
        self.assertRegex(texts[1], "from 10.77.0.2 on eth0, which is down, to 10.77.0.1")

    def test_a_host_that_falls_silent_is_named(self):
        texts = self.messages_after(lambda net, job: net.silence(net.hosts[0]))
        for rank in (1, 2, 3):
            self.assertRegex(texts[rank], OUT_OF_REACH.format(0, "[234]", 1))
        self.assertRegex(texts[0], NAME.format("[123]") + " cannot be reached any more")

    def test_a_connection_that_is_swallowed_is_named_though_the_hosts_reach_one_another(self):
        def swallow(net, job):
            one, other = net.hosts
            here, there = data_connection(one, other)
            one.ip(f"rule add ipproto tcp sport {here} dport {there} blackhole")

        for text in self.messages_after(swallow, hosts=2):
            self.assertRegex(text, "rank ([01]) has lost the TCP connection to rank ([01]) .no answer for [^,]+, "
                                   "from 10.77.0.[12] on eth0 to 10.77.0.[12]:[0-9]+. check cables, switches and "
                                   "firewalls")

    def survive(self, out, back):
        """What all ranks have said of an outage in the middle that is repaired as soon as somebody warns of it, and has
        then lasted for five seconds at least. They must have come to their ends, with the right results."""
        with Network(4, rate="1gbit") as net, Job(net, REPEATED, environment={PATIENCE: "60s"}) as job:
            wait_for_traffic(net)
            out(net)
            time.sleep(5)
            until(lambda: "has not answered" in job.text, "somebody warns")
            back(net)
            self.assertEqual([0] * 4, job.wait(), job.text)
            return [rank.text for rank in job.ranks]

    def test_a_cable_that_is_out_for_seconds_ends_nothing(self):
        texts = self.survive(lambda net: net.unplug(net.hosts[2]), lambda net: net.plug_in(net.hosts[2]))
        for said in (SILENT, BACK):
            self.assertRegex(texts[0], said.format(2, 1, 3))  # its parent in the tree of the control plane
        self.assertEqual(1, len(re.findall(SILENT.format(2, 1, 3), texts[0])), texts[0])

    def test_an_interface_that_is_off_for_seconds_ends_nothing(self):
        texts = self.survive(lambda net: net.hosts[1].ip("link set eth0 down"),
                             lambda net: net.hosts[1].ip("link set eth0 up"))
        self.assertRegex(texts[1], SILENT.format("[023]", 2, "[134]"))
        self.assertRegex(texts[1], "on eth0, which is down,")

    def test_patience_is_ten_seconds_by_itself(self):
        with Network(2, rate="1gbit") as net, Job(net, ENDLESS) as job:
            wait_for_traffic(net)
            net.unplug(net.hosts[1])
            self.assertEqual([3, 3], job.wait(), job.text)
            text = job.ranks[0].text
        self.assertRegex(text, "given up after 10 s .TREERING_SILENCE_TIMEOUT")
        self.assertRegex(text, NAME.format(1) + " cannot be reached .*no answer for 1[0-9.]+ s, from")

    def test_two_seconds_of_patience_end_without_a_warning(self):
        for text in self.messages_after(lambda net, job: net.unplug(net.hosts[1]), hosts=2, patience="2s"):
            self.assertRegex(text, NAME.format("[01]") + " cannot be reached any more .its connection broke: no answer "
                                                         "for [23][0-9.]* s, from 10.77.0.[12] on eth0")
            self.assertNotIn("has not answered", text)

    def test_a_cable_that_carries_nothing_may_be_pulled(self):
        with Network(3, nics=2, rate="1gbit") as network, Job(network, ENDLESS) as job:
            wait_for_traffic(network)
            network.unplug(network.hosts[1], nic=1)
            for _ in range(3):
                wait_for_traffic(network)
            self.assertEqual([None] * 3, [rank.process.poll() for rank in job.ranks], job.text)


if __name__ == "__main__":
    case.main()
