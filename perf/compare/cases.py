"""What is measured: collectives, sizes, and how many samples a size deserves."""

from dataclasses import dataclass

COLLECTIVES = ("all_reduce", "broadcast", "reduce", "all_gather", "reduce_scatter", "all_to_all", "scan", "barrier")
TRANSPORTS = ("shm", "tcp")
REPLAY = "replay"
FLOAT_BYTES = 4
_SPLIT = ("all_gather", "reduce_scatter", "all_to_all")  # a size is divided among the ranks
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True)
class Case:
    collective: str
    ranks: int
    transport: str

    @property
    def name(self):
        return f"{self.collective}-{self.ranks}-{self.transport}"

    @property
    def title(self):
        over = {"shm": "shared memory", "tcp": "TCP loopback"}[self.transport]
        return f"{self.collective}, {self.ranks} ranks, {over}"

    @property
    def has_sizes(self):
        return self.collective not in ("barrier", REPLAY)


@dataclass(frozen=True)
class SizeClass:
    """Sizes that one program measures in one go. Large ones take long, and vary little from sample to sample."""

    sizes: tuple
    factor: int
    samples: int
    warmup: int
    timeout_s: int


def bytes_of(text):
    """64K is 65536; ValueError if it is no size."""
    text = text.strip().upper()
    unit = text[-1] if text and text[-1] in _UNITS else ""
    return int(text.removesuffix(unit)) * _UNITS[unit]


def size_text(size):
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= scale and size % scale == 0:
            return f"{size // scale} {unit}"
    return f"{size} B"


def sizes_of(text):
    """`first:last:factor` as a list of sizes and the factor; ValueError says what is wrong."""
    words = text.split(":")
    if len(words) != 3:
        raise ValueError(f"`{text}` has {len(words)} parts (first:last:factor) write for example 8:128M:16")
    first, last, factor = bytes_of(words[0]), bytes_of(words[1]), int(words[2])
    if first < FLOAT_BYTES or last < first or factor < 2:
        raise ValueError(f"`{text}` is no range (4 <= first <= last, factor >= 2) write for example 8:128M:16")
    sizes = [first]
    while sizes[-1] * factor <= last:
        sizes.append(sizes[-1] * factor)
    return sizes, factor


def classes_of(case, sizes, factor):
    """The classes of a case, small sizes first. Sizes of which a rank gets no element are left out."""
    if case.collective == "barrier":
        return [SizeClass((0,), factor, 101, 20, 10)]
    if case.collective == REPLAY:
        return [SizeClass((0,), factor, 3, 1, 30)]
    least = FLOAT_BYTES * case.ranks if case.collective in _SPLIT else FLOAT_BYTES
    made = []
    for above, most, samples, warmup, timeout_s in ((0, 64 << 10, 101, 20, 10), (64 << 10, 16 << 20, 15, 3, 20),
                                                    (16 << 20, 1 << 62, 5, 1, 45)):
        chosen = tuple(size for size in sizes if above < size <= most and size >= least)
        if chosen:
            made.append(SizeClass(chosen, factor, samples, warmup, timeout_s))
    return made


def bus_factor(collective, ranks):
    """As in perf/tool/sizes.cpp: bus bandwidth is size / time times this."""
    return {"all_reduce": 2 * (ranks - 1) / ranks, "barrier": 0, REPLAY: 0}.get(
        collective, (ranks - 1) / ranks if collective in _SPLIT else 1)
