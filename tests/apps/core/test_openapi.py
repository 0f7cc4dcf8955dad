"""The API document and its pages."""

from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(_references, value.values()))
    if isinstance(value, list):
        return set().union(*map(_references, value))
    return set()


def test_every_reference_of_the_document_resolves(anonymous: APIClient) -> None:
    document = yaml.safe_load(anonymous.get("/api/v1/schema").content)
    defined = {f"#/components/{kind}/{name}" for kind, names in document["components"].items() for name in names}
    assert _references(document) - defined == set()
    assert "#/components/schemas/Problem" in defined


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
@pytest.mark.parametrize("method", ["options", "post"])
def test_the_pages_refuse_other_methods_in_the_documented_form(path: str, method: str, anonymous: APIClient) -> None:
    answer = getattr(anonymous, method)(path)
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_fetch_nothing_from_elsewhere(path: str, anonymous: APIClient) -> None:
    page = anonymous.get(path).content.decode()
    assert "googleapis" not in page
    assert "cdn" not in page
