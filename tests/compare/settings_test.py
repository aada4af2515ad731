import contextlib
import io
import unittest

from compare.settings import settings_of


def names(*argv):
    return [case.name for case in settings_of(argv).cases]


class Settings(unittest.TestCase):
    def test_names_cases_by_collective_then_transport_then_ranks(self):
        self.assertEqual(["scan-2-shm", "scan-4-shm", "scan-2-tcp", "scan-4-tcp"],
                         names("--collective", "scan", "--ranks", "2,4"))

    def test_everything_by_default(self):
        self.assertEqual(8 * 3 * 2 + 2, len(names()))

    def test_quick_takes_the_other_options_too(self):
        self.assertEqual(["scan-2-tcp"], names("--quick", "--collective", "scan", "--transport", "tcp"))

    def test_a_replay_is_of_four_ranks_unless_told(self):
        self.assertEqual(["replay-4-shm"], names("--collective", "replay", "--transport", "shm"))
        self.assertEqual(["replay-8-shm"], names("--collective", "replay", "--transport", "shm", "--ranks", "8"))

    def test_refuses_with_advice(self):
        for argv, advice in ((["--collective", "scam"], "choose among"), (["--ranks", "1"], "give 2 or more"),
                             (["--blocks", "0"], "give 1 or more"), (["--sizes", "8"], "write for example"),
                             (["--transport", "ib"], "choose among")):
            complaint = io.StringIO()
            with contextlib.redirect_stderr(complaint), self.assertRaises(SystemExit) as ending:
                settings_of(argv)
            self.assertEqual(2, ending.exception.code)
            self.assertIn(advice, complaint.getvalue())


if __name__ == "__main__":
    unittest.main()
