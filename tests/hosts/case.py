"""What all test cases on hosts share."""

import pathlib
import sys
import unittest

from job import Job
from network import why_not

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
CHECKED = ["-c", "1", "-n", "1", "-w", "0"]
SHORT = ["all_reduce", "-b", "1M", "-e", "1M", *CHECKED]


class HostsCase(unittest.TestCase):
    longMessage = True
    maxDiff = None

    def assert_all_fine(self, network, words=SHORT, **job):
        """Runs a job to its end, which must be a good one; gives the job."""
        with Job(network, words, **job) as started:
            statuses = started.wait()
            self.assertEqual([0] * len(started.ranks), statuses, started.text)
        return started


def main():
    reason = why_not()
    if reason:
        print(f"SKIPPED: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
