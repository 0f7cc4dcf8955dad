"""The names that an organisation's memories know, and where each stands: the graph behind the knowledge channel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.attention import Neighbourhood
from apps.memory.engine.entities import normalise_key
from apps.memory.engine.growing import Growing
from apps.memory.engine.lexicon import STOP_WORDS
from apps.memory.engine.postings import Postings

# The edge between a memory and what it is about (its title, or what it names first) counts this many others.
SUBJECT_WEIGHT = 8
# A single word that is written with a capital in less than this share of its uses is a word, not a name.
_NAME_SHARE = 0.4
# Of a name that stands in more memories than this, only those that another channel found are looked at.
_MANY = 300
# A name met on the way leads to further memories only if it stands in so few.
_FEW = 40
_MOST_MEMORIES = 4_000
_LONGEST_NAME = 8
_LONGEST_TITLE = 10
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_WORDS = re.compile(r"[\w&]+(?:['\u2019.\-](?=\w)\w+)*")
_QUESTION_WORDS = 64

# The columns of the table of entities.
_TERM, _DEGREE, _MENTIONS, _SUBJECTS = range(4)
_COLUMNS = 4

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_NO_MEMORIES: Integers = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class IndexedEntity:
    """`number` counts from 1; `key` is that of `normalise_key`; `term` is the hash of its word if that is all, else 0.

    `stands_for` is its own number, or that of the entity it has been merged into, under which memories name it then.
    """

    number: int
    key: str
    stands_for: int
    term: int


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name in a question: the entity's number, the words of the name, and how telling it is, in [0, 1].

    `subject_of` is the number of memories that are about it.
    """

    number: int
    words: int
    specificity: float
    subject_of: int


def name_hash(key: str) -> int:
    """Return the number by which a name is looked up: equal for spellings that differ in punctuation only."""
    return _hash_of(_words(key))


def _words(text: str) -> list[str]:
    """Return the words of a name or of a question, each as if it stood alone: without possessive, case folded."""
    return [normalise_key(word) or word.casefold() for word in _WORDS.findall(text)[:_QUESTION_WORDS]]


def _hash_of(words: Sequence[str]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "little")


def title_key(title: str) -> str:
    """Return the key of what a title names, without what it adds in brackets; empty if it is rather a sentence."""
    key = normalise_key(_IN_BRACKETS.sub("", title))
    return key if 0 < len(key.split()) <= _LONGEST_TITLE else ""


