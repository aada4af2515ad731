"""CSV and JSON."""

import csv
import dataclasses
import json

from .cases import bus_factor


def write_measurements(file, blocks, roles):
    """One line for every time."""
    with open(file, "w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow("collective ranks transport size library role block flag_ns us busbw_gb_s".split())
        for block in blocks:
            case = block.case
            for library, times in block.times.items():
                for size, us in times.items():
                    busbw = bus_factor(case.collective, case.ranks) * size / (1e3 * us) if us > 0 else 0
                    out.writerow([case.collective, case.ranks, case.transport, size, library, roles[library],
                                  block.number, max(block.flag_ns), us, f"{busbw:.4f}"])


def _cells(row):
    def shown(value):
        return "" if value is None else f"{value:.4f}"

    return [row.case.collective, row.case.ranks, row.case.transport, row.size, shown(row.medians.get("treering")),
            row.best_peer, shown(row.medians.get(row.best_peer)), shown(row.ratio), shown(row.lowest),
            shown(row.highest), row.reading, shown(row.medians.get(row.limit)), shown(row.over_limit)]


def write_summary(file, rows):
    """One line for every size of every case."""
    with open(file, "w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow("collective ranks transport size treering_us best_peer best_peer_us ratio lowest highest reading "
                     "limit_us over_limit".split())
        out.writerows(_cells(row) for row in rows)


def write_json(file, machine, settings, libraries, blocks, rows, notes):
    content = {
        "machine": machine,
        "settings": settings,
        "libraries": libraries,
        "notes": notes,
        "rows": [dataclasses.asdict(row) for row in rows],
        "blocks": [dataclasses.asdict(block) for block in blocks],
    }
    with open(file, "w") as stream:
        json.dump(content, stream, indent=1)
        stream.write("\n")
