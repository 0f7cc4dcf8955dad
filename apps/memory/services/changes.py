"""The order of an organisation's writes, which everybody relies on who reads what has changed since.

A write transaction takes its number from the row of the context and keeps that row until it commits, so changes become
visible in the order of their numbers. For the same reason it takes the row once its slow work is done, and before any
other row: memories next, then the quota's counter. In that order no two writers wait for each other in a circle.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from apps.memory.models import MemoryContext

_BEGIN = """
    UPDATE memory_memorycontext SET change = change + 1, last_number = last_number + %s,
        moment = greatest(moment, %s) RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A write transaction: its number, the first of the numbers that it took for new memories, and the context.

    The context stays as it is until the transaction ends. `moment` is when what the change does is recorded: its clock,
    unless an earlier change was recorded later.
    """

    number_from: int
    change: int
    moment: datetime
    context: MemoryContext


def change_begin(*, now: datetime, count: int = 0) -> Change:
    """Begin a change of the memory, with the numbers of `count` new memories.

    Other writers of the organisation wait until the transaction ends. Raises `TransactionManagementError` outside of
    one, and `MemoryContext.DoesNotExist` where there is no memory.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a change of the memory needs a transaction")
    contexts = list(MemoryContext.objects.raw(_BEGIN, [count, now]))
    if not contexts:
        raise MemoryContext.DoesNotExist("this organisation has no memory context")
    context = contexts[0]
    return Change(
        number_from=context.last_number - count + 1,
        change=context.change,
        moment=context.moment or now,
        context=context,
    )
