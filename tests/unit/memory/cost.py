"""Checks of what a function costs that a slow machine cannot fail."""

import cProfile
import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# Far beyond what any of these takes on a busy machine; only what would not end in hours is beyond it too.
_HANG_SECONDS = 120


@contextmanager
def ends() -> Iterator[None]:
    """Fail if the body hangs, even inside a regular expression: those look for signals while they go back and forth."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still busy after {_HANG_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_HANG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def calls(work: Callable[[str], object], text: str) -> int:
    """Return how many calls of functions, Python's and built-in ones, reading a text takes."""
    # Once before, so that what is kept for the next time is not counted.
    work(text)
    profile = cProfile.Profile()
    # What other tests have left is not cleared away meanwhile: finalizers would be counted too.
    gc.collect()
    gc.disable()
    try:
        profile.runcall(work, text)
    finally:
        gc.enable()
    return sum(entry.callcount for entry in profile.getstats())


def assert_linear(work: Callable[[str], object], unit: str, *, repeats: int, many: int) -> None:
    """Assert that twice as long a text takes about twice as many calls, and that reading a very long one ends.

    Calls show loops within loops; the very long text shows patterns that try too many ways.
    """
    once, twice = calls(work, unit * repeats), calls(work, unit * 2 * repeats)
    assert twice <= 2.2 * once + 50, f"{once} calls, and {twice} for twice the text"
    with ends():
        work(unit * many)
