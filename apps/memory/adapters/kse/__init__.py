"""The interfaces of kse-memory-sdk on PostgreSQL, each bound to one organisation. See docs/adr/0003-kse-contract.md.

This is a door into the memory for code written against that SDK; the memory itself does not use it.
"""

from apps.memory.adapters.kse.cache import Cache
from apps.memory.adapters.kse.concepts import ConceptStore
from apps.memory.adapters.kse.conceptual import ConceptualService
from apps.memory.adapters.kse.embeddings import EmbeddingService
from apps.memory.adapters.kse.graph import GraphStore
from apps.memory.adapters.kse.search import SearchService
from apps.memory.adapters.kse.vectors import VectorStore

__all__ = [
    "Cache",
    "ConceptStore",
    "ConceptualService",
    "EmbeddingService",
    "GraphStore",
    "SearchService",
    "VectorStore",
]
