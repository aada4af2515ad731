#!/usr/bin/env python3
"""compare.py FOLDER: medians and ratios of what compare.sh has left there."""

import csv
import pathlib
import statistics
import sys


def treering(folder):
    times = {}
    for file in folder.glob("treering.*.csv"):
        for row in csv.DictReader(file.open()):
            if row["place"] == "out_of_place":
                times.setdefault(int(row["size"]), []).append(float(row["p50"]))
    return {size: statistics.median(of_rounds) for size, of_rounds in times.items()}


def peer(file):
    times = {}
    if file.exists():
        for line in file.read_text().splitlines():
            size, us = line.split()
            times.setdefault(int(size), []).append(float(us))
    return {size: statistics.median(of_rounds) for size, of_rounds in times.items()}


def main():
    folder = pathlib.Path(sys.argv[1])
    ours, plain, ucx = treering(folder), peer(folder / "ob1"), peer(folder / "ucx")
    print("# all-reduce, float32 sum, 2 ranks on one host; medians in us; ratio: the faster Open MPI / Treering")
    print(f"{'size (B)':>12} {'treering':>12} {'MPI ob1':>12} {'MPI ucx':>12} {'ratio':>7}")
    for size, us in sorted(ours.items()):
        peers = [times[size] for times in (plain, ucx) if size in times]
        shown = [f"{times[size]:12.2f}" if size in times else f"{'-':>12}" for times in (plain, ucx)]
        ratio = f"{min(peers) / us:7.2f}" if peers else f"{'-':>7}"
        print(f"{size:12} {us:12.2f} {' '.join(shown)} {ratio}")


main()
