"""Where apps above attach themselves to events, in their `AppConfig.ready`."""

from collections.abc import Callable, Mapping, Sequence

from apps.events.types import Event

# Acts on events, in order, in one transaction of the public schema with the note that it did.
Handler = Callable[[Sequence[Event]], None]

_consumers: dict[str, Handler] = {}


def register_consumer(name: str, handler: Handler) -> None:
    """Have every event brought to `handler`: in order, and with its effect in the database exactly once.

    What it does elsewhere may happen again after a crash. What it raises has the events brought one by one, then again
    with growing delays, and in the end parked, so that others go on.
    """
    _consumers[name] = handler


def consumers() -> Mapping[str, Handler]:
    return _consumers
