"""The libraries that are compared, each at its best as far as its documentation and its defaults let us find it."""

import os
from dataclasses import dataclass, field
from typing import Callable, Optional

from .cases import REPLAY

OURS, PEER, LIMIT = "ours", "peer", "limit"


@dataclass(frozen=True)
class Command:
    argv: list
    environment: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """`command(case, arguments)` starts it with the arguments of perf/peers/measure.hpp; `lacks(case)` says why
    not, an empty text if that is not worth a note."""

    name: str
    role: str
    what: str
    command: Callable
    lacks: Callable[[object], Optional[str]] = lambda case: None


def arguments_of(case, sizes, traffic):
    """Of a peer's program, for one class of sizes."""
    if case.collective == REPLAY:
        return [REPLAY, traffic, str(sizes.samples), str(sizes.warmup)]
    return [case.collective, *(str(n) for n in (sizes.sizes[0], sizes.sizes[-1], sizes.factor, sizes.samples,
                                               sizes.warmup))]


def _treering(program, registered):
    def command(case, arguments):
        if case.collective == REPLAY:
            _, traffic, steps, warmup = arguments
            what = [REPLAY, traffic, "-n", steps, "-w", warmup]
        else:
            collective, first, last, factor, samples, warmup = arguments
            what = [collective, "-b", first, "-e", last, "-f", factor, "-n", samples, "-w", warmup,
                    "--csv", "/dev/stdout"]
        extra = ["-R", "1"] if registered else []
        return Command([program, *what, *extra, "-c", "0", "--np", str(case.ranks), "--transport", case.transport])

    return command


def _open_mpi(mpirun, program, pml, shared_memory_btl):
    def command(case, arguments):
        crowded = case.ranks > (os.cpu_count() or 1)
        options = ["--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1"] if crowded else [
            "--bind-to", "core"]
        if pml == "ucx":  # Debian's settings let it have InfiniBand only
            options += ["--mca", "pml", "ucx", "--mca", "opal_common_ucx_tls", "any",
                        "--mca", "opal_common_ucx_devices", "any"]
            if case.transport == "tcp":
                options += ["-x", "UCX_TLS=tcp,self", "-x", "UCX_NET_DEVICES=lo"]
        elif case.transport == "tcp":
            options += ["--mca", "pml", "ob1", "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", "lo"]
        else:
            options += ["--mca", "pml", "ob1", "--mca", "btl", f"self,{shared_memory_btl}"]
        root = {f"{prefix}_ALLOW_RUN_AS_ROOT{suffix}": "1" for prefix in ("OMPI", "PRTE") for suffix in ("", "_CONFIRM")}
        return Command([mpirun, "-n", str(case.ranks), *options, program, *arguments], root)

    return command


def _mpich(mpirun, program, tcp):
    def command(case, arguments):
        crowded = case.ranks > (os.cpu_count() or 1)
        options = [] if crowded else ["-bind-to", "core"]
        environment = {"MPIR_CVAR_NOLOCAL": "1", **tcp} if case.transport == "tcp" else {}
        return Command([mpirun, "-n", str(case.ranks), *options, program, *arguments], environment)

    return command


def _intel_mpi(root, mpirun, program):
    def command(case, arguments):
        environment = {"I_MPI_ROOT": root, "LD_LIBRARY_PATH": f"{root}/lib", "FI_PROVIDER_PATH": f"{root}/lib",
                       "I_MPI_FABRICS": "shm"}
        if case.transport == "tcp":  # without the last, collectives of one host go through shared memory all the same
            environment.update(I_MPI_FABRICS="ofi", FI_PROVIDER="tcp", FI_TCP_IFACE="lo", I_MPI_COLL_INTRANODE="pt2pt")
        return Command([mpirun, "-n", str(case.ranks), program, *arguments], environment)

    return command


def _gloo_lacks(case):
    if case.transport == "shm":
        return "no shared memory for host buffers, TCP only"
    return "no scan" if case.collective == "scan" else None


def _gloo(name, program, algorithm):
    def lacks(case):
        if algorithm == "ring":
            return _gloo_lacks(case)
        if case.collective not in ("all_reduce", REPLAY):
            return ""  # it differs in all-reduce only
        return "" if case.transport == "shm" else None

    return Library(name, PEER, f"Gloo over TCP, {algorithm} all-reduce",
                   lambda case, arguments: Command([program, str(case.ranks), algorithm, *arguments]), lacks)


def _limit(name, program, kind, transport):
    def lacks(case):
        if case.collective == REPLAY:
            return "has no replay"
        return None if case.transport == transport else f"is of {transport}"

    return Library(name, LIMIT, {"shm": "two processes on shared buffers, ordinary stores",
                                 "streaming": "two processes on shared buffers, non-temporal stores",
                                 "tcp": "one loopback connection"}[kind],
                   lambda case, arguments: Command([program, kind, str(case.ranks), *arguments]), lacks)


def libraries_of(programs, collectives):
    """What can run, given paths of programs (building.Programs.paths) and the collectives that treering-perf has."""
    def not_ours(case):
        return None if case.collective in (*collectives, REPLAY) else "not in treering-perf yet"

    def not_registered(case):
        if case.transport != "shm" or case.collective not in ("all_reduce", REPLAY):
            return "for all-reduce over shared memory"
        return not_ours(case)

    made = [
        Library("treering", OURS, "Treering, the caller's own buffers", _treering(programs["treering"], False), not_ours),
        Library("registered", OURS, "Treering, buffers of ncclMemAlloc", _treering(programs["treering"], True),
                not_registered),
    ]
    for name, btl in (("ompi4", "vader"), ("ompi5", "sm")):
        if name in programs:
            run, program = programs[name]
            made += [Library(f"{name}-{pml}", PEER, f"Open MPI, {pml}", _open_mpi(run, program, pml, btl))
                     for pml in ("ob1", "ucx")]
    for name, tcp in (("mpich4", {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "lo"}),
                      ("mpich5", {"MPIR_CVAR_CH4_NETMOD": "ofi", "FI_PROVIDER": "tcp", "FI_TCP_IFACE": "lo"})):
        if name in programs:
            made.append(Library(name, PEER, "MPICH", _mpich(*programs[name], tcp)))
    if "intel" in programs:
        run, program = programs["intel"]
        made.append(Library("intel", PEER, "Intel MPI", _intel_mpi(os.path.dirname(os.path.dirname(run)), run, program)))
    if "gloo" in programs:
        made += [_gloo("gloo", programs["gloo"], "ring"), _gloo("gloo-bcube", programs["gloo"], "bcube")]
    made += [_limit("limit", programs["limits"], "shm", "shm"),
             _limit("limit-nt", programs["limits"], "streaming", "shm"),
             _limit("limit-tcp", programs["limits"], "tcp", "tcp")]
    return made
