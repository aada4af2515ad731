#!/usr/bin/env python3
"""Writes two_trees.txt from an executable specification of the two trees.

    two_trees.py SPECIFICATION.py [LARGEST] > two_trees.txt

The specification is a module with build(ranks, mode) for the modes below. It returns, for each of both trees, par[tree][rank],
kids[tree][rank] = (left, right) and col[tree][rank], the colour of the edge to the parent; -1 stands for "none".

    edges RANKS MODE TREE PARENT-CHILD:COLOUR:SIDE ...    every edge, for up to 9 ranks
    digest RANKS CRC32                                    of par, left, right, col as 32-bit little-endian integers: for each
                                                          mode, for each tree, for each rank
"""
import importlib.util
import struct
import sys
import zlib

MODES = ("rooted", "rootless", "rooted_last")


def load(path):
    spec = importlib.util.spec_from_file_location("specification", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def edges(trees, tree, ranks):
    for child in range(ranks):
        parent = trees["par"][tree][child]
        if parent >= 0:
            side = "L" if trees["kids"][tree][parent][0] == child else "R"
            yield f"{parent}-{child}:{trees['col'][tree][child]}:{side}"


def main():
    sys.dont_write_bytecode = True
    specification = load(sys.argv[1])
    largest = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    print("# The two trees, from an executable specification; see two_trees.py.")
    for ranks in range(2, largest + 1):
        digest = 0
        for mode in MODES:
            trees = specification.build(ranks, mode)
            for tree in (0, 1):
                if ranks <= 9:
                    print("edges", ranks, mode, tree, *edges(trees, tree, ranks))
                numbers = []
                for rank in range(ranks):
                    numbers += [trees["par"][tree][rank], *trees["kids"][tree][rank], trees["col"][tree][rank]]
                digest = zlib.crc32(struct.pack(f"<{len(numbers)}i", *numbers), digest)
        print(f"digest {ranks} {digest:08x}")


main()
