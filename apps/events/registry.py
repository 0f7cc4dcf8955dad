"""Where apps above attach themselves to events, in their `AppConfig.ready`."""

from collections.abc import Callable, Mapping, Sequence

from apps.events.types import Event, Listener

# Acts on events, in order, in one transaction of the public schema with the note that it did.
Handler = Callable[[Sequence[Event]], None]

# Returns those of an organisation's events that somebody may be told of, in their order.
FeedFilter = Callable[[Listener, Sequence[Event]], Sequence[Event]]

_filters: list[FeedFilter] = []
_consumers: dict[str, Handler] = {}


def register_consumer(name: str, handler: Handler) -> None:
    """Have every event brought to `handler`: in order, and with its effect in the database exactly once.

    What it does elsewhere may happen again after a crash. What it raises has the events brought one by one, then again
    with growing delays, and in the end parked, so that others go on.
    """
    _consumers[name] = handler


def register_feed_filter(feed_filter: FeedFilter) -> None:
    """Have every reading of the feed pass through `feed_filter`: the API, streams, and what modules are sent."""
    if feed_filter not in _filters:
        _filters.append(feed_filter)


def events_open(listener: Listener, events: Sequence[Event]) -> Sequence[Event]:
    """Return those of these events of the listener's organisation that they may be told of."""
    for one in _filters:
        events = one(listener, events)
    return events


def consumers() -> Mapping[str, Handler]:
    return _consumers
