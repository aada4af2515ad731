import csv
import json
import pathlib
import tempfile
import unittest
from unittest import mock

from compare import results
from compare.cases import Case
from compare.comparison import Comparison
from compare.libraries import Command, Library
from compare.medians import rows_of
from compare.running import Outcome
from compare.tables import table

CASE = Case("all_reduce", 2, "shm")
SIZES = [8, 1 << 20]  # two classes


def named(name, role="peer", lacks=None):
    return Library(name, role, name, lambda case, arguments: Command([name, *arguments]), lambda case: lacks)


class Fake:
    """Stands for run(): every library takes a time of its own, unless `problems` says otherwise."""

    def __init__(self, problems=(), late=()):
        self.problems = dict(problems)
        self.late = dict(late)  # by name and size
        self.started = []

    def __call__(self, command, timeout_s):
        name, *words = command.argv
        if name == "limits":
            return Outcome(text="150.0\n")
        self.started.append((name, int(words[1])))
        if (name, int(words[1])) in self.late:
            return self.late[name, int(words[1])]
        if name in self.problems:
            return self.problems[name]
        return Outcome({int(words[1]): {"treering": 2.0, "a": 3.0}.get(name, 4.0)})


def compared(libraries, fake, blocks=3):
    comparison = Comparison(libraries, "limits", "step.txt", say=lambda text: None)
    with mock.patch("compare.comparison.run", fake):
        comparison.measure(CASE, SIZES, 1 << 17, blocks)
    return comparison


class Blocks(unittest.TestCase):
    def test_run_every_library_once_a_class_and_take_turns_to_begin(self):
        fake = Fake()
        compared([named("treering", "ours"), named("a"), named("b")], fake, blocks=2)
        names = [name for name, size in fake.started]
        self.assertEqual(["treering", "a", "b"] * 2 + ["a", "b", "treering"] * 2, names)
        self.assertEqual([8] * 3 + [1 << 20] * 3, [size for _, size in fake.started[:6]])

    def test_keep_the_flag_before_and_after(self):
        self.assertEqual([150.0, 150.0], compared([named("treering", "ours")], Fake()).blocks[0].flag_ns)

    def test_do_not_run_again_what_cannot_start(self):
        fake = Fake({"a": Outcome({}, "status 1: no route")})
        comparison = compared([named("treering", "ours"), named("a")], fake)
        self.assertEqual(1, sum(name == "a" for name, _ in fake.started))
        self.assertEqual(["a in all_reduce-2-shm, block 1: status 1: no route"], comparison.notes)

    def test_give_up_what_takes_too_long_and_what_is_larger(self):
        late = Outcome({}, "not done after 12 s", is_late=True)
        for first_late, started in ((8, [8]), (1 << 20, [8, 1 << 20, 8, 8])):
            fake = Fake(late={("a", first_late): late})
            compared([named("treering", "ours"), named("a")], fake)
            self.assertEqual(started, [size for name, size in fake.started if name == "a"])

    def test_note_which_peer_lacks_what(self):
        libraries = [named("treering", "ours"), named("a", lacks="no such thing"), named("b", lacks="")]
        self.assertEqual(["a in all_reduce-2-shm: no such thing"], compared(libraries, Fake()).notes)


class Written(unittest.TestCase):
    def test_table_csv_and_json_say_the_same(self):
        comparison = compared([named("treering", "ours"), named("a")], Fake())
        rows = rows_of(CASE, comparison.blocks, comparison.roles)
        self.assertRegex(table(CASE, rows, comparison.order, 3), r"8 B +2\.00 +3\.00 \| +a +1\.50 +\(1\.50-1\.50\) faster")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            results.write_measurements(folder / "m.csv", comparison.blocks, comparison.roles)
            results.write_summary(folder / "s.csv", rows)
            results.write_json(folder / "r.json", {"cpu": "x"}, {}, {}, comparison.blocks, rows, comparison.notes)
            measured = list(csv.DictReader((folder / "m.csv").read_text().splitlines()))
            self.assertEqual(2 * 2 * 3, len(measured))
            self.assertEqual({"150.0"}, {line["flag_ns"] for line in measured})
            summary = list(csv.DictReader((folder / "s.csv").read_text().splitlines()))
            self.assertEqual([("8", "a", "1.5000"), (str(1 << 20), "a", "1.5000")],
                             [(line["size"], line["best_peer"], line["ratio"]) for line in summary])
            content = json.loads((folder / "r.json").read_text())
            self.assertEqual((1.5, 6), (content["rows"][0]["ratio"], len(content["blocks"])))


if __name__ == "__main__":
    unittest.main()
