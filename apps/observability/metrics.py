"""Prometheus: one text for all processes that share a folder.

Every process counts into files of its own in `PROMETHEUS_MULTIPROC_DIR`; whichever process is asked adds them up, those
of dead ones included (`adapters.process_files`). Without that folder a process tells what it has counted itself.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import redis.exceptions
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

from apps.core.models import Job
from apps.observability.adapters.process_files import dead_folded
from apps.observability.adapters.pulse import SCHEDULER, WORKER, pulse_age, queue_length, queue_taken

logger = logging.getLogger(__name__)

PROCESSES = "liftos_processes"
PROCESSES_TEXT = "Living processes that count, by name."

# A value for each combination of what the labels may be.
Readings = Iterable[tuple[Sequence[str], float]]
Source = Literal["database", "redis"]


@dataclass(frozen=True, slots=True)
class _Figure:
    documentation: str
    labels: tuple[str, ...]
    read: Callable[[], Readings]
    source: Source


_figures: dict[str, _Figure] = {}


def register_gauge(name: str, documentation: str, read: Callable[[], float], *, source: Source = "database") -> None:
    """Add a figure that is read in the public scope at every scrape; called from `AppConfig.ready`.

    `source` is what it is read from: of one that is away, no scrape waits for a second figure.
    """
    register_gauges(name, documentation, (), lambda: [((), read())], source=source)


def register_gauges(
    name: str,
    documentation: str,
    labels: Sequence[str],
    read: Callable[[], Readings],
    *,
    source: Source = "database",
) -> None:
    """Add figures of one name that differ by their labels; read as those of `register_gauge`."""
    _figures[name] = _Figure(documentation, tuple(labels), read, source)


def register_work_gauges() -> None:
    """Add what tells whether background work gets done; its own app stands below this one."""
    register_gauges("jobs", "Jobs that are recorded.", ["status"], jobs_by_status)
    register_gauge("jobs_oldest_waiting_seconds", "Age of the job that waits longest.", jobs_waiting_seconds)
    register_gauge("celery_queue_length", "Messages that wait for a worker.", queue_length, source="redis")
    register_gauge("celery_queue_taken", "Messages that workers have not finished.", queue_taken, source="redis")
    register_gauges(
        "heartbeat_age_seconds", "Seconds since the last sign of life.", ["process"], pulse_ages, source="redis"
    )


def pulse_ages() -> Readings:
    found = ((name, pulse_age(name)) for name in (WORKER, SCHEDULER))
    return [((name,), age) for name, age in found if age is not None]


def jobs_by_status() -> Readings:
    counted = dict(Job.objects.values_list("status").annotate(count=Count("id")))
    return [((status,), float(counted.get(status, 0))) for status in Job.Status.values]


def jobs_waiting_seconds() -> float:
    """Return the age of the oldest job that could be done by now; 0 if there is none."""
    now = timezone.now()
    queued = Job.objects.filter(status=Job.Status.QUEUED)
    # A first attempt may begin at once; `available_at` is then the time at which it is sent again.
    first = queued.filter(attempts=0).aggregate(oldest=Min("created_at"))["oldest"]
    again = queued.filter(attempts__gt=0, available_at__lt=now).aggregate(oldest=Min("available_at"))["oldest"]
    return max((float((now - oldest).total_seconds()) for oldest in (first, again) if oldest), default=0.0)


def registered_gauges() -> list[str]:
    return sorted(_figures)


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        away: set[Source] = set()
        for name, figure in _figures.items():
            if figure.source in away:
                continue
            family = GaugeMetricFamily(name, figure.documentation, labels=figure.labels)
            try:
                for labels, value in figure.read():
                    family.add_metric(labels, value)
            except (DatabaseError, PoolTimeout, redis.exceptions.RedisError) as error:
                # What was counted must be told even when the database is away.
                logger.warning("metrics: %s is missing: %s", name, error)
                away.add("redis" if isinstance(error, redis.exceptions.RedisError) else "database")
                continue
            yield family


class _Counted(Collector):
    """What was read of the processes' files."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def metrics_text() -> bytes:
    """Return all metrics in Prometheus' text format."""
    scraped = CollectorRegistry(auto_describe=False)
    # The library would describe, and so read, every gauge once more if it were asked to.
    scraped.register(_Gauges())
    folder = settings.PROMETHEUS_MULTIPROC_DIR
    if not folder:
        return generate_latest(REGISTRY) + generate_latest(scraped)
    counted = CollectorRegistry(auto_describe=False)
    living = GaugeMetricFamily(PROCESSES, PROCESSES_TEXT, labels=["process"])
    with dead_folded(Path(folder)) as found:
        merged = MultiProcessCollector.merge(found.files)  # type: ignore[no-untyped-call]  # untyped upstream
    for process, count in found.processes.items():
        living.add_metric([process], count)
    counted.register(_Counted([*merged, living]))
    return generate_latest(counted) + generate_latest(scraped)
