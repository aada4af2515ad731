"""Hosts on this machine: network namespaces joined by veth pairs and bridges.

Each host has a network, a host name and a boot id of its own (by which Treering tells hosts apart); files are the
machine's. Bridges live in a namespace of their own, so that nothing of this is seen outside, and two networks at once do
not disturb one another. A namespace lives as long as the process that holds it, which ends when this one does, however
that ends: nothing is left behind.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

NEEDED = ("ip", "tc", "unshare", "nsenter", "mount", "hostname")
PREFIX = "treering-network-"  # of folders: then comes the process that owns them
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def sweep():
    """Removes the folders of processes that were killed."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            shutil.rmtree(folder, ignore_errors=True)


class Namespaces:
    """Those of one host, or of the switch between them: held by a process that ends with its standard input."""

    def __init__(self, preparation):
        # `cat` reads from a pipe whose other end is ours alone.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "sh", "-c", f"{preparation} && echo ready && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            problem = self.holder.stderr.read().strip()
            self.close()
            raise OSError(f"no namespaces ({problem})")

    @property
    def pid(self):
        return self.holder.pid

    def inside(self, command):
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--uts", f"--wdns={os.getcwd()}", "--",
                *map(str, command)]

    def call(self, *command, text=None):
        """The output of a command that must succeed."""
        done = subprocess.run(self.inside(command), input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
        return done.stdout

    def ip(self, *lines):
        """Commands of ip(8), without the word itself."""
        return self.call("ip", "-batch", "-", text="".join(line + "\n" for line in lines))

    def tc(self, *lines):
        return self.call("tc", "-batch", "-", text="".join(line + "\n" for line in lines))

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


class Host(Namespaces):
    def __init__(self, number, folder):
        self.number = number
        self.name = f"h{number}"
        boot_id = folder / f"boot_id{number}"
        boot_id.write_text(f"00000000-1111-2222-3333-{number:012d}\n")
        super().__init__(f"hostname {self.name} && mount --bind {boot_id} /proc/sys/kernel/random/boot_id && "
                         "ip link set lo up && (mount -t sysfs sysfs /sys 2>/dev/null || true)")

    def address(self, nic=0, family=4):
        return f"10.77.{nic}.{self.number + 1}" if family == 4 else f"fd77:{nic}::{self.number + 1}"

    def sent_bytes(self, interface):
        link = json.loads(self.call("ip", "-json", "-stats", "link", "show", interface))[0]
        return link["stats64"]["tx"]["bytes"]


class Network:
    """`hosts` hosts with `nics` interfaces each: eth0 of all on one bridge, eth1 of all on another.

    `rate`: what each cable carries each way, as tc(8) writes it ("1gbit"). `families`: of the addresses, 4 and 6.
    `first`: commands of ip(8) for every host before it gets its interfaces, "{number}" being that of the host.
    `mtu`: largest packet on every cable, in bytes. `congestion`: how TCP avoids it; empty: as on this machine.
    """

    def __init__(self, hosts, nics=1, rate=None, families=(4,), first=(), mtu=1500, congestion=""):
        sweep()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.hosts = []
        self.switch = None
        try:
            self.switch = Namespaces("true")
            self.switch.ip(*(f"link add bridge{nic} up type bridge" for nic in range(nics)))
            for number in range(hosts):
                host = Host(number, self.folder)
                self.hosts.append(host)
                if first:
                    host.ip(*(line.format(number=number) for line in first))
                if congestion:
                    host.call("tee", "/proc/sys/net/ipv4/tcp_congestion_control", text=congestion)
                for nic in range(nics):
                    self._connect(host, nic, rate, families, mtu)
        except BaseException:
            self.close()
            raise

    def _connect(self, host, nic, rate, families, mtu):
        interface, port = f"eth{nic}", self.port(host, nic)
        self.switch.ip(f"link add {port} mtu {mtu} type veth peer name {interface} mtu {mtu} netns {host.pid}",
                       f"link set {port} master bridge{nic} up")
        lines = [f"link set {interface} up"]
        if 4 in families:
            lines.append(f"addr add {host.address(nic, 4)}/24 dev {interface}")
        if 6 in families:
            lines.append(f"addr add {host.address(nic, 6)}/64 dev {interface} nodad")
        host.ip(*lines)
        if rate:
            bucket = f"root tbf rate {rate} burst 256k latency 20ms"
            host.tc(f"qdisc add dev {interface} {bucket}")
            self.switch.tc(f"qdisc add dev {port} {bucket}")

    @staticmethod
    def port(host, nic=0):
        return f"port{host.number}.{nic}"

    def unplug(self, host, nic=0):
        """The cable at the switch: the host's interface has no carrier any more."""
        self.switch.ip(f"link set {self.port(host, nic)} down")

    def plug_in(self, host, nic=0):
        """The same cable again."""
        self.switch.ip(f"link set {self.port(host, nic)} up")

    def silence(self, host, nic=0):
        """The cable is in, and nothing comes through."""
        self.switch.ip(f"link set {self.port(host, nic)} nomaster")

    def close(self):
        for namespaces in self.hosts + [self.switch]:
            if namespaces:
                namespaces.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def why_not():
    """Why there can be no hosts here; empty: there can."""
    missing = [program for program in NEEDED if not shutil.which(program)]
    if os.geteuid() != 0:
        return "namespaces need root"
    if missing:
        return f"there is no {', '.join(missing)} (packages iproute2, util-linux, hostname)"
    try:
        with Network(2, rate="1gbit") as network:
            network.hosts[0].ip("link add docker0 type bridge")
    except OSError as error:
        return f"this machine gives no networks of namespaces: {error}"
    return ""


def until(holds, what, timeout_s=60):
    """Waits for a condition that comes in time, however slow the machine is."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.02)
