"""treering-run on this host."""

import os
import signal
import subprocess
import unittest

import case
from network import until


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Run(case.LauncherCase):
    def run_ranks(self, *words, **more):
        return self.call([case.RUN, *words], **more)

    def start_sleepers(self, script="exec sleep 1000", prepared=":"):
        """A job of two ranks that sleep, when they have prepared; gives the launcher and what runs."""
        launcher = subprocess.Popen([case.RUN, "-n", "2", "sh", "-c", f"{prepared}; echo $$; {script}"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                    text=True, env=self.environment)
        self.addCleanup(launcher.stderr.close)
        self.addCleanup(launcher.stdout.close)
        self.addCleanup(launcher.wait)
        self.addCleanup(launcher.kill)
        return launcher, [int(launcher.stdout.readline()) for _ in range(2)]

    def test_ranks_meet_without_a_file_system_in_common(self):
        nowhere = {**self.environment, "TREERING_RENDEZVOUS_DIRECTORY": "/nonexistent/none"}
        self.assert_checked([case.RUN, "-n", "3", "--", *case.CHECKED], 3, env=nowhere)
        # The processes meet, and their threads in a second communicator.
        self.assert_checked([case.RUN, "-n", "2", "--", *case.CHECKED, "-t", "2"], 4, env=nowhere)

    def test_arguments_arrive_as_they_were(self):
        words = ["a b", "it's", '"', "two\nlines", "$HOME", "*", "", "\\", "--", "-n"]
        done = self.run_ranks("-n", "1", "--", "printf", "<%s>", *words)
        self.assertEqual("".join(f"<{word}>" for word in words), done.stdout)

    def test_the_programs_options_are_its_own(self):
        self.assertEqual("-n 5\n", self.run_ranks("-n", "1", "echo", "-n 5").stdout)

    def test_every_rank_knows_who_it_is(self):
        done = self.run_ranks("-n", "3", "sh", "-c", "echo $TREERING_RANK/$TREERING_RANKS/$TREERING_LOCAL_RANK")
        self.assertEqual({"0/3/0", "1/3/1", "2/3/2"}, set(done.stdout.split()))

    def test_variables_go_along(self):
        done = self.run_ranks("-n", "1", "-x", "ONE=a  b", "-x", "TWO", "sh", "-c", 'echo "$ONE,$TWO"',
                              env={**self.environment, "TWO": "2"})
        self.assertEqual("a  b,2\n", done.stdout)

    def test_ranks_work_where_they_are_told(self):
        self.assertEqual("/usr\n", self.run_ranks("-n", "1", "--wdir", "/usr", "pwd").stdout)
        done = self.run_ranks("-n", "1", "--wdir", "/nonexistent", "pwd")
        self.assertEqual(125, done.returncode)
        self.assertIn("cannot work in /nonexistent (No such file", done.stderr)

    def test_the_first_failure_is_named_and_its_status_kept(self):
        done = self.run_ranks("-n", "3", "--grace", "0", "sh", "-c",
                              '[ $TREERING_RANK = 1 ] || exec sleep 1000; exit 7')
        self.assertEqual(7, done.returncode)
        self.assertRegex(done.stderr, r"^treering-run: rank 1 on localhost \(pid \d+\) ended with status 7\n$")

    def test_a_killed_rank_is_named(self):
        done = self.run_ranks("-n", "2", "--grace", "0", "sh", "-c",
                              '[ $TREERING_RANK = 1 ] || exec sleep 1000; kill -KILL $$')
        self.assertEqual(128 + signal.SIGKILL, done.returncode)
        self.assertRegex(done.stderr, r"rank 1 on localhost \(pid \d+\) was killed by signal 9 \(Killed\)")

    def test_survivors_may_report(self):
        done = self.run_ranks("-n", "2", "--grace", "60", "sh", "-c",
                              '[ $TREERING_RANK = 0 ] && exit 3; sleep 0.3; echo survivor; exit 4')
        self.assertEqual((3, "survivor\n"), (done.returncode, done.stdout))

    def test_what_ignores_the_end_is_killed(self):
        done = self.run_ranks("-n", "2", "--grace", "0", "sh", "-c",
                              '[ $TREERING_RANK = 0 ] && exit 3; trap "" TERM; while :; do sleep 1; done')
        self.assertEqual(3, done.returncode)

    def test_a_program_that_is_not_there(self):
        done = self.run_ranks("-n", "2", "/no/such")
        self.assertEqual(127, done.returncode)
        self.assertEqual(1, done.stderr.count("cannot start /no/such (No such file or directory)"))

    def test_nobody_outlives_a_killed_launcher(self):
        for script in ("exec sleep 1000", "sleep 1000 & wait", 'trap "" TERM; while :; do sleep 1; done'):
            with self.subTest(script):
                launcher, ranks = self.start_sleepers(script)
                launcher.kill()
                until(lambda: not any(map(is_alive, ranks)), "ranks end with the launcher")
                for rank in ranks:  # and what they have started
                    until(lambda: self.call(["pgrep", "-g", rank]).returncode != 0, "their groups end")

    def test_signals_are_passed_on(self):
        launcher, ranks = self.start_sleepers("while :; do sleep 0.05; done", 'trap "echo got it; exit 0" USR1')
        launcher.send_signal(signal.SIGUSR1)
        self.assertEqual(["got it\n"] * 2, launcher.stdout.readlines())
        self.assertEqual(0, launcher.wait(60))
        launcher, ranks = self.start_sleepers()
        launcher.send_signal(signal.SIGTERM)
        self.assertEqual(128 + signal.SIGTERM, launcher.wait(60))
        self.assertFalse(any(map(is_alive, ranks)))

    def test_lines_stay_whole(self):
        done = self.run_ranks("-n", "4", "--tag", "sh", "-c",
                              "for i in 1 2 3 4 5 6 7 8 9; do printf $TREERING_RANK; printf $TREERING_RANK; echo x; "
                              "done; printf end")
        self.assertEqual(sorted(f"[{rank}] {text}" for rank in range(4) for text in [f"{rank}{rank}x"] * 9 + ["end"]),
                         sorted(done.stdout.splitlines()))

    def test_input_is_rank_0s(self):
        text = "line\n" * 100000
        done = self.run_ranks("-n", "2", "sh", "-c", "echo $TREERING_RANK $(wc -c)", input=text)
        self.assertEqual([f"0 {len(text)}", "1 0"], sorted(done.stdout.splitlines()))
        self.assertEqual(0, self.run_ranks("-n", "1", "true", input=text).returncode)

    def test_closed_input(self):
        done = self.call(["sh", "-c", f"exec {case.RUN} -n 2 sh -c 'cat; echo x' <&-"])
        self.assertEqual((0, "x\nx\n"), (done.returncode, done.stdout), done.stderr)

    def test_wrong_hosts_are_refused(self):
        hosts = self.folder / "hosts"
        cases = {"h1 slots=x\n": "line 1: `x` is no number of ranks", "# c\n\nh1:0\n": "line 3: `0` is no number",
                 "h1 cores=3\n": "line 1: what is `cores=3`?", "# none\n": "there are no hosts in it",
                 "-oProxyCommand=x\n": "names no host", ":8\n": "names no host", "[::1]x\n": "what is `[::1]x`?"}
        for text, reason in cases.items():
            hosts.write_text(text)
            done = self.run_ranks("--hostfile", hosts, "true")
            self.assertEqual(2, done.returncode, text)
            self.assertIn(str(hosts), done.stderr)
            self.assertIn(reason, done.stderr)
        for words, reason in {("-n", "9", "--hosts", "localhost:8"): "9 ranks do not fit", (): "how many ranks?",
                              ("--hosts", "a", "--hostfile", "b"): "leave one out", ("--hostfile", "/no"): "/no",
                              ("--bogus",): "no flag `--bogus`"}.items():
            done = self.run_ranks(*words, "true")
            self.assertEqual(2, done.returncode, words)
            self.assertIn(reason, done.stderr)

    def test_hosts_of_both_forms(self):
        hosts = self.folder / "hosts"
        for text in ("localhost slots=3 max_slots=8 # ours\n", "\n# ours\nlocalhost:3\r\n", "localhost\n" * 3):
            hosts.write_text(text)
            self.assertEqual("x\n" * 3, self.run_ranks("--hostfile", hosts, "echo", "x").stdout, text)

    def test_a_host_that_cannot_be_reached(self):
        done = self.run_ranks("--ssh", "false", "--hosts", "localhost:1,elsewhere:1", "echo", "started")
        self.assertEqual((125, ""), (done.returncode, done.stdout))
        self.assertIn("no treering-run on host elsewhere (false ended with status 1)", done.stderr)

    def test_the_secret_is_on_no_command_line(self):
        done = self.run_ranks("-n", "1", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; echo; echo $TREERING_ID")
        said, secret = done.stdout.rsplit("\n", 2)[:2]
        self.assertEqual(256, len(secret))
        self.assertIn("--agent", said)
        self.assertNotIn(secret[24:88], said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
