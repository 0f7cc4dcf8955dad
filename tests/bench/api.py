"""What HTTP, the credential, the organisation, the quota and the usage row add to a search."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from django.db.models.functions import Mod
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import session_open
from apps.accounts.services.users import user_create
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING, PrincipalKind, Right
from apps.memory.models import Memory
from apps.memory.services.grants import grant_make
from apps.memory.services.search import memories_find
from apps.memory.types import GrantOffer, SearchQuery
from deploy.dev.state import LOOPBACK
from tests.bench.notes import QUESTIONS
from tests.bench.results import Speed
from tests.bench.servers import web

ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 5
_SECONDS_TO_START = 30
_SHARE = 10
_MODULE = "causal"
_OFFER = GrantOffer(
    principal_kind=PrincipalKind.ROLE,
    principal_id=Role.VIEWER,
    module=_MODULE,
    rights=[Right.READ],
    purpose="Bench",
    filters={"memory_type": {"in": ["experiment", "insight"]}},
)


def measure_api(organization: Organization) -> list[Speed]:
    """Ask an organisation that is filled already, over HTTP and in this process, and compare.

    Then ask as somebody who reads only a part: a tenth belongs to a module, and a grant with a condition opens some.
    """
    now = timezone.now()
    owner = Membership.objects.get(organization=organization)
    viewer = Membership.objects.create(
        organization=organization,
        role=Role.VIEWER,
        user=user_create(email=f"viewer-{now.timestamp()}@example.com", password=None),
    )
    owners, viewers = (session_open(membership=one, now=now).access for one in (owner, viewer))
    with organization_scope(organization.id):
        Memory.objects.annotate(share=Mod("number", _SHARE)).filter(share=0).update(module=_MODULE)
        grant_make(organization_id=organization.id, offer=_OFFER, user_id=None, now=now)

    def inside(question: str) -> object:
        with organization_scope(organization.id):
            query = SearchQuery(text=question)
            return memories_find(organization_id=organization.id, reader=EVERYTHING, query=query, now=timezone.now())

    lowest = _median_ms(inside)
    with web() as port:
        connection = HTTPConnection(LOOPBACK, port, timeout=30)
        product, partly = (
            _median_ms(lambda question: _post(connection, "/api/v1/memory/search", {"query": question}, token=token))  # noqa: B023 - called at once
            for token in (owners, viewers)
        )
    what = "POST /memory/search over HTTP"
    return [
        Speed(what, "ms p50", product, "the search alone", lowest, product / lowest),
        Speed(f"{what}, with a grant", "ms p50", partly, "by who reads all", product, partly / product),
    ]


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
