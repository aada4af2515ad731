"""The launchers of Open MPI and MPICH."""

import os
import shutil
import unittest

import case


class Mpi(case.LauncherCase):
    def needs(self, program):
        if not shutil.which(program):
            self.skipTest(f"there is no {program}")

    def test_open_mpi(self):
        self.needs("mpirun.openmpi")
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        self.assert_checked(["mpirun.openmpi", *root, "--oversubscribe", "-n", "3", *case.CHECKED], 3)

    def test_mpich(self):
        self.needs("mpirun.mpich")
        self.assert_checked(["mpirun.mpich", "-n", "3", *case.CHECKED], 3)

    def test_mpich_and_a_shell_in_between(self):
        self.needs("mpirun.mpich")
        self.assert_checked(["mpirun.mpich", "-n", "2", "sh", "-c", '"$@"; exit $?', "sh", *case.CHECKED], 2)


if __name__ == "__main__":
    if not any(map(shutil.which, ("mpirun.openmpi", "mpirun.mpich"))):
        case.skip("there is neither mpirun.openmpi nor mpirun.mpich (packages openmpi-bin, mpich)")
    unittest.main(verbosity=2)
