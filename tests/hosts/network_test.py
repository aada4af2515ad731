"""The networks that the other cases run on are what they say, and leave nothing behind."""

import os
import pathlib
import signal
import subprocess
import sys

import case
from network import Network, until

HERE = pathlib.Path(__file__).parent


def links_outside():
    return subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout


class Networks(case.HostsCase):
    def test_hosts_have_names_boot_ids_and_interfaces_of_their_own(self):
        before = links_outside()
        with Network(2, nics=2, families=(4, 6)) as network:
            seen = [host.call("cat", "/proc/sys/kernel/random/boot_id") + host.call("hostname") for host in network.hosts]
            self.assertEqual(2, len(set(seen)), seen)
            addresses = network.hosts[1].call("ip", "-brief", "address")
            for address in ("10.77.0.2/24", "10.77.1.2/24", "fd77::2/64", "fd77:1::2/64"):
                self.assertIn(address, addresses)
            self.assertEqual(before, links_outside())

    def test_a_cable_carries_its_rate_and_no_more(self):
        with Network(2, rate="200mbit") as network:
            said = "".join(place.call("tc", "qdisc", "show") for place in network.hosts + [network.switch])
            self.assertEqual(4, said.count("tbf"), said)
            self.assertEqual(4, said.count("rate 200Mbit"), said)

    def test_nothing_is_left_when_the_process_is_killed(self):
        program = ("import sys; sys.path.insert(0, sys.argv[1]); from network import Network\n"
                   "network = Network(2); print(*(n.pid for n in network.hosts + [network.switch]), flush=True)\n"
                   "print(network.folder, flush=True); input()")
        process = subprocess.Popen([sys.executable, "-B", "-c", program, HERE], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        holders = process.stdout.readline().split()
        folder = process.stdout.readline().strip()
        self.assertEqual(3, len(holders))
        self.assertTrue(os.path.isdir(folder))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        until(lambda: not any(os.path.exists(f"/proc/{holder}") for holder in holders), "the holders have ended")
        with Network(1):
            self.assertFalse(os.path.exists(folder), "the next network clears up")


if __name__ == "__main__":
    case.main()
