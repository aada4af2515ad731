"""Runs one program and reads its times."""

import os
import pathlib
import re
import signal
import subprocess
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Microseconds by size (0: of a barrier, a step), as far as it came, and why it came no further."""

    times: dict = field(default_factory=dict)
    problem: str = ""
    text: str = ""
    is_late: bool = False

    @property
    def flag_ns(self):
        """Of `limits flag`, which says nothing else; nothing if it could not run."""
        try:
            return float(self.text)
        except ValueError:
            return None


def times_in(text):
    """Out of a peer's lines, or of what treering-perf prints: its CSV (medians out of place), or a replay's step."""
    times = {}
    columns = None
    for line in text.splitlines():
        words = line.split(",")
        if line.startswith("size,count,"):
            columns = {name: at for at, name in enumerate(words)}
        elif columns and len(words) == len(columns):
            if words[columns["place"]] == "out_of_place":
                times[int(words[columns["size"]])] = float(words[columns["p50"]])
        elif match := re.fullmatch(r"(\d+|step),([0-9.]+)", line):
            times[0 if match[1] == "step" else int(match[1])] = float(match[2])
        elif match := re.match(r"# One step +: ([0-9.]+) ms", line):
            times[0] = 1e3 * float(match[1])
    return times


def _last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip(" -\n")]
    telling = [line for line in lines if re.search(r"rror|annot|no such|wrong|ailed", line)]
    said = (telling or lines or ["it said nothing"])[0]
    return re.sub(r"^\[[^]]*\] *", "", said)[:160]  # without host and process


def _parents():
    """Of every process, by its id."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:  # the name, in parentheses, may hold anything
            parents[int(stat.parent.name)] = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # gone
    return parents


def _family(ancestor):
    """A process and all that descend from it. (Launchers give ranks process groups or sessions of their own.)"""
    family, parents = {ancestor}, _parents()
    while True:
        children = {child for child, parent in parents.items() if parent in family} - family
        if not children:
            return family
        family |= children


def end(process):
    """The program, and all that it has started: first asked, then made to."""
    family = _family(process.pid)
    process.terminate()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        pass
    for member in family | _family(process.pid):
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            pass


def run(command, timeout_s):
    process = subprocess.Popen(command.argv, env={**os.environ, **command.environment}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                               start_new_session=True)
    try:
        out, complaints = process.communicate(timeout=timeout_s)
    except BaseException as interruption:
        end(process)
        out, complaints = process.communicate()
        if not isinstance(interruption, subprocess.TimeoutExpired):
            raise
        return Outcome(times_in(out), f"not done after {timeout_s} s", out, is_late=True)
    problem = "" if process.returncode == 0 else f"status {process.returncode}: {_last_words(complaints + out)}"
    return Outcome(times_in(out), problem, out)
