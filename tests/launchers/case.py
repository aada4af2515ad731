"""What tests of launchers share: jobs whose ranks know who they are by their environment alone."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
sys.path.insert(1, str(SOURCES / "tests/hosts"))  # hosts that are network namespaces

BIN = SOURCES / "build/release/bin"
PERF = os.environ.get("TREERING_PERF", str(BIN / "treering-perf"))
RUN = os.environ.get("TREERING_RUN", str(BIN / "treering-run"))
SKIPPED = 77
CHECKED = [PERF, "all_reduce", "-b", "8", "-e", "256K", "-f", "32", "-c", "1", "-n", "1", "-w", "0"]
OF_OTHERS = ("TREERING_", "OMPI_", "PMI", "PRTE_", "SLURM_", "TORCHELASTIC_", "RANK", "WORLD_SIZE", "LOCAL_RANK",
             "MPI_LOCAL")


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)}
    return {**kept, "TREERING_CONSTANTS": "none", **more}


class LauncherCase(unittest.TestCase):
    longMessage = True
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="treering-launchers-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700)
        self.environment = environment(XDG_RUNTIME_DIR=str(runtime))

    def call(self, command, timeout_s=60, **more):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout_s,
                              stdin=more.pop("stdin", None if "input" in more else subprocess.DEVNULL),
                              env=more.pop("env", self.environment), **more)

    def assert_checked(self, command, ranks, hosts=1, **more):
        """Runs a job of treering-perf to its end: so many ranks in one communicator, all of whose data is right."""
        done = self.call(command, **more)
        said = done.stdout + done.stderr
        self.assertEqual(0, done.returncode, said)
        self.assertEqual([f"{ranks} ranks of treering-perf on {hosts} host{'s' if hosts > 1 else ''}"],
                         re.findall(r"\d+ ranks of treering-perf on \d+ hosts?", done.stdout), said)
        self.assertIn("Out of bounds values : 0 OK", done.stdout)
        return done


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)
