import unittest
from unittest import mock

from compare.cases import Case, SizeClass
from compare.libraries import arguments_of, libraries_of

PROGRAMS = {"treering": "perf", "limits": "limits", "gloo": "gloo", "ompi4": ("mpirun4", "mpi4"),
            "ompi5": ("mpirun5", "mpi5"), "mpich4": ("hydra", "mpich"), "intel": ("/x/bin/mpiexec", "impi")}
SIZES = SizeClass((8, 128), 16, 101, 20, 12)


def library(name):
    return next(one for one in libraries_of(PROGRAMS, ["all_reduce", "scan"]) if one.name == name)


def command(name, case, cores=2):
    with mock.patch("os.cpu_count", return_value=cores):
        return library(name).command(case, arguments_of(case, SIZES, "step.txt"))


class Commands(unittest.TestCase):
    def test_measure_the_same_sizes_with_the_same_samples(self):
        case = Case("all_reduce", 2, "shm")
        self.assertEqual("perf all_reduce -b 8 -e 128 -f 16 -n 101 -w 20".split(), command("treering", case).argv[:12])
        self.assertNotIn("-R", command("treering", case).argv)
        self.assertIn("-R", command("registered", case).argv)
        for name in ("ompi4-ob1", "mpich4", "gloo", "intel", "limit"):
            self.assertEqual("all_reduce 8 128 16 101 20".split(), command(name, case).argv[-6:], name)

    def test_replay_the_same_file(self):
        case = Case("replay", 4, "tcp")
        self.assertEqual("perf replay step.txt -n 101 -w 20".split(), command("treering", case).argv[:7])
        self.assertEqual("replay step.txt 101 20".split(), command("ompi4-ucx", case).argv[-4:])

    def test_yield_only_where_ranks_outnumber_cores(self):
        self.assertIn("mpi_yield_when_idle", command("ompi4-ob1", Case("scan", 4, "shm")).argv)
        self.assertNotIn("mpi_yield_when_idle", command("ompi4-ob1", Case("scan", 4, "shm"), cores=4).argv)

    def test_keep_to_the_transport(self):
        tcp, shm = Case("scan", 2, "tcp"), Case("scan", 2, "shm")
        self.assertIn("self,tcp", command("ompi4-ob1", tcp).argv)
        self.assertIn("self,vader", command("ompi4-ob1", shm).argv)
        self.assertIn("self,sm", command("ompi5-ob1", shm).argv)
        self.assertIn("UCX_TLS=tcp,self", command("ompi4-ucx", tcp).argv)
        self.assertIn("opal_common_ucx_tls", command("ompi4-ucx", shm).argv)
        self.assertEqual("1", command("mpich4", tcp).environment["MPIR_CVAR_NOLOCAL"])
        self.assertEqual({}, command("mpich4", shm).environment)
        self.assertEqual("ofi", command("intel", tcp).environment["I_MPI_FABRICS"])


class Lacks(unittest.TestCase):
    def test_says_what_a_library_has_not(self):
        self.assertIn("TCP only", library("gloo").lacks(Case("all_reduce", 2, "shm")))
        self.assertIn("no scan", library("gloo").lacks(Case("scan", 2, "tcp")))
        self.assertIsNone(library("gloo").lacks(Case("all_reduce", 2, "tcp")))
        self.assertIn("yet", library("treering").lacks(Case("all_to_all", 2, "tcp")))
        self.assertIsNotNone(library("registered").lacks(Case("all_reduce", 2, "tcp")))
        self.assertIsNotNone(library("limit-tcp").lacks(Case("all_reduce", 2, "shm")))

    def test_absent_programs_are_absent_libraries(self):
        names = [one.name for one in libraries_of({"treering": "perf", "limits": "limits"}, [])]
        self.assertEqual(["treering", "registered", "limit", "limit-nt", "limit-tcp"], names)


if __name__ == "__main__":
    unittest.main()
