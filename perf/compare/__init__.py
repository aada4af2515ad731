"""Treering beside other libraries and beside what the machine can do: `python3 -m compare --help`.

A case is a collective, a number of ranks and a transport. Its sizes fall into classes; a block runs every library once
over one class, so that what is compared is measured within seconds. Figures are medians over blocks.
"""
