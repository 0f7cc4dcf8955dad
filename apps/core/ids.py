"""Identifiers: UUIDv7, so that primary keys sort by creation time and never collide between organisations."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
