"""Measures a case block by block, and keeps what was measured."""

import math
import sys

from .cases import classes_of, size_text
from .libraries import Command, arguments_of
from .medians import Block
from .running import run


class Comparison:
    def __init__(self, libraries, flag_program, traffic, say=lambda text: print(text, file=sys.stderr, flush=True)):
        self.libraries = libraries
        self.flag_program = flag_program
        self.traffic = traffic
        self.blocks = []
        self.notes = []
        self._say = say
        self._given_up = {}  # by library and case: the sizes from which on it has failed; 0: it does not even start

    @property
    def roles(self):
        return {library.name: library.role for library in self.libraries}

    @property
    def order(self):
        return [library.name for library in self.libraries]

    def flag_ns(self):
        return run(Command([self.flag_program, "flag"]), 20).flag_ns or 0.0

    def measure(self, case, sizes, factor, blocks):
        able = []
        for library in self.libraries:
            reason = library.lacks(case)
            if reason is None:
                able.append(library)
            elif library.role == "peer" and reason:
                self._note(f"{library.name} in {case.name}: {reason}")
        # Blocks outside, classes inside: the blocks of a class lie far apart, and see different moods of the machine.
        for number in range(1, blocks + 1):
            for of_class in classes_of(case, sizes, factor):
                self._block(case, number, of_class, able)

    def _block(self, case, number, of_class, able):
        before = self.flag_ns()
        times = {}
        turn = (number - 1) % len(able)
        for library in able[turn:] + able[:turn]:  # nobody is always the first
            if of_class.sizes[0] >= self._given_up.get((library.name, case), math.inf):
                continue
            outcome = run(library.command(case, arguments_of(case, of_class, self.traffic)), of_class.timeout_s)
            times[library.name] = outcome.times
            if outcome.problem:
                starts = outcome.times or outcome.is_late
                self._given_up[library.name, case] = of_class.sizes[0] if starts else 0  # larger ones take longer
                self._note(f"{library.name} in {case.name}, block {number}: {outcome.problem}")
        block = Block(case, number, [before, self.flag_ns()], times)
        self.blocks.append(block)
        sizes = f", {size_text(of_class.sizes[0])} to {size_text(of_class.sizes[-1])}" if case.has_sizes else ""
        self._say(f"# block {number} of {case.title}{sizes}: flag {block.flag_ns[0]:.0f} ns before, "
                  f"{block.flag_ns[1]:.0f} ns after")

    def _note(self, text):
        if text not in self.notes:
            self.notes.append(text)
