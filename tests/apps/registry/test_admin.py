import json
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services.users import user_create
from apps.registry.models import Module
from tests.factories.modules import manifest_of, module_available
from tests.factories.organizations import PASSWORD

BASE = "http://127.0.0.1:9001"


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    user_create(email="operator@liftos.example", password=PASSWORD, verified=True)
    User.objects.filter(email="operator@liftos.example").update(is_staff=True, is_superuser=True)
    client.force_login(
        User.objects.get(email="operator@liftos.example"), "allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_an_operator_registers_by_pasting_a_manifest(operator: Client) -> None:
    answer: Any = operator.post("/admin/registry/module/add/", {"manifest": json.dumps(manifest_of(BASE))})
    assert answer.status_code == 302
    assert Module.objects.get().module_id == "sample"


def test_a_wrong_manifest_says_where(operator: Client) -> None:
    answer: Any = operator.post("/admin/registry/module/add/", {"manifest": json.dumps({"module_id": "x"})})
    assert answer.status_code == 200
    assert "/module_id" in answer.content.decode()
    assert not Module.objects.exists()


@pytest.mark.parametrize("page", ["module/", "module/sample/change/", "installation/", "healthcheck/"])
def test_the_pages_open(operator: Client, page: str) -> None:
    module_available(BASE)
    assert operator.get(f"/admin/registry/{page}").status_code == 200


def test_checking_again_shuts_a_module_until_it_has_passed(operator: Client) -> None:
    module_available(BASE)
    operator.post("/admin/registry/module/", {"action": "check_again", "_selected_action": ["sample"]})
    assert Module.objects.get().state == "registered"


def test_retiring_takes_a_module_out_of_the_catalogue(operator: Client) -> None:
    module_available(BASE)
    operator.post("/admin/registry/module/", {"action": "retire", "_selected_action": ["sample"]})
    assert Module.objects.get().state == "retired"
