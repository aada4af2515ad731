"""Text for people."""

from .cases import REPLAY, size_text


def number(us):
    if us is None:
        return "-"
    return f"{us:.2f}" if us < 100 else f"{us:.1f}" if us < 1000 else f"{us:.0f}"


def plural(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def _what(case, size):
    if case.collective == REPLAY:
        return "a step"
    return size_text(size) if case.has_sizes else "-"


def table(case, rows, order, blocks):
    """Columns in `order`, those that measured something; then the reading."""
    columns = [name for name in order if any(name in row.medians for row in rows)]
    width = {name: max(9, len(name) + 1) for name in columns}
    lines = [f"# {case.title}: median microseconds of {plural(blocks, 'block')}",
             f"{'size':>10}" + "".join(f"{name:>{width[name]}}" for name in columns)
             + f" | {'best peer':>10}{'ratio':>7}{'(lowest-highest)':>18} {'reading':<8}| {'over limit':>10}"]
    for row in rows:
        cells = "".join(f"{number(row.medians.get(name)):>{width[name]}}" for name in columns)
        span = f"({ratio(row.lowest)}-{ratio(row.highest)})" if row.ratio is not None else ""
        lines.append(f"{_what(case, row.size):>10}{cells} | {row.best_peer or '-':>10}{ratio(row.ratio):>7}{span:>18} "
                     f"{row.reading or '-':<8}| {ratio(row.over_limit):>10}")
    return "\n".join(lines)


READING_NOTES = """\
# How to read it: ratio = best peer / Treering, the median of the blocks' ratios (over 1: Treering is faster). A reading
# is `faster` or `slower` if the ratio is 1.5 or more, or if every one of three or more blocks shows 5 % or more in the
# same direction; else it is a tie. `over limit` = Treering / the machine's limit for the same work. The flag is what a
# cache line takes from core to core: where it changes from block to block, the machine's cores moved."""
