"""Signals that ask for the end: they set a flag, which every stage looks at, so nothing is left half done."""

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class StopFlag:
    """Counts the requests to stop; the second one means now."""

    def __init__(self) -> None:
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def hurry(self) -> bool:
        return self.count > 1

    def install(self) -> None:
        """Handle the signals; again after a library has put its own handlers in place."""
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.count += 1
