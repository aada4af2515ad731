#!/usr/bin/env python3
"""Runs a command as one rank on each of some hosts that are network namespaces of this machine. As root, for example:

tests/hosts/run.py --hosts 4 --rate 1gbit -- build/release/bin/treering-perf all_reduce -b 64M -e 64M
"""

import argparse
import os
import shutil
import signal
import sys

from job import Job
from network import Network, why_not


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=2, help="how many (2)")
    parser.add_argument("--ranks", type=int, default=1, help="on each of them (1)")
    parser.add_argument("--nics", type=int, default=1, help="of each host, every one on a network of its own (1)")
    parser.add_argument("--rate", help="of each cable each way, as tc(8) writes it: 1gbit (as fast as the machine)")
    parser.add_argument("--mtu", type=int, default=1500, help="largest packet on every cable, in bytes (1500)")
    parser.add_argument("--congestion", default="", help="how TCP avoids congestion: reno (as on this machine)")
    parser.add_argument("--ipv6", action="store_true", help="addresses of IPv6 instead of IPv4")
    parser.add_argument("command", nargs="+", help="of each rank, after --")
    return parser.parse_args()


def main():
    wanted = arguments()
    reason = why_not()
    if reason:
        sys.exit(f"run.py: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    program = os.path.abspath(shutil.which(wanted.command[0]) or wanted.command[0])
    families = (6,) if wanted.ipv6 else (4,)
    with Network(wanted.hosts, nics=wanted.nics, rate=wanted.rate, families=families, mtu=wanted.mtu,
                 congestion=wanted.congestion) as network:
        places = [host for host in network.hosts for _ in range(wanted.ranks)]
        passed = {name: value for name, value in os.environ.items() if name.startswith(("TREERING_", "NCCL_"))}
        with Job(network, wanted.command[1:], places=places, command=[program], environment=passed) as job:
            statuses = job.wait(timeout_s=0)
            for rank in job.ranks:
                sys.stdout.write(rank.text)
    sys.exit(max(status if status >= 0 else 128 - status for status in statuses))


if __name__ == "__main__":
    main()
