"""What was measured on, with which versions."""

import os
import pathlib
import platform
import re
import subprocess


def said_by(*argv):
    """The output of a command; empty if there is no such command, or it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _caches():
    found = {}
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            kind, level, size = ((index / name).read_text().strip() for name in ("type", "level", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found[f"L{level}"] = size
    return found


def machine():
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", cpu, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "caches": _caches(),
        "memory_gib": round(int(memory[1]) / (1 << 20), 1) if memory else None,
        "virtual": bool(re.search(r"^flags.*\bhypervisor\b", cpu, re.MULTILINE)),
        "kernel": platform.release(),
    }


def package_version(name):
    return said_by("dpkg-query", "--show", "--showformat=${Version}", name)


def versions(treering, wheels):
    found = {"treering": said_by(treering, "--version"), "compiler": said_by("c++", "-dumpfullversion"),
             "commit": said_by("git", "describe", "--always", "--dirty")}
    for package in ("libopenmpi3", "libucx0", "libmpich12", "libgloo0"):
        if version := package_version(package):
            found[package] = version
    found.update(wheels)
    return found


def machine_text(what):
    caches = ", ".join(f"{level} {size}" for level, size in what["caches"].items())
    kind = "virtual machine" if what["virtual"] else "machine"
    return (f"# {kind}: {what['cpu']}, {what['cores']} cores, {caches}, {what['memory_gib']} GiB, "
            f"Linux {what['kernel']}")
