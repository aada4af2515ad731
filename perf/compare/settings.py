"""The command line."""

import argparse
from dataclasses import dataclass

from .cases import COLLECTIVES, REPLAY, TRANSPORTS, Case, sizes_of

QUICK = {"collective": "all_reduce,replay", "ranks": "2", "blocks": 3}
FULL = {"collective": ",".join((*COLLECTIVES, REPLAY)), "ranks": "2,4,8", "blocks": 3}


@dataclass
class Settings:
    cases: list
    sizes: list
    factor: int
    blocks: int
    newer: bool
    traffic: str
    output: str


def _list(text, allowed, what):
    words = text.split(",")
    for word in words:
        if word not in allowed:
            raise ValueError(f"no {what} `{word}` (there are {', '.join(allowed)}) choose among them")
    return words


def _ranks(text):
    numbers = [int(word) for word in text.split(",")]
    if any(n < 2 for n in numbers):
        raise ValueError(f"--ranks {text} (nothing is communicated by less than 2) give 2 or more")
    return numbers


def cases_of(collectives, ranks, transports):
    """A replay is of four ranks whatever --ranks says of the rest, unless it names one number only that is not 2."""
    made = []
    for collective in collectives:
        of_ranks = ranks if collective != REPLAY or (len(ranks) == 1 and ranks[0] != 2) else [4]
        made += [Case(collective, n, transport) for transport in transports for n in of_ranks]
    return made


def _parser():
    parser = argparse.ArgumentParser(
        "perf/compare.sh", description=
        "Treering beside Open MPI, MPICH, Gloo and Intel MPI, and beside what this machine's memory and loopback TCP can "
        "do. Every library runs once per block of sizes, in turns; medians of blocks are shown, and written with plots "
        "to perf/results/.")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK['collective']} on {QUICK['ranks']} ranks (replay: 4), about 8 minutes")
    parser.add_argument("--collective", help=f"one or more of {FULL['collective']} (all)")
    parser.add_argument("--ranks", help="one or more numbers (2,4,8)")
    parser.add_argument("--transport", default=",".join(TRANSPORTS), help="shm, tcp or both (both)")
    parser.add_argument("--sizes", default="8:128M:16", help="first:last:factor in bytes (8:128M:16)")
    parser.add_argument("--blocks", type=int, help="how often each library measures each size (3)")
    parser.add_argument("--debian-only", action="store_true", help="without the newer versions from PyPI")
    parser.add_argument("--traffic", default="perf/traffic/gpt2-124m-data.txt", help="what replay replays (GPT-2 124M)")
    parser.add_argument("--output", default="perf/results", help="folder in which the run's folder is made")
    return parser


def settings_of(argv):
    """Ends the process with a message where the words make no sense."""
    parser = _parser()
    words = parser.parse_args(argv)
    default = QUICK if words.quick else FULL
    try:
        sizes, factor = sizes_of(words.sizes)
        collectives = _list(words.collective or default["collective"], (*COLLECTIVES, REPLAY), "collective")
        transports = _list(words.transport, TRANSPORTS, "transport")
        ranks = _ranks(words.ranks or default["ranks"])
    except ValueError as mistake:
        parser.error(str(mistake))
    blocks = words.blocks if words.blocks is not None else default["blocks"]
    if blocks < 1:
        parser.error(f"--blocks {blocks} (each library must measure once) give 1 or more")
    return Settings(cases_of(collectives, ranks, transports), sizes, factor, blocks, not words.debian_only,
                    words.traffic, words.output)
