"""What all answers have in common: request ids, problems, limits on input."""

import json
import re
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.test import APIClient

from apps.accounts import middleware
from apps.accounts.api.views import users
from apps.accounts.models import Organization
from apps.core.api.errors import PROBLEMS
from apps.core.api.pagination import MAX_CURSOR, cursor_decode, cursor_encode
from apps.core.exceptions import InvalidInput
from apps.core.ids import new_id
from apps.core.middleware import RequestContextMiddleware
from apps.core.strict_json import MAX_DEPTH, StrictJSONError, loads
from tests.factories.fixtures import ClientFactory


@pytest.mark.parametrize("given", ["abcdefgh", "A.b_c-1" * 9, "0" * 64])
def test_a_wellformed_request_id_is_kept(given: str, anonymous: APIClient) -> None:
    assert anonymous.get("/health", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "new\nline-x", "ünïcode-id", "", "<script>alert"])
def test_any_other_request_id_is_replaced(given: str, anonymous: APIClient) -> None:
    answer = anonymous.get("/health", HTTP_X_REQUEST_ID=given)
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])


@pytest.mark.parametrize("path", ["/static/nowhere", "/api/v1/nowhere", "/api/v1/memory/not-a-uuid", "/api/v1/memory/"])
def test_unknown_paths_are_problems(path: str, anonymous: APIClient) -> None:
    answer = anonymous.get(path)
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert body["code"] == "not_found"
    assert body["type"] == "/problems/not_found"
    assert body["request_id"] == answer["X-Request-ID"]


def test_people_get_a_page_where_programs_get_a_problem(anonymous: APIClient) -> None:
    page = anonymous.get("/static/nowhere", HTTP_ACCEPT="text/html,application/xhtml+xml")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert page["X-Request-ID"].encode() in page.content
    problem = anonymous.get("/api/v1/nowhere", HTTP_ACCEPT="text/html")
    assert problem["Content-Type"] == "application/problem+json"


def test_a_method_that_is_not_there(acme: Organization, client_of: ClientFactory) -> None:
    answer = client_of(acme).put("/api/v1/memory/store", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert client_of(acme).options("/api/v1/memory/store").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b'{"content": NaN}',
        b'{"content": Infinity}',
        b'{"content": 1e999}',
        b'{"content": "a", "content": "b"}',
        b'{"content": "\\u0000"}',
        b'{"content": "\\ud800"}',
        b'{"content": "\x00"}',
        b'{"metadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"metadata": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"metadata": {"n": ' + b"9" * 10_000 + b"}}",
        b"[1, 2]",
        b'"text"',
        b"null",
        b"7",
    ],
    ids=range(18),
)
@pytest.mark.parametrize("path", ["/api/v1/memory/store", "/api/v1/memory/search", "/api/v1/memory/store/batch"])
def test_bodies_that_cannot_be_taken_are_refused(
    path: str, body: bytes, acme: Organization, client_of: ClientFactory
) -> None:
    answer = client_of(acme).generic("POST", path, body, content_type="application/json")  # type: ignore[arg-type]  # bytes are sent as they are
    assert answer.status_code == 400
    assert answer.json()["code"] in {"malformed_request", "validation_failed"}


def test_a_body_of_another_type(acme: Organization, client_of: ClientFactory) -> None:
    answer = client_of(acme).generic("POST", "/api/v1/memory/store", "<x/>", content_type="text/xml")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large(acme: Organization, client_of: ClientFactory, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for path in ("/api/v1/memory/store", "/api/v1/memory/search"):
        answer = client_of(acme).post(path, {"content": "x" * 2000}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "memory/store/batch", 32 * 1024**2),
        ("POST", "memory/import", 1024**3),
        ("PUT", "orgs/current/branding/logo", 32 * 1024**2),
    ],
)
def test_a_form_that_announces_too_much_is_refused_before_it_is_read(
    acme: Organization, client_of: ClientFactory, method: str, path: str, most: int
) -> None:
    client, kind = client_of(acme), "multipart/form-data; boundary=x"
    for length in (str(most + 70_000), "-1"):
        answer = client.generic(method, f"/api/v1/{path}", "--x--", content_type=kind, CONTENT_LENGTH=length)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), length


def test_a_body_without_a_length() -> None:
    chunked = RequestFactory().post("/api/v1/memory/store", HTTP_TRANSFER_ENCODING="chunked")
    del chunked.META["CONTENT_LENGTH"]
    answer = RequestContextMiddleware(lambda _: HttpResponse())(chunked)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (411, "length_required")


def test_a_database_that_is_away_is_said_so(
    acme: Organization, client_of: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(acme)

    def fail(**_: Any) -> None:
        raise OperationalError("server closed the connection, password=hunter2")

    monkeypatch.setattr(users, "me", fail)
    answer = client.get("/api/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert b"hunter2" not in answer.content


def test_a_database_that_is_away_before_the_view_is_said_so(
    acme: Organization, client_of: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(acme)

    def fail(**_: Any) -> None:
        raise OperationalError("couldn't get a connection, password=hunter2")

    monkeypatch.setattr(middleware, "membership_state", fail)
    answer = client.get("/api/v1/auth/me")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "dependency_unavailable"
    assert int(answer["Retry-After"]) > 0
    assert b"hunter2" not in answer.content


def test_an_answer_with_a_time_is_replayed(acme: Organization, client_of: ClientFactory) -> None:
    client = client_of(acme)
    first, second = (
        client.post("/api/v1/orgs", {"name": "Second"}, format="json", HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()


def test_a_defect_of_ours_tells_nothing(
    acme: Organization, client_of: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(acme)

    def fail(**_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(users, "me", fail)
    answer = client.get("/api/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"secret detail" not in answer.content


def test_cursors_round_trip_and_strangers_are_refused() -> None:
    position = ["Grüße, “a”", new_id().hex]
    cursor = cursor_encode("-source", *position)
    assert cursor_decode(cursor, order="-source", length=2) == position
    assert len(cursor_encode("-source", "\U0001f600" * 200, new_id().hex)) <= MAX_CURSOR
    for stranger in ("", "x", "é", "a" * 22 + "!", "AAAA", "=" * 24, cursor[:-2], cursor_encode("-source", "x")):
        with pytest.raises(InvalidInput):
            cursor_decode(stranger, order="-source", length=2)
    for other in ("source", "-recorded_at"):
        with pytest.raises(InvalidInput, match="another order"):
            cursor_decode(cursor, order=other, length=2)


def test_deep_json_is_taken_up_to_the_limit() -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b"]" * depth

    assert json.dumps(loads(nested(MAX_DEPTH)))
    with pytest.raises(StrictJSONError):
        loads(nested(MAX_DEPTH + 1))


def test_an_escaped_backslash_before_u0000_is_ordinary_text() -> None:
    assert loads(b'"\\\\u0000"') == "\\u0000"
    assert loads(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_every_problem_code_is_documented() -> None:
    from pathlib import Path  # noqa: PLC0415 - only here

    text = (Path(__file__).resolve().parents[3] / "docs" / "api" / "errors.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))
    assert documented == set(PROBLEMS)
