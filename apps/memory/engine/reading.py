"""What is found out about a text before it is stored, in two steps.

Reading goes by spelling alone and is cheap: passages, words, names, times, and the place in a conversation.
Understanding asks the models, which is what storing costs: vectors, sparse weights, coordinates.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.aliases import definitions
from apps.memory.engine.chunking import Chunk, chunk_text
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.entities import KEY_CHARACTERS, Mention, extract_mentions, normalise_key
from apps.memory.engine.entity_types import entity_type
from apps.memory.engine.names_index import title_key
from apps.memory.engine.ports import Embedder, SparseEncoder
from apps.memory.engine.relations import extract_relations
from apps.memory.engine.terms import Counts, Hashes, count_terms
from apps.memory.engine.times import extract_times
from apps.memory.engine.types import MentionKind

# Counts up whenever a text would be read differently: older memories are then read again.
READING = 2
# A text that names more than this is an index or a table; its rarer names tell little about it.
MAX_ENTITIES = 200
# A first line of at most so many characters before a blank line is a title.
_TITLE_CHARACTERS = 150
_HEADING = "#"

# The metadata that say what a text is called, whose words it is, and which conversation it belongs to.
TITLE_KEYS = ("title", "subject")
SPEAKER_KEYS = ("speaker", "author", "from", "sender")
THREAD_KEYS = ("thread", "thread_id", "conversation", "conversation_id", "session", "session_id")
# Other short metadata are words by which the text may be looked for.
_LABEL_CHARACTERS = 60
_MAX_LABELS = 40

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """An entity of a text: where it is named first (0 to 0 if in the metadata only), and how often.

    ``is_subject`` says that the text is about it.
    """

    mention: Mention
    count: int
    is_subject: bool
    type: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation between two entity keys, or that one is another name of the other; the characters that state it."""

    source_key: str
    kind: str
    target_key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What spelling tells. ``terms`` and ``inputs``, what the models are to read, have an entry for each chunk.

    ``times`` are begin and end of the times it names, in seconds since 1970; ``thread`` is 0 or a positive number.
    """

    chunks: tuple[Chunk, ...]
    terms: tuple[tuple[Hashes, Counts], ...]
    inputs: tuple[str, ...]
    entities: tuple[NamedEntity, ...]
    statements: tuple[Statement, ...]
    times: tuple[tuple[float, float], ...]
    thread: int


@dataclass(frozen=True, slots=True, eq=False)
class Understanding:
    """What models tell: ``vectors`` float32 (n, d), a row per chunk; its sparse keys and weights; ``concepts`` (k,)."""

    vectors: Floats
    sparse: tuple[tuple[NDArray[np.uint16], NDArray[np.uint8]], ...]
    concepts: Floats


def read(content: str, *, metadata: Mapping[str, Any], occurred_at: datetime) -> Reading:
    """Read a text that has at least one visible character; ``occurred_at`` is when it was said."""
    chunks = tuple(chunk_text(content))
    inputs = model_inputs(content, metadata=metadata, chunks=chunks)
    mentions = extract_mentions(content)
    thread = _thread(metadata)
    date = f"{occurred_at.day} {occurred_at:%B %Y}" if thread else ""
    labels = " ".join(_labels(metadata))
    return Reading(
        chunks=chunks,
        terms=tuple(
            count_terms(f"{text} {date} {'' if chunk.ordinal else labels}")
            for chunk, text in zip(chunks, inputs, strict=True)
        ),
        inputs=inputs,
        entities=_entities(
            content, mentions, title=title_of(content, metadata), speaker=_label(metadata, SPEAKER_KEYS)
        ),
        statements=tuple(_statements(content, mentions)),
        times=tuple(
            (time.begins.timestamp(), time.ends.timestamp()) for time in extract_times(content, anchor=occurred_at)
        ),
        thread=thread,
    )


def model_inputs(content: str, *, metadata: Mapping[str, Any], chunks: Sequence[Chunk]) -> tuple[str, ...]:
    """Return what the models are to read, for each chunk: its words under the title, and who says them."""
    title, speaker = title_of(content, metadata), _label(metadata, SPEAKER_KEYS) if _thread(metadata) else ""
    inputs = []
    for chunk in chunks:
        passage = content[chunk.start : chunk.end]
        headed = f"{title}. {passage}" if title and not passage.lstrip("# ").startswith(title) else passage
        inputs.append(f"{speaker}: {headed}" if speaker and not headed.startswith(speaker) else headed)
    return tuple(inputs)


def understand(
    inputs: Sequence[str], *, embedder: Embedder, encoder: SparseEncoder, space: ConceptSpace
) -> Understanding:
    """Ask the models about a text; ``inputs`` are the reading's, or those of ``model_inputs``."""
    vectors = embedder.embed(inputs)
    return Understanding(
        vectors=vectors, sparse=tuple(encoder.encode(text) for text in inputs), concepts=place(vectors, space)
    )


