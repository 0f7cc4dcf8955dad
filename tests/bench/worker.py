"""What the processes of `tests.bench.ingestion` do. Imports nothing of Django's before it is set up."""

import time
from uuid import UUID


def start() -> None:
    import django  # noqa: PLC0415 - a new process

    django.setup()


def warm(number: int) -> None:
    from apps.memory.adapters.embedding import default_embedder  # noqa: PLC0415 - Django is set up by now
    from apps.memory.adapters.sketching import default_sketcher  # noqa: PLC0415 - as above
    from apps.memory.adapters.sparse import default_encoder  # noqa: PLC0415 - as above

    default_embedder().embed([str(number)])
    default_encoder().encode(str(number))
    default_sketcher().sketch([str(number)])
    time.sleep(0.3)


def store(organization_id: UUID, operation_id: UUID) -> None:
    from apps.core.tenancy.scope import organization_scope, public_scope  # noqa: PLC0415 - as above
    from apps.memory.services.operations import operation_process  # noqa: PLC0415 - as above

    with public_scope(), organization_scope(organization_id):
        operation_process(organization_id=organization_id, operation_id=operation_id)


def embed(texts: list[str]) -> None:
    from apps.memory.adapters.embedding import default_embedder  # noqa: PLC0415 - as above
    from apps.memory.adapters.sparse import default_encoder  # noqa: PLC0415 - as above

    for text in texts:
        default_embedder().embed([text])
        default_encoder().encode(text)


def understand(organization_id: UUID, share: int, most: int) -> int:
    from apps.core.tenancy.scope import organization_scope, public_scope  # noqa: PLC0415 - as above
    from apps.memory.services import understanding  # noqa: PLC0415 - as above

    done = 0
    with public_scope(), organization_scope(organization_id):
        while done < most:
            done += understanding.understand_some(share)
    return done
