"""Prometheus: one text for all processes of this machine.

Every process counts into files of its own in `PROMETHEUS_MULTIPROC_DIR`, which the launcher empties before it starts
them; whichever process is asked adds them up. Without that folder a process tells what it has counted itself.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

logger = logging.getLogger(__name__)

_gauges: dict[str, tuple[str, Callable[[], float]]] = {}


def register_gauge(name: str, documentation: str, read: Callable[[], float]) -> None:
    """Add a figure that is read in the public scope at every scrape; called from `AppConfig.ready`."""
    _gauges[name] = (documentation, read)


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (documentation, read) in _gauges.items():
            try:
                value = read()
            except (DatabaseError, PoolTimeout) as error:
                # What was counted must be told even when the database is away.
                logger.warning("metrics: %s is missing: %s", name, error)
                continue
            yield GaugeMetricFamily(name, documentation, value=value)


def metrics_text() -> bytes:
    """Return all metrics in Prometheus' text format."""
    scraped = CollectorRegistry(auto_describe=False)
    # The library would describe, and so read, every gauge once more if it were asked to.
    scraped.register(_Gauges())
    folder = settings.PROMETHEUS_MULTIPROC_DIR
    if not folder:
        return generate_latest(REGISTRY) + generate_latest(scraped)
    counted = CollectorRegistry()
    MultiProcessCollector(counted, path=folder)  # type: ignore[no-untyped-call]  # it registers itself
    return generate_latest(counted) + generate_latest(scraped)


def metrics_folder_make() -> None:
    """Make the folder that processes count into: the library needs it before the first figure."""
    if settings.PROMETHEUS_MULTIPROC_DIR:
        Path(settings.PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)
