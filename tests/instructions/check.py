#!/usr/bin/env python3
"""Counts the instructions of the scenarios in this folder, and compares them with those in figures.json.

    check.py --program PROGRAM --toolchain TOOLCHAIN [--valgrind VALGRIND] [--update]

Figures are for one operation. Compilers and vector instructions differ, so there is a table for each TOOLCHAIN and
instruction set. Exit status: 0 as committed, 1 not so, 77 skipped: there is no table for what was built here.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

TOLERANCE = 0.05
SKIPPED = 77
FIGURES = pathlib.Path(__file__).with_name("figures.json")


def arguments():
    parser = argparse.ArgumentParser(description="Compares instruction counts with the committed figures.")
    parser.add_argument("--program", required=True, help="the program with the scenarios")
    parser.add_argument("--toolchain", required=True, help="compiler and processor, such as 'GNU 12 x86_64'")
    parser.add_argument("--valgrind", default="valgrind")
    parser.add_argument("--update", action="store_true", help="write what was counted into figures.json")
    return parser.parse_args()


def environment():
    """Nothing of the caller's that changes what is run; the algorithm is named, since `auto` looks at the machine."""
    changing = ("TREERING_", "NCCL_", "LD_", "GLIBC_", "MALLOC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
    return {**kept, "TREERING_ALGORITHM": "direct"}


def run(valgrind, program, folder):
    """The lines that the program prints, while callgrind leaves its files in `folder`."""
    command = [valgrind, "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no",
               f"--callgrind-out-file={folder}/counted", program]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} failed with exit status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def totals(folder):
    """Instructions by scenario, from the files that callgrind has left."""
    counted = {}
    for file in pathlib.Path(folder).iterdir():
        text = file.read_text()
        name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)
        total = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
        if name and total:
            counted[name[1]] = int(total[1])
    return counted


def count(valgrind, program):
    """The instruction set, and instructions for one operation by scenario."""
    with tempfile.TemporaryDirectory() as folder:
        instruction_set, *lines = run(valgrind, program, folder)
        counted = totals(folder)
    figures = {}
    for line in lines:
        operations, name = line.split("\t")
        figures[name] = round(counted[name] / int(operations), 1)
    return instruction_set, figures


def compare(counted, committed):
    """Prints both with their difference. The names of those that differ by more than the tolerance, either way."""
    differing = []
    print(f"{'counted':>14} {'committed':>14} {'difference':>10}   instructions for one operation")
    for name in dict.fromkeys([*counted, *committed]):
        if name in counted and name in committed:
            difference = counted[name] / committed[name] - 1
            is_right = abs(difference) <= TOLERANCE
            shown = f"{difference:+10.1%}"
        else:
            is_right, shown = False, f"{'-':>10}"
        numbers = [f"{table[name]:14,.1f}" if name in table else f"{'-':>14}" for table in (counted, committed)]
        print(f"{' '.join(numbers)} {shown} {' ' if is_right else '!'} {name}")
        if not is_right:
            differing.append(name)
    return differing


def main():
    options = arguments()
    instruction_set, counted = count(options.valgrind, options.program)
    toolchain = f"{options.toolchain} {instruction_set}"
    figures = json.loads(FIGURES.read_text())
    renew = shlex.join([sys.executable, *sys.argv, "--update"])
    print(f"# {toolchain}")
    if options.update:
        compare(counted, figures.get(toolchain, {}))
        figures[toolchain] = counted
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
        print(f"Renewed {FIGURES}")
        return 0
    if toolchain not in figures:
        known = ", ".join(f'"{name}"' for name in figures)
        print(f'SKIPPED: no figures for "{toolchain}" (there are some for {known}) to add them:\n  {renew}')
        return SKIPPED
    differing = compare(counted, figures[toolchain])
    if differing:
        print(f"{len(differing)} scenarios are more than {TOLERANCE:.0%} off the committed figures (marked !; fewer "
              f"instructions too, or the gain is not guarded) find out why; if it is meant, renew the figures by\n"
              f"  {renew}\nand commit them")
        return 1
    return 0


sys.exit(main())
