"""`make bench`: how well and how fast, always beside a floor that is measured in the same run.

Ratios are what to compare between machines and days; the times beside them are those of this machine, now.
"""

import argparse
import itertools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.dev.services import Services

STATE = Path(__file__).resolve().parents[2] / ".liftos" / "bench"
ROUNDS = 3
_NUMBERS = itertools.count()
TOP = 5


@dataclass(frozen=True)
class Quality:
    """Over the demo questions: how often the first result answers, and how many of the answers are in the top five."""

    search_type: str
    first_is_an_answer: float
    recall_at_5: float


@dataclass(frozen=True)
class Speed:
    """Milliseconds, or texts a second; `ratio` is that of the product to the floor."""

    what: str
    unit: str
    product: float
    floor_of: str
    floor: float
    ratio: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().as_json
    services = Services(STATE, durable=False)
    values = services.start()
    try:
        os.environ.update({name: values[name] for name in ("DATABASE_URL", "REDIS_URL", "JWT_SIGNING_KEY")})
        os.environ["ENVIRONMENT"] = "test"
        os.environ["DJANGO_SETTINGS_MODULE"] = "liftos.settings.test"
        quality, speed = _measure()
    finally:
        services.stop()
    if as_json:
        print(json.dumps({"quality": [asdict(one) for one in quality], "speed": [asdict(one) for one in speed]}))  # noqa: T201 - the result of the program
    else:
        _print(quality, speed)


def _measure() -> tuple[list[Quality], list[Speed]]:
    import django  # noqa: PLC0415 - the settings have to be named first

    django.setup()
    from apps.core.tenancy.scope import public_scope  # noqa: PLC0415 - as above
    from tests.bench import memory  # noqa: PLC0415 - as above

    with public_scope():
        return memory.measure()


def _print(quality: Sequence[Quality], speed: Sequence[Speed]) -> None:
    lines = [f"{'search type':<14}{'first answers':>15}{'recall@5':>10}"]
    lines += [f"{one.search_type:<14}{one.first_is_an_answer:>15.2f}{one.recall_at_5:>10.2f}" for one in quality]
    lines += ["", f"{'what':<34}{'product':>10}{'floor':>10}  {'unit':<10}{'ratio':>7}  floor of"]
    lines += [
        f"{one.what:<34}{one.product:>10.2f}{one.floor:>10.2f}  {one.unit:<10}{one.ratio:>7.2f}  {one.floor_of}"
        for one in speed
    ]
    print("\n".join(lines))  # noqa: T201 - the result of the program


def median_ms(work: Callable[[str], object], questions: Sequence[str]) -> float:
    """Return the median time of `work` over several rounds of the questions, in milliseconds.

    Every call gets a text that was never asked before: the embedder remembers the vectors of recent ones.
    """
    times = []
    for _ in range(ROUNDS):
        for question in questions:
            unseen = f"{question} ({next(_NUMBERS)})"
            began = time.perf_counter()
            work(unseen)
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
