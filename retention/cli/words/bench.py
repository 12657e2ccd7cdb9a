"""./run bench NAME [--scale S]: one benchmark of tests/bench on servers of its own, with every safety on.

Its module has `main(scale) -> (rows, figures)`: rows of a table, headings first; figures with "ratios" and "counts".
"""

import argparse
import importlib
import json
import os
from collections.abc import Sequence

from retention.cli import StepFailedError
from retention.cli.folders import ROOT, Place
from retention.cli.ground import ground, migrate, set_up_django
from retention.cli.saying import Voice
from retention.cli.stopping import listen

_MODULES = {"import": "importing"}  # the name of a benchmark that no module can have


def run(arguments: list[str]) -> int:
    """Run the benchmark; print its table, then one line of JSON."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("name", help="a module of tests/bench")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the size the figures in the papers come from")
    options = parser.parse_args(arguments)
    modules = {path.stem: path.stem for path in (ROOT / "tests/bench").glob("[a-z]*.py")} | _MODULES
    known = sorted(modules.keys() - set(_MODULES.values()))
    if options.name not in known:
        raise StepFailedError(f"There is no benchmark {options.name!r}; there is: {', '.join(known) or 'none yet'}.")
    listen()
    place = Place("bench")
    with ground(place, mode="test") as base:
        os.environ |= base.environment
        set_up_django(log=place.logs / "here.log")
        migrate()
        rows, figures = importlib.import_module(f"tests.bench.{modules[options.name]}").main(options.scale)
    voice = Voice()
    for line in table(rows):
        voice.line(line)
    voice.line(json.dumps({"bench": options.name, "ratios": figures["ratios"], "counts": figures["counts"]}))
    return 0


def table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the rows as aligned lines; the first column to the left, the rest to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
