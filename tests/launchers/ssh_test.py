"""Jobs on several hosts by the sshd of OpenSSH: hosts are network namespaces, which share no rendezvous directory."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import case
from network import Network, die_with_parent, until, why_not

SSHD = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
SSH_CONFIGURATION = """
Host *
  User root
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  LogLevel ERROR
"""


class Ssh(case.LauncherCase):
    """h0 starts jobs; h1 and h2 are reached by ssh, with keys that are thrown away afterwards."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(3)
        cls.addClassCleanup(cls.network.close)
        folder = cls.keys = pathlib.Path(tempfile.mkdtemp(prefix="treering-keys-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        for key in ("key", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
        (folder / "ssh_config").write_text(SSH_CONFIGURATION.format(folder=folder))
        (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"{host.address()} {host.name}\n"
                                                                        for host in cls.network.hosts))
        for host in cls.network.hosts:
            host.call("sh", "-c", f"mount --bind {folder}/hosts /etc/hosts && mount -t tmpfs tmpfs /run && "
                                  "mkdir -m 755 /run/sshd")
        for host in cls.network.hosts[1:]:
            cls.start_sshd(host)

    @classmethod
    def start_sshd(cls, host):
        options = {"HostKey": cls.keys / "host_key", "AuthorizedKeysFile": cls.keys / "key.pub", "StrictModes": "no",
                   "UsePAM": "no", "PermitRootLogin": "prohibit-password", "PidFile": "none"}
        server = subprocess.Popen(host.inside([SSHD, "-D", "-e", "-f", "/dev/null", *(
            f"-o{name}={value}" for name, value in options.items())]), stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        until(lambda: ":22 " in host.call("ss", "-Hltn"), f"sshd listens on {host.name}")

    def setUp(self):
        super().setUp()
        self.ssh = f"ssh -T -o BatchMode=yes -F {self.keys}/ssh_config"
        self.environment.update(TREERING_SSH=self.ssh, TREERING_RENDEZVOUS_DIRECTORY="/nonexistent/none")

    def words(self, *words):
        return self.network.hosts[0].inside([case.RUN, *words])

    def test_a_job_on_three_hosts(self):
        self.assert_checked(self.words("--hosts", "h0:2,h1:1,h2:2", "--", *case.CHECKED), 5, hosts=3)

    def test_several_communicators_on_hosts_by_ssh_alone(self):
        self.assert_checked(self.words("--hosts", "h1,h2", "--", *case.CHECKED, "-t", "2"), 4, hosts=2)

    def test_ranks_stand_in_the_order_of_hosts(self):
        hosts = self.folder / "hosts"
        hosts.write_text("h2 slots=2\nh0:1 # here\n\nh1 slots=9\n")
        done = self.call(self.words("--hostfile", hosts, "-n", "5", "--tag", "sh", "-c",
                                    "echo $(uname -n) $TREERING_LOCAL_RANK"))
        self.assertEqual(["[0] h2 0", "[1] h2 1", "[2] h0 0", "[3] h1 0", "[4] h1 1"], sorted(done.stdout.splitlines()),
                         done.stderr)

    def test_arguments_directory_input_and_variables_go_along(self):
        words = ["a b", "it's", '"', "two\nlines", "$HOME", "*", "", "\\"]
        done = self.call(self.words("--hosts", "h1", "-x", "ODD=a 'b'\n$c", "--wdir", "/usr", "sh", "-c",
                                    'printf "<%s>" "$(pwd)" "$ODD" "$NCCL_DEBUG" "$(cat)" "$@"', "sh", *words),
                         input="to rank 0", env={**self.environment, "NCCL_DEBUG": "WARN"})
        self.assertEqual("".join(f"<{word}>" for word in ["/usr", "a 'b'\n$c", "WARN", "to rank 0", *words]),
                         done.stdout, done.stderr)

    def test_a_killed_rank_on_another_host(self):
        done = self.call(self.words("--hosts", "h1,h2", "--grace", "0", "sh", "-c",
                                    "[ $TREERING_RANK = 1 ] || exec sleep 1000; kill -KILL $$"))
        self.assertEqual(128 + 9, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r"rank 1 on h2 \(pid \d+\) was killed by signal 9 \(Killed\)")

    def test_no_key_no_job(self):
        done = self.call(self.words("--ssh", self.ssh + " -o IdentityFile=/dev/null -F /dev/null", "--hosts", "h0,h1",
                                    "echo", "started"))
        self.assertEqual((125, ""), (done.returncode, done.stdout))
        self.assertIn("no treering-run on host h1 (ssh ended with status 255)", done.stderr)

    def test_another_release_is_refused(self):
        other = self.folder / "other"
        other.write_text("#!/bin/sh\necho; echo treering-run agent 9.9.9\ncat\n")
        other.chmod(0o755)
        done = self.call(self.words("--remote-path", other, "--hosts", "h0,h1", "true"))
        self.assertEqual(125, done.returncode)
        self.assertRegex(done.stderr, r"host h1 has treering-run 9\.9\.9 \(this is .*\) install one release")

    def start_sleepers(self):
        launcher = subprocess.Popen(self.words("--hosts", "h0,h1,h2", "sh", "-c", "echo $$; sleep 1000 & wait"),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                    env=self.environment)
        self.addCleanup(launcher.stderr.close)
        self.addCleanup(launcher.stdout.close)
        self.addCleanup(launcher.wait)
        self.addCleanup(launcher.kill)
        return launcher, [launcher.stdout.readline().strip() for _ in range(3)]

    def assert_gone(self, groups):
        for group in groups:  # hosts have the processes of this machine
            until(lambda: self.call(["pgrep", "-g", group]).returncode != 0, "ranks and what they started end", 30)

    def test_nobody_outlives_a_killed_launcher(self):
        launcher, groups = self.start_sleepers()
        launcher.kill()  # nsenter has become treering-run
        self.assert_gone(groups)

    def test_a_cut_connection_ends_the_job(self):
        launcher, groups = self.start_sleepers()
        clients = self.call(["pgrep", "-P", launcher.pid, "-x", "ssh"]).stdout.split()
        self.assertEqual(2, len(clients))
        os.kill(int(clients[0]), 9)
        self.assertEqual(125, launcher.wait(60))
        self.assertRegex(launcher.stderr.read(), "lost host h[12] with 1 of its ranks")
        self.assert_gone(groups)

    def test_open_mpi_by_ssh(self):
        if not shutil.which("mpirun.openmpi"):
            self.skipTest("there is no mpirun.openmpi")
        rendezvous = self.folder / "rendezvous"
        rendezvous.mkdir(mode=0o700)
        self.assert_checked(self.network.hosts[0].inside([
            "mpirun.openmpi", "--allow-run-as-root", "--mca", "plm_rsh_agent", self.ssh, "--host", "h0:1,h1:1", "-x",
            "TREERING_RENDEZVOUS_DIRECTORY", "-x", "TREERING_CONSTANTS", *case.CHECKED]), 2, hosts=2,
            env={**self.environment, "TREERING_RENDEZVOUS_DIRECTORY": str(rendezvous)})


if __name__ == "__main__":
    if not SSHD or not shutil.which("ssh"):
        case.skip("there is no sshd (package openssh-server)")
    reason = why_not()
    if reason:
        case.skip(reason)
    unittest.main(verbosity=2)
