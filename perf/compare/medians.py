"""What the blocks say together: medians, ratios, and whether a difference is one."""

import statistics
from dataclasses import dataclass, field

from .libraries import LIMIT, OURS, PEER

CLEAR = 1.5   # a ratio of medians that counts without further ado
HOLDS = 1.05  # what every block must show where the ratio is less
LEAST_BLOCKS = 3


@dataclass
class Block:
    """One class of sizes, every library once. Times are microseconds by library and size."""

    case: object
    number: int
    flag_ns: list
    times: dict = field(default_factory=dict)


@dataclass
class Row:
    """A size of a case. Ratios are peer / ours, so that over 1 is faster; nothing where one of the two is missing."""

    case: object
    size: int
    medians: dict
    best_peer: str = ""
    ratio: float = None
    lowest: float = None
    highest: float = None
    reading: str = ""
    limit: str = ""
    over_limit: float = None


def reading_of(ratios):
    """`faster`, `slower` or `tie` from the ratios of the blocks."""
    ratio = statistics.median(ratios)
    side = "faster" if ratio > 1 else "slower"
    if max(ratio, 1 / ratio) >= CLEAR:
        return side
    holds = all(r >= HOLDS for r in ratios) or all(r <= 1 / HOLDS for r in ratios)
    return side if holds and len(ratios) >= LEAST_BLOCKS else "tie"


def row_of(case, size, blocks, roles):
    """`blocks` are those of the case in which the size was measured; `roles` those of the libraries."""
    samples = {}
    for block in blocks:
        for library, times in block.times.items():
            if size in times:
                samples.setdefault(library, []).append(times[size])
    row = Row(case, size, {library: statistics.median(times) for library, times in samples.items()})

    def best(role):
        of_role = [library for library in row.medians if roles[library] == role]
        return min(of_role, key=row.medians.get, default="")

    row.best_peer, row.limit = best(PEER), best(LIMIT)
    ours = next(library for library, role in roles.items() if role == OURS)  # the first of ours
    if ours in row.medians and row.best_peer:
        ratios = [block.times[row.best_peer][size] / block.times[ours][size] for block in blocks
                  if size in block.times.get(row.best_peer, {}) and size in block.times.get(ours, {})]
        if ratios:
            row.ratio, row.lowest, row.highest = statistics.median(ratios), min(ratios), max(ratios)
            row.reading = reading_of(ratios)
    if ours in row.medians and row.limit and row.medians[row.limit] > 0:
        row.over_limit = row.medians[ours] / row.medians[row.limit]
    return row


def rows_of(case, blocks, roles):
    of_case = [block for block in blocks if block.case == case]
    sizes = sorted({size for block in of_case for times in block.times.values() for size in times})
    return [row_of(case, size, of_case, roles) for size in sizes]