class NamesIndex:
    """Entities by name, and their edges to memories, which are numbered by position from 0."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._entities = Growing(np.int64, width=_COLUMNS)
        self._entities.extend(np.zeros((1, _COLUMNS)))
        self._postings = Postings(key_type=np.uint32)
        self._flat = Growing(np.uint32)
        self._subjects = Growing(np.bool_)
        self._counts = Growing(np.uint8)
        self._starts = Growing(np.int64)
        self._starts.extend([0])

    @property
    def nbytes(self) -> int:
        parts = (self._entities, self._postings, self._flat, self._subjects, self._counts, self._starts)
        return sum(part.nbytes for part in parts) + 100 * len(self._known)

    def add_entities(self, entities: Sequence[IndexedEntity]) -> None:
        """Add entities, or change those that are known."""
        last = max((one.number for one in entities), default=0)
        missing = last + 1 - len(self._entities)
        if missing > 0:
            self._entities.extend(np.zeros((missing, _COLUMNS)))
        table = self._entities.rows
        for one in entities:
            self._known[name_hash(one.key)] = one.stands_for
            table[one.number, _TERM] = np.uint64(one.term).view(np.int64)

    def add_memories(self, named: Sequence[tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.bool_]]]) -> None:
        """Add memories: for each its distinct entities, how often it names each, and which it is about."""
        for numbers, counts, subjects in named:
            self._flat.extend(numbers)
            self._subjects.extend(subjects)
            self._counts.extend(counts)
            self._count(numbers, counts, subjects, sign=1)
        lengths = [len(numbers) for numbers, _, _ in named]
        self._starts.extend(self._starts.rows[-1] + np.cumsum(lengths, dtype=np.int64))
        weights = [np.where(subjects, SUBJECT_WEIGHT, 1).astype(np.uint8) for _, _, subjects in named]
        self._postings.extend([numbers for numbers, _, _ in named], weights)

    def drop_memory(self, position: int) -> None:
        """Take a memory out of the counts; its edges are left out of answers by whoever knows that it is gone."""
        edges = slice(*self._starts.rows[position : position + 2])
        self._count(self._flat.rows[edges], self._counts.rows[edges], self._subjects.rows[edges], sign=-1)

    def shared(self, position: int, names: Sequence[int]) -> list[int]:
        """Return those of the names that a memory holds, in their order."""
        held = self._held(position)
        return [name for name in names if name in held]

    def _held(self, position: int) -> Integers:
        return self._flat.rows[slice(*self._starts.rows[position : position + 2])].astype(np.int64)

    def path_to(self, position: int, names: Sequence[int], *, present: NDArray[np.bool_]) -> list[int]:
        """Return the entities from one of `names` to a memory, over one other memory; empty if none lead there."""
        held = self._held(position)
        for name in names:
            near = self._memories_of(np.array([name]), _NO_MEMORIES, limit=_MANY, visible=present)
            shared = np.intersect1d(self._edges(near)[1], held)
            if len(shared):
                # The rarest of what both hold says most.
                return [name, int(shared[np.argmin(self.degrees(shared))])]
        return []

    def _count(
        self, numbers: NDArray[np.uint32], counts: NDArray[np.uint8], subjects: NDArray[np.bool_], *, sign: int
    ) -> None:
        table = self._entities.rows
        table[numbers, _DEGREE] += sign
        table[numbers, _MENTIONS] += sign * counts.astype(np.int64)
        table[numbers, _SUBJECTS] += sign * subjects.astype(np.int64)

    def known_names(self, question: str, *, memories: int, terms: Postings) -> tuple[list[KnownName], int]:
        """Return the names in a question, the longest first match at each place, and its number of content words."""
        words = _words(question)
        content = sum(word not in STOP_WORDS for word in words)
        found: dict[int, KnownName] = {}
        place = 0
        while place < len(words):
            for length in range(min(_LONGEST_NAME, len(words) - place), 0, -1):
                known = self._known_name(words[place : place + length], memories=memories, terms=terms)
                if known is not None:
                    found.setdefault(known.number, known)
                    place += length
                    break
            else:
                place += 1
        return list(found.values()), content

    def _known_name(self, words: list[str], *, memories: int, terms: Postings) -> KnownName | None:
        telling = sum(word not in STOP_WORDS for word in words)
        number = self._known.get(_hash_of(words)) if telling else None
        if number is None:
            return None
        row = self._entities.rows[number]
        if row[_DEGREE] <= 0 or not self._are_names(np.array([number]), terms)[0]:
            return None
        specificity = 1 - np.log(row[_DEGREE]) / np.log(max(memories, 2))
        return KnownName(number, telling, max(0.0, float(specificity)), int(row[_SUBJECTS]))

    def _are_names(self, numbers: Integers, terms: Postings) -> NDArray[np.bool_]:
        """Tell names from common words that happened to begin with a capital."""
        table = self._entities.rows[numbers]
        words = np.ascontiguousarray(table[:, _TERM]).view(np.uint64)
        uses = terms.totals(words)
        names: NDArray[np.bool_] = (words == 0) | (table[:, _MENTIONS] >= _NAME_SHARE * uses)
        return names

    def degrees(self, numbers: Integers) -> Integers:
        degrees: Integers = self._entities.rows[numbers, _DEGREE]
        return degrees

    def neighbourhood(
        self, names: Integers, found: Integers, *, visible: NDArray[np.bool_], terms: Postings
    ) -> tuple[Neighbourhood, Integers, Integers]:
        """Return the part of the graph around names and memories, and the memories and entities in its order.

        From the names to the memories that hold them, with `found` to the names in those, and, along the rarer ones,
        to the memories that hold these. Only `visible` memories (a mask over all) take part; `found` are among them
        and come first, so that a part that would be too large keeps them.
        """
        near = self._memories_of(names, found, limit=_MANY, visible=visible)
        near = np.concatenate([found, np.setdiff1d(near, found)])[:_MOST_MEMORIES]
        _, met = self._edges(near)
        met = np.unique(met)
        rare = met[(self.degrees(met) <= _FEW) & self._are_names(met, terms)]
        beyond = np.setdiff1d(self._memories_of(rare, near, limit=_FEW, visible=visible), near)
        memories = np.concatenate([near, beyond])[:_MOST_MEMORIES]
        owners, entities = self._edges(memories)
        weights = np.where(self._edge_subjects(memories), float(SUBJECT_WEIGHT), 1.0)
        numbers, columns = np.unique(np.concatenate([entities, names]), return_inverse=True)
        kept = self._are_names(numbers, terms)[columns[: len(entities)]]
        table = self._entities.rows[numbers]
        rarity = np.log1p(max(int(visible.sum()), 1) / np.maximum(table[:, _DEGREE], 1))
        strength = rarity * np.maximum(table[:, _DEGREE] + (SUBJECT_WEIGHT - 1) * table[:, _SUBJECTS], 1)
        columns = columns[: len(entities)][kept]
        part = Neighbourhood(
            memories=owners[kept],
            entities=columns,
            weights=weights[kept] * rarity[columns],
            strength=strength,
            memory_count=len(memories),
        )
        return part, memories, numbers

    def _memories_of(self, numbers: Integers, found: Integers, *, limit: int, visible: NDArray[np.bool_]) -> Integers:
        """Return the visible memories that hold the entities; for one with more than `limit`, those of `found` only."""
        places, memories, _ = self._postings.find_many(numbers.astype(np.uint32))
        crowded = self.degrees(numbers) > limit
        kept = visible[memories] & (~crowded[places] | np.isin(memories, found))
        return np.unique(memories[kept])

    def _edges(self, memories: Integers) -> tuple[Integers, Integers]:
        """Return for each edge of the memories the index of the memory and the number of the entity."""
        lengths, listed = self._listed(memories)
        return np.repeat(np.arange(len(memories)), lengths), self._flat.rows[listed].astype(np.int64)

    def _edge_subjects(self, memories: Integers) -> NDArray[np.bool_]:
        _, listed = self._listed(memories)
        subjects: NDArray[np.bool_] = self._subjects.rows[listed]
        return subjects

    def _listed(self, memories: Integers) -> tuple[Integers, Integers]:
        first = self._starts.rows[memories]
        lengths = self._starts.rows[memories + 1] - first
        before = np.cumsum(lengths) - lengths
        return lengths, np.repeat(first - before, lengths) + np.arange(lengths.sum())
