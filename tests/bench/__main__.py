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
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.dev.services import Services
from tests.bench.results import Speed

if TYPE_CHECKING:
    from tests.bench.sets import SetQuality

STATE = Path(__file__).resolve().parents[2] / ".liftos" / "bench"
ROUNDS = 3
_NUMBERS = itertools.count()
SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--sets", nargs="*", type=Path, default=[], help="folders of retrieval sets, see tests/bench/sets.py"
    )
    parser.add_argument(
        "--sizes", nargs="*", type=int, default=SIZES, help="numbers of memories among which searches are timed"
    )
    parser.add_argument("--gateway", action="store_true", help="measure the gateway alone")
    parser.add_argument("--ledger", action="store_true", help="measure the ledger and what metering adds, alone")
    parser.add_argument("--epochs", action="store_true", help="measure re-embedding under load, alone")
    parser.add_argument("--rights", action="store_true", help="measure how soon what is taken away is refused, alone")
    parser.add_argument("--reviews", action="store_true", help="measure the search for pairs to decide about, alone")
    parser.add_argument(
        "--sign-in", action="store_true", help="only compare refused sign-ins for known and unknown addresses"
    )
    arguments = parser.parse_args()
    # As in production: a commit waits for the disk.
    services = Services(STATE)
    values = services.start()
    try:
        os.environ.update({name: values[name] for name in ("DATABASE_URL", "REDIS_URL", "JWT_SIGNING_KEY")})
        os.environ["ENVIRONMENT"] = "test"
        os.environ["DJANGO_SETTINGS_MODULE"] = "liftos.settings.test"
        if arguments.sign_in:
            _sign_in(as_json=arguments.as_json)
            return
        quality, speed = _measure(arguments)
    finally:
        services.stop()
    if arguments.as_json:
        rows = {"quality": [asdict(one) for one in quality], "speed": [asdict(one) for one in speed]}
        print(json.dumps(rows))  # noqa: T201 - the result of the program
    else:
        _print(quality, speed)


def _sign_in(*, as_json: bool) -> None:
    import django  # noqa: PLC0415 - the settings have to be named first

    django.setup()
    from apps.core.tenancy.scope import public_scope  # noqa: PLC0415 - as above
    from tests.bench.memory import organization  # noqa: PLC0415 - as above
    from tests.bench.sign_in import measure_sign_in  # noqa: PLC0415 - as above

    with public_scope():
        # Whose database it brings up to date.
        organization()
        times = measure_sign_in()
    row = asdict(times) | {"apart": times.apart}
    print(json.dumps(row) if as_json else "\n".join(times.lines()))  # noqa: T201 - the result of the program


def _measure(arguments: argparse.Namespace) -> "tuple[list[SetQuality], list[Speed]]":
    import django  # noqa: PLC0415 - the settings have to be named first

    django.setup()
    from apps.core.tenancy.scope import public_scope  # noqa: PLC0415 - as above
    from tests.bench import memory  # noqa: PLC0415 - as above
    from tests.bench.api import measure_api  # noqa: PLC0415 - as above
    from tests.bench.epochs import measure_epochs  # noqa: PLC0415 - as above
    from tests.bench.gateway import measure_gateway  # noqa: PLC0415 - as above
    from tests.bench.ingestion import measure_ingestion  # noqa: PLC0415 - as above
    from tests.bench.ledger import measure_ledger  # noqa: PLC0415 - as above
    from tests.bench.reviews import measure_reviews  # noqa: PLC0415 - as above
    from tests.bench.rights import measure_rights  # noqa: PLC0415 - as above
    from tests.bench.sets import demo_set, measure_archived, measure_set, read_set  # noqa: PLC0415 - as above
    from tests.bench.speed import measure_speed  # noqa: PLC0415 - as above

    with public_scope():
        if arguments.gateway:
            return [], measure_gateway(memory.organization())
        if arguments.ledger:
            return [], measure_ledger(memory.organization())
        if arguments.epochs:
            return [], measure_epochs(memory.organization())
        if arguments.reviews:
            return [], measure_reviews(memory.organization())
        if arguments.rights:
            return [], measure_rights(memory.organization)
        sizes: Sequence[int] = arguments.sizes
        given = [demo_set(), *map(read_set, arguments.sets)]
        quality = [row for one in given for row in measure_set(one, memory.organization())]
        quality += measure_archived(given[0], memory.organization())
        speed = memory.measure_demo()
        speed += measure_ingestion(memory.organization())
        if sizes:
            filled = memory.organization()
            speed += measure_speed(filled, sizes[:1])
            speed += measure_api(filled)
        if sizes[1:]:
            speed += measure_speed(memory.organization(), sizes[1:])
        speed += measure_gateway(memory.organization())
        speed += measure_ledger(memory.organization())
        speed += measure_epochs(memory.organization())
        speed += measure_reviews(memory.organization())
        return quality, speed + measure_rights(memory.organization)


def _print(quality: "Sequence[SetQuality]", speed: Sequence[Speed]) -> None:
    lines = [f"{'what':<48}{'product':>10}{'floor':>10}  {'unit':<10}{'ratio':>7}  floor of"]
    lines += [
        f"{one.what:<48}{one.product:>10.2f}{one.floor:>10.2f}  {one.unit:<10}{one.ratio:>7.2f}  {one.floor_of}"
        for one in speed
    ]
    if quality:
        lines += ["", f"{'set':<24}{'answered by':<20}{'nDCG@10':>9}{'R@5':>7}{'R@10':>7}{'MRR@10':>8}"]
    lines += [
        f"{one.name:<24}{one.search_type:<20}{one.ndcg_at_10:>9.3f}{one.recall_at_5:>7.3f}{one.recall_at_10:>7.3f}"
        f"{one.mrr_at_10:>8.3f}"
        for one in quality
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
