"""The way from an event loop to the database."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from apps.core.tenancy.scope import public_scope

Result = TypeVar("Result")


async def in_public_thread(work: Callable[[], Result]) -> Result:
    """Do work in a thread, in the public scope, with a connection that is given back at its end."""

    def scoped() -> Result:
        try:
            with public_scope():
                return work()
        finally:
            # Back into the pool: this thread may not be asked again for a while.
            connection.close()

    return await asyncio.to_thread(scoped)
