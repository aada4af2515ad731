"""Ranks on hosts, started with the variables of torchrun: what a launcher would do by ssh."""

import os
import pathlib
import signal
import subprocess
import time

from network import die_with_parent

SOURCES = pathlib.Path(__file__).resolve().parents[2]
PERF = os.environ.get("TREERING_PERF", str(SOURCES / "build/release/bin/treering-perf"))
OURS = ("TREERING_", "NCCL_", "OMPI_", "PMI", "SLURM_", "TORCHELASTIC_")


class Rank:
    def __init__(self, number, host, process, output):
        self.number, self.host, self.process, self.output = number, host, process, output

    @property
    def text(self):
        """All that it has said, on both its outputs."""
        return self.output.read_text(errors="replace")


class Job:
    """One rank on each host of `places`, which may name a host several times: all run `treering-perf WORDS`."""

    jobs = 0

    def __init__(self, network, words, places=None, command=None, environment=None, environments=None):
        Job.jobs += 1
        places = network.hosts if places is None else places
        self.ranks = []
        rendezvous = network.folder / "rendezvous"
        rendezvous.mkdir(mode=0o700, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        for number, host in enumerate(places):
            runtime = network.folder / f"run{host.number}"
            runtime.mkdir(mode=0o700, exist_ok=True)
            local = sum(other is host for other in places[:number])
            variables = {
                **kept, "XDG_RUNTIME_DIR": str(runtime), "TREERING_RENDEZVOUS_DIRECTORY": str(rendezvous),
                "TREERING_CONSTANTS": "none", "RANK": str(number), "WORLD_SIZE": str(len(places)),
                "LOCAL_RANK": str(local), "MASTER_ADDR": "h0", "MASTER_PORT": "29500",
                "TORCHELASTIC_RUN_ID": str(Job.jobs), **(environment or {}),
                **(environments[number] if environments else {})}
            output = network.folder / f"job{Job.jobs}.rank{number}"
            with output.open("wb") as stream:
                process = subprocess.Popen(host.inside((command or [PERF]) + list(words)), env=variables, stdout=stream,
                                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                           preexec_fn=die_with_parent)
            self.ranks.append(Rank(number, host, process, output))

    def wait(self, timeout_s=120):
        """The status of every rank, in their order. Late ranks are killed, and have none. 0: none is too late."""
        deadline = time.monotonic() + timeout_s
        statuses = []
        for rank in self.ranks:
            try:
                statuses.append(rank.process.wait(max(0, deadline - time.monotonic()) if timeout_s else None))
            except subprocess.TimeoutExpired:
                statuses.append(None)
        self.kill()
        return statuses

    def kill(self):
        for rank in self.ranks:
            if rank.process.poll() is None:
                rank.process.send_signal(signal.SIGKILL)
                rank.process.wait()

    @property
    def text(self):
        return "\n".join(f"--- rank {rank.number} on {rank.host.name}: status {rank.process.poll()}\n{rank.text}"
                         for rank in self.ranks)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