def place(vectors: Floats, space: ConceptSpace) -> Floats:
    """Return the coordinates, float32 (k,), of a text whose passages have these vectors, (n, d)."""
    centre = vectors.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-12)
    coordinates: Floats = space.project(centre[None, :])[0]
    return coordinates


def _label(metadata: Mapping[str, Any], keys: Sequence[str]) -> str:
    for key in keys:
        value = metadata.get(key)
        if isinstance(value, str) and 0 < len(value.strip()) <= _TITLE_CHARACTERS:
            return value.strip()
    return ""


def title_of(content: str, metadata: Mapping[str, Any]) -> str:
    return _label(metadata, TITLE_KEYS) or _first_line(content)


def _first_line(content: str) -> str:
    first, separator, _ = content.lstrip().partition("\n")
    line = first.strip()
    if line.startswith(_HEADING):
        return line.lstrip(_HEADING).strip()
    is_title = separator and len(line) <= _TITLE_CHARACTERS and content.lstrip()[len(first) :].startswith("\n\n")
    return line if is_title else ""


def _labels(metadata: Mapping[str, Any]) -> list[str]:
    """Return the short texts among the metadata, those of lists too, except what names a conversation."""
    found: list[str] = []
    for key, value in metadata.items():
        if key not in THREAD_KEYS:
            values = value if isinstance(value, list) else [value]
            found += [one for one in values if isinstance(one, str) and len(one) <= _LABEL_CHARACTERS]
    return found[:_MAX_LABELS]


def _thread(metadata: Mapping[str, Any]) -> int:
    values = {key: str(metadata[key]).strip() for key in THREAD_KEYS if isinstance(metadata.get(key), str | int)}
    named = [(key, value) for key, value in values.items() if value]
    if not named:
        return 0
    # 62 bits, so that it is positive in every signed column.
    return (int.from_bytes(blake2b(repr(named).encode(errors="replace"), digest_size=8).digest(), "little") >> 2) or 1


def _statements(content: str, mentions: Sequence[Mention]) -> Iterator[Statement]:
    for one in extract_relations(content, mentions):
        yield Statement(one.source_key, one.kind.value, one.target_key, one.start, one.end)
    for defined in definitions(content, mentions):
        yield Statement(defined.alias_key, defined.reason.value, defined.name_key, defined.start, defined.end)


def _entities(content: str, mentions: Sequence[Mention], *, title: str, speaker: str) -> tuple[NamedEntity, ...]:
    first: dict[str, Mention] = {}
    counts: Counter[str] = Counter()
    for mention in mentions:
        first.setdefault(mention.key, mention)
        counts[mention.key] += 1
    subject = title_key(title)
    if not title:
        # What a text begins with is what it is about, unless that says who speaks.
        subject = next((mention.key for mention in mentions if mention.start == 0), "")
        if subject and content[first[subject].end : first[subject].end + 1] == ":" and " " in content[:60]:
            subject = subject if first[subject].kind is MentionKind.IDENTIFIER else ""
    for key, name in ((subject, title), (normalise_key(speaker), speaker)):
        if key and key not in first:
            first[key] = Mention(name=name[:KEY_CHARACTERS], key=key, kind=MentionKind.NAME, start=0, end=0)
            counts[key] += 1
    kept = sorted(counts, key=lambda key: (key != subject, -counts[key], key))[:MAX_ENTITIES]
    return tuple(
        NamedEntity(first[key], counts[key], is_subject=key == subject, type=entity_type(first[key], text=content))
        for key in sorted(kept)
    )
