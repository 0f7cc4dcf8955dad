import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway.engine.paths import MalformedPath, gateway_path
from apps.gateway.engine.routes import RouteTable, pointed_at

MANIFEST = {
    "routes": [
        {"method": "POST", "path": "/questions", "permission": "sample:read", "timeout_seconds": 60},
        {"path": "/things/{thing_id}", "permission": "sample:admin"},
        {
            "method": "POST", "path": "/ask", "memory_enrichment": {"query_from": "/question"},
            "remember": {"content_from": "/summary", "metadata_from": ["/id"]},
        },
    ]
}  # fmt: skip
TABLE = RouteTable.of(MANIFEST, area="sample")


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", ["elsewhere"], "sample:read"),
        ("HEAD", ["elsewhere"], "sample:read"),
        ("POST", ["elsewhere"], "sample:write"),
        ("DELETE", [], "sample:write"),
        ("POST", ["questions"], "sample:read"),
        ("GET", ["things", "7"], "sample:admin"),
        ("HEAD", ["things", "7"], "sample:admin"),
        ("GET", ["things", "7", "parts"], "sample:read"),
        ("GET", ["Things", "7"], "sample:read"),
    ],
)
def test_a_call_needs_what_its_route_says(method: str, path: list[str], permission: str) -> None:
    assert TABLE.find(method, path).permission == permission


def test_the_root_of_a_module_s_prefix_is_a_route_too() -> None:
    table = RouteTable.of({"routes": [{"path": "/", "permission": "sample:admin"}]}, area="sample")
    assert table.find("GET", []).permission == "sample:admin"
    assert table.find("GET", ["things"]).permission == "sample:read"


def test_what_a_route_declares_is_kept() -> None:
    route = TABLE.find("POST", ["ask"])
    assert route.enrichment is not None
    assert (route.enrichment.query_from, route.enrichment.search_type, route.enrichment.limit) == (
        "/question",
        "hybrid",
        5,
    )
    assert route.remember is not None
    assert (route.remember.memory_type, route.remember.metadata_from) == ("general", ("/id",))
    assert TABLE.find("POST", ["questions"]).timeout_seconds == 60


def test_pointers_find_what_they_name() -> None:
    document = {"a": [{"b/c": 1}], "~": 2}
    assert pointed_at(document, "/a/0/b~1c") == 1
    assert pointed_at(document, "/~0") == 2
    assert pointed_at(document, "/a/9") is None
    assert pointed_at(document, "/a/x/y") is None


@given(st.binary(max_size=60))
def test_a_path_that_is_read_is_read_the_same_again(raw: bytes) -> None:
    try:
        first = gateway_path(b"sample/" + raw)
    except MalformedPath:
        return
    assert gateway_path(b"sample" + first.path.encode()) == first
    assert not {"", ".", ".."} & set(first.segments)
