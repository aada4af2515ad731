import pathlib
import sys
import time
import unittest

from compare.libraries import Command
from compare.running import run, times_in

TREERING = """\
# treering-perf 0.1.0: all_reduce, 2 ranks
           8             2     float     sum      -1     0.40    0.02    0.02       0     0.41    0.02    0.02       0
size,count,type,redop,root,place,time_us,algbw,busbw,wrong,min,avg,p50,p95,p99,max,stdev,calls
8,2,float,sum,-1,out_of_place,0.61,0.1,0.1,,0.4,0.6,0.55,0.7,0.8,0.9,0.1,20
8,2,float,sum,-1,in_place,0.41,0.1,0.1,,0.3,0.4,0.39,0.5,0.6,0.7,0.1,20
128,32,float,sum,-1,out_of_place,0.91,0.1,0.1,,0.8,0.9,0.85,0.9,1,1,0.1,20
"""


class Times(unittest.TestCase):
    def test_of_treering_are_medians_out_of_place(self):
        self.assertEqual({8: 0.55, 128: 0.85}, times_in(TREERING))

    def test_of_a_peer_are_its_lines_and_nothing_else(self):
        self.assertEqual({8: 1.25, 2048: 7.5}, times_in("8,1.2500\nwarning, 3 things\n2048,7.5\n1,2,3\n"))

    def test_of_a_step_stand_under_0(self):
        self.assertEqual({0: 377342.0}, times_in("step,377342.0\n"))
        self.assertEqual({0: 1500.0}, times_in("# One step             : 1.500 ms (1.4 to 1.6 in 3 steps), 12 collectives"))


class Run(unittest.TestCase):
    def python(self, program, timeout_s=30):
        return run(Command([sys.executable, "-c", program], {"ANSWER": "42"}), timeout_s)

    def is_alive(self, process):
        try:
            return ") Z " not in pathlib.Path(f"/proc/{process}/stat").read_text()
        except OSError:
            return False

    def test_gives_the_environment_and_reads_the_times(self):
        outcome = self.python("import os; print('8,' + os.environ['ANSWER'])")
        self.assertEqual(({8: 42.0}, ""), (outcome.times, outcome.problem))

    def test_keeps_what_was_measured_before_a_failure_and_says_why(self):
        outcome = self.python("import sys; print('8,1.0'); print('hello\\n[host:17] Error: no route', file=sys.stderr); sys.exit(3)")
        self.assertEqual({8: 1.0}, outcome.times)
        self.assertEqual("status 3: Error: no route", outcome.problem)

    def test_ends_what_takes_too_long_and_all_that_it_started(self):
        outcome = self.python("import subprocess, sys, time\n"
                              "child = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
                              "print('8,1.0'); print(f'{child.pid},1.0', flush=True); time.sleep(1000)", timeout_s=2)
        self.assertTrue(outcome.is_late)
        self.assertIn("not done after 2 s", outcome.problem)
        child = max(outcome.times)
        deadline = time.monotonic() + 30  # a zombie until its new parent has buried it
        while self.is_alive(child):
            self.assertLess(time.monotonic(), deadline, f"process {child} lives")
            time.sleep(0.05)

    def test_flag_is_a_number_or_nothing(self):
        self.assertEqual(124.1, self.python("print(124.1)").flag_ns)
        self.assertIsNone(self.python("pass").flag_ns)


if __name__ == "__main__":
    unittest.main()
