"""perf/compare.sh, once treering-perf is built."""

import datetime
import pathlib
import re
import signal
import sys
import time

from . import building, results
from .cases import classes_of, size_text
from .comparison import Comparison
from .libraries import Command, arguments_of, libraries_of
from .machine import machine, machine_text, said_by, versions
from .medians import rows_of
from .plots import plot
from .running import run
from .settings import settings_of
from .tables import READING_NOTES, plural, table


def collectives_of(treering):
    """What this treering-perf can measure, from its own words."""
    words = re.search(r"COLLECTIVE is one of ([a-z_, ]+)", said_by(treering, "--help"))
    return words[1].replace(" ", "").split(",") if words else []


def limits_text(program):
    """The machine in five numbers."""
    def us(*what, size):
        return run(Command([program, *what, str(size), str(size), "2", "5", "1"]), 20).times.get(size)

    large = 64 << 20
    flag = run(Command([program, "flag"]), 20).flag_ns
    copy, add = (us("streaming", "2", collective, size=large) for collective in ("broadcast", "reduce"))
    wire, one_way, both = (us("tcp", "2", what, size=size) for what, size in
                           (("all_reduce", 8), ("broadcast", large), ("all_reduce", large)))
    if None in (flag, copy, add, wire, one_way, both):
        return "# limits: could not be measured"

    def rate(microseconds):
        return f"{large / (1e3 * microseconds):.1f} GB/s"

    return (f"# limits ({size_text(large)}, two processes): copy {rate(copy)}, add of two vectors {rate(add)} "
            f"of result, flag {flag:.0f} ns one way; loopback TCP: {wire:.1f} us, {rate(one_way)} one way, {rate(both)} "
            "each way at once")


def commands(library, settings):
    """How it was started for the smallest sizes of every case: words and environment."""
    made = {}
    for case in settings.cases:
        if library.lacks(case) is None:
            arguments = arguments_of(case, classes_of(case, settings.sizes, settings.factor)[0], settings.traffic)
            command = library.command(case, arguments)
            made[case.name] = {"words": command.argv, "environment": command.environment}
    return made


def write(folder, settings, comparison, about, rows):
    results.write_measurements(folder / "measurements.csv", comparison.blocks, comparison.roles)
    results.write_summary(folder / "summary.csv", rows)
    libraries = {library.name: {"role": library.role, "what": library.what, "commands": commands(library, settings)}
                 for library in comparison.libraries}
    results.write_json(folder / "results.json", about, vars(settings) | {"cases": [c.name for c in settings.cases]},
                       libraries, comparison.blocks, rows, comparison.notes)


def main(argv):
    settings = settings_of(argv)
    treering = building.ROOT / "build/release/bin/treering-perf"
    programs = building.build(treering, settings.newer)
    libraries = libraries_of(programs.paths, collectives_of(str(treering)))
    comparison = Comparison(libraries, programs.paths["limits"], settings.traffic)
    comparison.notes += programs.notes
    about = machine() | {"versions": versions(str(treering), programs.wheels)}
    folder = pathlib.Path(settings.output) / datetime.datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    folder.mkdir(parents=True, exist_ok=True)
    print(machine_text(about), "# " + ", ".join(f"{name} {version}" for name, version in about["versions"].items()),
          limits_text(programs.paths["limits"]), READING_NOTES, sep="\n", flush=True)

    rows, said = [], 0
    begin = time.monotonic()
    for case in settings.cases:
        if libraries[0].lacks(case):
            comparison.notes.append(f"{case.name} left out: {libraries[0].lacks(case)}")
        else:
            comparison.measure(case, settings.sizes, settings.factor, settings.blocks)
            of_case = rows_of(case, comparison.blocks, comparison.roles)
            rows += of_case
            print("\n" + table(case, of_case, comparison.order, settings.blocks), flush=True)
            caption = f"{about['cpu']}, {about['cores']} cores; {plural(settings.blocks, 'block')} in turns; perf/compare.sh"
            if drawing := plot(case, of_case, comparison.order, comparison.roles, caption):
                (folder / f"{case.name}.svg").write_text(drawing)
        for note in comparison.notes[said:]:
            print("# note:", note, flush=True)
        said = len(comparison.notes)
        write(folder, settings, comparison, about, rows)
    print(f"\n# {(time.monotonic() - begin) / 60:.1f} minutes; results and plots in {folder}")
    return 0


if __name__ == "__main__":
    for asked_to_go in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked_to_go, lambda number, frame: sys.exit(128 + number))  # run() ends what it has started
    sys.exit(main(sys.argv[1:]))
