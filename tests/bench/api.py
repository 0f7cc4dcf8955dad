"""What HTTP, the credential, the organisation, the quota and the usage row add to a search."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.services.sessions import session_open
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.services.search import memories_find
from apps.memory.types import SearchQuery
from deploy.dev.state import LOOPBACK
from tests.bench.notes import QUESTIONS
from tests.bench.results import Speed
from tests.bench.servers import web

ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 5
_SECONDS_TO_START = 30
_PASSWORD = "bench bench 1"


def measure_api(organization: Organization) -> Speed:
    """Ask an organisation that is filled already, over HTTP and in this process, and compare."""
    membership = Membership.objects.get(organization=organization)
    token = session_open(membership=membership, now=timezone.now()).access

    def inside(question: str) -> object:
        with organization_scope(organization.id):
            query = SearchQuery(text=question)
            return memories_find(organization_id=organization.id, reader=EVERYTHING, query=query, now=timezone.now())

    lowest = _median_ms(inside)
    with web() as port:
        connection = HTTPConnection(LOOPBACK, port, timeout=30)
        product = _median_ms(
            lambda question: _post(connection, "/api/v1/memory/search", {"query": question}, token=token)
        )
    what = "POST /memory/search over HTTP"
    return Speed(what, "ms p50", product, "the search alone", lowest, product / lowest)


def _median_ms(work: Callable[[str], object]) -> float:
    work("warm up")
    times = []
    for round_ in range(_ROUNDS):
        for question in QUESTIONS:
            unseen = f"{question} {time.perf_counter_ns() % 1_000_003} {round_}"
            began = time.perf_counter()
            work(unseen)
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _post(connection: HTTPConnection, path: str, body: object, *, token: str) -> object:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{path}: {content.decode()}")
    return json.loads(content)
