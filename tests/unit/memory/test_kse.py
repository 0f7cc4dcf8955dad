import ast
import importlib.metadata
import importlib.util
import subprocess
import sys
import warnings
from dataclasses import fields
from pathlib import Path

import pytest

from apps.memory import kse
from apps.memory.kse import KseContractError, kse_contract

HEAVY = ("torch", "transformers", "kse_memory", "networkx", "sklearn", "numpy", "PIL")


def test_loading_imports_the_contract_modules_alone() -> None:
    script = (
        f"import sys; from apps.memory.kse import kse_contract; c = kse_contract();"
        f"print(c.version, [m for m in {HEAVY!r} if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    assert answer.stdout.strip() == "2.0.0 []"


def test_contract_is_loaded_once() -> None:
    assert kse_contract() is kse_contract()


@pytest.mark.parametrize(
    "name",
    ["Entity", "ConceptualSpace", "EmbeddingVector", "SearchQuery", "SearchType", "SearchResult", "KnowledgeGraph"],
)
def test_models_are_there(name: str) -> None:
    assert kse_contract().model(name).__name__ == name


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        (
            "VectorStoreInterface",
            {
                "connect", "disconnect", "create_index", "delete_index",
                "upsert_vectors", "delete_vectors", "search_vectors", "get_vector",
            },
        ),
        (
            "GraphStoreInterface",
            {
                "connect", "disconnect", "create_node", "update_node", "delete_node", "create_relationship",
                "delete_relationship", "get_node", "get_neighbors", "find_path", "execute_query",
            },
        ),
        (
            "ConceptStoreInterface",
            {
                "connect", "disconnect", "store_conceptual_dimensions", "get_conceptual_dimensions",
                "delete_conceptual_dimensions", "find_similar_concepts", "get_dimension_statistics",
            },
        ),
        (
            "EmbeddingServiceInterface",
            {
                "generate_text_embedding", "generate_image_embedding",
                "generate_batch_text_embeddings", "generate_batch_image_embeddings",
            },
        ),
        ("ConceptualServiceInterface", {"compute_dimensions", "compute_batch_dimensions", "explain_dimensions"}),
        (
            "SearchServiceInterface",
            {"search", "semantic_search", "conceptual_search", "knowledge_graph_search", "hybrid_search"},
        ),
        ("CacheInterface", {"get", "set", "delete", "exists", "clear"}),
    ],
)  # fmt: skip
def test_interfaces_have_the_methods_we_implement(name: str, methods: set[str]) -> None:
    assert kse_contract().interface(name).__abstractmethods__ == methods


def test_exceptions_share_one_base() -> None:
    contract = kse_contract()
    error = contract.exception("VectorStoreError")("down", operation="search")
    assert isinstance(error, contract.exception("KSEError"))
    assert error.details == {"operation": "search", "backend_type": "vector_store"}


@pytest.mark.parametrize("name", ["Nothing", "Dict", "datetime", "DOMAIN_DIMENSIONS"])
def test_only_classes_of_the_contract_are_given(name: str) -> None:
    with pytest.raises(KseContractError, match=f"has no models class {name}"):
        kse_contract().model(name)


def test_other_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.1.0")
    with pytest.raises(KseContractError, match=r"2\.1\.0 is installed; the contract was checked for 2\.0\.0"):
        kse_contract.__wrapped__()


def test_missing_sdk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kse, "DISTRIBUTION", "no-such-distribution")
    with pytest.raises(KseContractError, match="no-such-distribution is not installed"):
        kse_contract.__wrapped__()


def test_upstream_search_builds_results_with_a_field_that_does_not_exist() -> None:
    """The defect that makes every upstream search return nothing; when this fails, reconsider docs/adr/0003.

    ``SearchResult`` has the field ``entity`` and ``product`` only as a deprecated property, but the SDK's search
    service passes ``product=`` to the constructor, catches the ``TypeError`` for each item and logs a warning.
    """
    result = kse_contract().model("SearchResult")
    assert "product" not in {field.name for field in fields(result)}
    with pytest.raises(TypeError, match="unexpected keyword argument 'product'"):
        result(product=None, score=1.0)

    spec = importlib.util.find_spec("kse_memory")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    service = Path(next(iter(spec.submodule_search_locations))) / "services" / "search.py"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # upstream's string escapes are not ours to judge
        tree = ast.parse(service.read_text(encoding="utf-8"))
    built = [
        {keyword.arg for keyword in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "SearchResult"
    ]
    assert built
    assert all("product" in keywords for keywords in built)
