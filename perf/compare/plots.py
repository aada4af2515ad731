"""Latency and bus bandwidth over size, side by side, on logarithmic axes: SVG written directly."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .cases import bus_factor, size_text
from .libraries import LIMIT, OURS

PANEL_WIDTH, PANEL_HEIGHT = 430, 330
LEFT, TOP, GAP, LEGEND_WIDTH, BOTTOM = 70, 62, 84, 150, 96
OURS_COLOURS = ("#c1121f", "#f28482")
PEER_COLOURS = ("#1d4e89", "#00a6a6", "#6a4c93", "#7a9e1f", "#e09f3e", "#4d7ea8", "#8c5e3c", "#3a3a3a", "#b56576")
LIMIT_COLOUR = "#9a9a9a"
MARKS = ("circle", "square", "diamond")


@dataclass
class Line:
    name: str
    colour: str
    width: float
    dashed: bool
    mark: str
    points: list  # (size, value), ascending, values over 0


@dataclass
class Axis:
    """Logarithmic: from `low` to `high` over `length` pixels."""

    low: float
    high: float
    length: float

    def at(self, value):
        return self.length * math.log(value / self.low) / math.log(self.high / self.low)


def lines_of(rows, order, roles):
    """A line for each library that has two points or more, in microseconds."""
    made = []
    used = {"ours": 0, "peer": 0, "limit": 0}
    for name in order:
        points = [(row.size, row.medians[name]) for row in rows if row.medians.get(name, 0) > 0 and row.size > 0]
        role = roles[name]
        nth = used[role]  # a library has the same colour in every plot
        used[role] += 1
        if not points:
            continue
        colour = (OURS_COLOURS[nth % len(OURS_COLOURS)] if role == OURS else
                  LIMIT_COLOUR if role == LIMIT else PEER_COLOURS[nth % len(PEER_COLOURS)])
        made.append(Line(name, colour, 3 if role == OURS else 1.6, role == LIMIT, MARKS[nth % len(MARKS)], points))
    return made


def _decades(values):
    """The axis' ends: whole 1, 2 or 5 times a power of ten around all values."""
    low, high = min(values), max(values)
    steps = [m * 10.0 ** e for e in range(-6, 12) for m in (1, 2, 5)]
    bottom = max((s for s in steps if s <= low), default=low)
    top = min((s for s in steps if s >= high), default=high)
    return (bottom, top) if top > bottom else (bottom / 2, top * 2)


def _ticks(low, high):
    """(value, is labelled): 1, 2, 5 of every decade; labelled all over two decades, else the powers of ten."""
    few = high / low <= 200
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [(m * 10.0 ** e, few or m == 1) for e in exponents for m in (1, 2, 5)]
    return [(value, labelled) for value, labelled in ticks if low * 0.999 <= value <= high * 1.001]


def _text(x, y, words, size=12, anchor="middle", weight="normal", turn=0, colour="#222"):
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{colour}"{turned}>{escape(words)}</text>')


def _stroke(x1, y1, x2, y2, colour, width=1.0):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def _mark(kind, x, y, colour):
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>'
    turned = f' transform="rotate(45 {x:.1f} {y:.1f})"' if kind == "diamond" else ""
    return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{colour}"{turned}/>'


def _curve(line, points):
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="{line.width}" '
            f'stroke-linejoin="round"{dashes}/>', *(_mark(line.mark, x, y, line.colour) for x, y in points)]


def _panel(left, title, unit, lines):
    """One pair of axes with its curves."""
    sizes = sorted({size for line in lines for size, _ in line.points})
    x_axis = Axis(sizes[0] / 1.3, sizes[-1] * 1.3, PANEL_WIDTH)
    y_axis = Axis(*_decades([value for line in lines for _, value in line.points]), PANEL_HEIGHT)
    bottom, right = TOP + PANEL_HEIGHT, left + PANEL_WIDTH
    out = [_text(left + PANEL_WIDTH / 2, TOP - 10, title, 13, weight="bold")]
    for value, labelled in _ticks(y_axis.low, y_axis.high):
        y = bottom - y_axis.at(value)
        out.append(_stroke(left, y, right, y, "#cfcfcf" if labelled else "#ececec"))
        if labelled:
            out.append(_text(left - 7, y + 4, f"{value:.10g}", 11, "end"))
    every = math.ceil(len(sizes) / 9)
    for nth, size in enumerate(sizes):
        x = left + x_axis.at(size)
        out.append(_stroke(x, TOP, x, bottom, "#ececec"))
        if nth % every == 0:
            out.append(_text(x, bottom + 17, size_text(size), 11))
    out.append(f'<rect x="{left}" y="{TOP}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}" fill="none" stroke="#555"/>')
    out.append(_text(left + PANEL_WIDTH / 2, bottom + 38, "size (bytes of one rank's larger buffer)"))
    out.append(_text(left - 48, TOP + PANEL_HEIGHT / 2, unit, turn=-90))
    for line in reversed(lines):  # the first, which are ours, on top
        out += _curve(line, [(left + x_axis.at(size), bottom - y_axis.at(value)) for size, value in line.points])
    return out


def _legend(left, lines):
    out = []
    for nth, line in enumerate(lines):
        y = TOP + 12 + 20 * nth
        out += _curve(line, [(left, y), (left + 30, y)])
        out.append(_text(left + 40, y + 4, line.name, anchor="start", weight="bold" if line.width > 2 else "normal"))
    return out


def plot(case, rows, order, roles, caption):
    """The whole SVG; nothing where there is no size to plot over."""
    lines = lines_of(rows, order, roles)
    if not case.has_sizes or not lines or len({size for line in lines for size, _ in line.points}) < 2:
        return None
    factor = bus_factor(case.collective, case.ranks)
    bandwidths = [Line(line.name, line.colour, line.width, line.dashed, line.mark,
                       [(size, factor * size / (1e3 * us)) for size, us in line.points]) for line in lines]
    second = LEFT + PANEL_WIDTH + GAP
    width = second + PANEL_WIDTH + 24 + LEGEND_WIDTH
    height = TOP + PANEL_HEIGHT + BOTTOM
    body = [_text(LEFT, 26, f"{case.title}: float32, medians", 16, "start", "bold"),
            *_panel(LEFT, "Time of one operation", "microseconds", lines),
            *_panel(second, "Bus bandwidth", "1e9 bytes a second", bandwidths),
            *_legend(second + PANEL_WIDTH + 24, lines),
            _text(LEFT, height - 18, caption, 11, "start", colour="#555")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n")
