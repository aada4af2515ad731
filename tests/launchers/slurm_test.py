"""srun in a cluster of one node, whose daemons the test starts on ports and in a folder of its own."""

import os
import shutil
import socket
import subprocess
import unittest

import case
from network import die_with_parent, until

NEEDED = ("munged", "slurmctld", "slurmd", "srun", "sinfo")
CONFIGURATION = """
ClusterName=treering
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slurm(case.LauncherCase):
    def setUp(self):
        super().setUp()
        for folder in ("state", "spool"):
            (self.folder / folder).mkdir()
        os.chmod(self.folder, 0o755)  # munged insists that others can reach its socket
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        controller_port, node_port = free_ports(2)
        self.configuration = self.folder / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(
            host=socket.gethostname(), folder=self.folder, controller_port=controller_port, node_port=node_port))
        self.environment["SLURM_CONF"] = str(self.configuration)
        self.start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket",
                   f"--pid-file={self.folder}/munged.pid", f"--seed-file={self.folder}/munged.seed",
                   f"--log-file={self.folder}/munged.log")
        until((self.folder / "munge.socket").exists, "munged listens", 20)
        self.start("slurmctld", "-D", "-c", "-f", self.configuration)
        self.start("slurmd", "-D", "-f", self.configuration, "-N", socket.gethostname())
        try:
            until(self.is_idle, "the node of Slurm is idle", 40)
        except AssertionError as late:
            self.skipTest(f"Slurm does not come up here: {late}; {self.logs()}")

    def start(self, *words):
        log = (self.folder / f"{words[0]}.output").open("wb")
        daemon = subprocess.Popen([str(word) for word in words], env=self.environment, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        log.close()
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

    def is_idle(self):
        return self.call(["sinfo", "--noheader", "--format=%t"]).stdout.strip() == "idle"

    def logs(self):
        return "; ".join(f"{log.name}: {log.read_text(errors='replace')[-300:]}"
                         for log in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.output")))

    def test_srun(self):
        self.assert_checked(["srun", "-n", "3", *case.CHECKED], 3)
        plugins = self.call(["srun", "--mpi=list"])
        for plugin in ("pmi2", "pmix"):
            if plugin in (plugins.stdout + plugins.stderr).split():
                with self.subTest(plugin):
                    self.assert_checked(["srun", f"--mpi={plugin}", "-n", "3", *case.CHECKED], 3)


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        case.skip(f"there is no {', '.join(missing)} (packages slurmctld, slurmd, slurm-client, munge)")
    if os.geteuid() != 0:
        case.skip("a cluster of Slurm needs root")
    unittest.main(verbosity=2)
