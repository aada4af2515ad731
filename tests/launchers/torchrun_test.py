"""torchrun of PyTorch, where there is one."""

import subprocess
import sys
import unittest

import case


def has_torch(python):
    return subprocess.run([python, "-c", "import torch.distributed.run"], capture_output=True).returncode == 0


PYTHON = next(filter(has_torch, (sys.executable, "/usr/bin/python3")), None)


class Torchrun(case.LauncherCase):
    def test_torchrun(self):
        self.assert_checked([PYTHON, "-m", "torch.distributed.run", "--no-python", "--standalone",
                             "--nproc-per-node", "3", *case.CHECKED], 3, timeout_s=200)


if __name__ == "__main__":
    if not PYTHON:
        case.skip("no python3 here has torch")
    unittest.main(verbosity=2)
