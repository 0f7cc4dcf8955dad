"""For whom the memory is read: whose memories lie open to a caller, and by what.

What belongs to no module is the organisation's and open to everybody who may read. What a module stored is its own,
unless its manifest shares the type or a grant opens it. Who looks after the memory as a whole reads everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from apps.memory.engine.filters import Filter


class Right(StrEnum):
    """What a grant lets its principal do with another module's memories."""

    READ = "read"
    WRITE = "write"
    # Be told what is computed of many, as insights and the graph are, without the memories themselves.
    DERIVE = "derive"


class PrincipalKind(StrEnum):
    """To whom something is granted. A module acts for itself alone; an API key has what its person has, and its own."""

    MODULE = "module"
    ROLE = "role"
    MEMBER = "member"
    KEY = "key"


class Via(StrEnum):
    """By what a memory is open to who reads it."""

    ORGANIZATION = "organization"
    MODULE = "module"
    SHARED = "shared"
    GRANT = "grant"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What a grant opens: some memories of a module. No types are all of them."""

    id: UUID
    module: str
    rights: frozenset[Right]
    memory_types: frozenset[str] = frozenset()
    condition: Filter | None = None

    def covers(self, module: str, memory_type: str) -> bool:
        """Whether memories of this kind are opened, as far as they satisfy the condition."""
        return module == self.module and (not self.memory_types or memory_type in self.memory_types)


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller, and what it is about to do with memories.

    `shared` are the types that manifests share, by module; `grants` those that are in force for it.
    """

    everything: bool = False
    right: Right = Right.READ
    module: str = ""
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    grants: tuple[GrantTerms, ...] = ()

    def to(self, right: Right) -> "Reader":
        """Return the caller about to do something else."""
        return replace(self, right=right)

    def opened_by(self, module: str, memory_type: str) -> Via | None:
        """Return by what all memories of a kind are open to be read; None if it takes a grant."""
        if not module:
            return Via.ORGANIZATION
        if module == self.module:
            return Via.MODULE
        if memory_type in self.shared.get(module, ()):
            return Via.SHARED
        return Via.ROLE if self.everything else None

    def granting(self) -> tuple[GrantTerms, ...]:
        """Return the grants that give the right; who may read is told, too, what is computed of what they read."""
        among = {Right.READ, Right.DERIVE} if self.right is Right.DERIVE else {self.right}
        return tuple(grant for grant in self.grants if grant.rights & among)

    def reads(self, module: str, memory_type: str) -> bool:
        """Whether all memories of a kind are open to be read, by a grant without a condition or otherwise."""
        return self.opened_by(module, memory_type) is not None or any(
            grant.condition is None and grant.covers(module, memory_type) for grant in self.granting()
        )


# Operators, jobs, and whoever looks after the memory as a whole.
EVERYTHING = Reader(everything=True)
