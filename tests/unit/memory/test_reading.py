from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.anchors import Dimension
from apps.memory.engine.chunking import chunk_text
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.ports import MINILM_SCALE
from apps.memory.engine.reading import MAX_ENTITIES, Reading, model_inputs, place, read, understand
from apps.memory.engine.terms import terms_of

SAID = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
SPEECH = {"speaker": "Priya Raman", "thread": "standup"}
LONG = " ".join(f"Parcel {number} was late again and nobody knows why." for number in range(60))


def reading(content: str, **metadata: Any) -> Reading:
    return read(content, metadata=metadata, occurred_at=SAID)


def counted(found: Reading, chunk: int = 0) -> dict[int, int]:
    hashes, counts = found.terms[chunk]
    return dict(zip(hashes.tolist(), counts.tolist(), strict=True))


def named(found: Reading) -> list[tuple[str, int, bool]]:
    return [(one.mention.key, one.count, one.is_subject) for one in found.entities]


def subjects(content: str, **metadata: Any) -> list[str]:
    return [one.mention.key for one in reading(content, **metadata).entities if one.is_subject]


# --- what the models read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "metadata", "expected"),
    [
        ("It is late.", {}, "It is late."),
        ("It is late.", {"title": "Parcels"}, "Parcels. It is late."),
        ("It is late.", {"subject": " Parcels "}, "Parcels. It is late."),
        ("It is late.", {"title": "", "subject": "Parcels"}, "Parcels. It is late."),
        ("It is late.", {"title": "x" * 151}, "It is late."),
        ("It is late.", {"title": 7}, "It is late."),
        # A title is not said twice.
        ("Parcels are late.", {"title": "Parcels"}, "Parcels are late."),
        ("# Parcels\n\nIt is late.", {"title": "Parcels"}, "# Parcels\n\nIt is late."),
        # Who speaks is said in a conversation only.
        ("It is late.", {"speaker": "Ann"}, "It is late."),
        ("It is late.", {"speaker": "Ann", "thread": "x"}, "Ann: It is late."),
        ("It is late.", {"author": "Ann", "session": 3}, "Ann: It is late."),
        ("Ann: It is late.", {"speaker": "Ann", "thread": "x"}, "Ann: It is late."),
        ("It is late.", {"speaker": "Ann", "thread": "x", "title": "Parcels"}, "Ann: Parcels. It is late."),
    ],
)
def test_a_passage_is_read_under_its_title_and_with_its_speaker(
    content: str, metadata: dict[str, Any], expected: str
) -> None:
    assert reading(content, **metadata).inputs == (expected,)
    assert model_inputs(content, metadata=metadata, chunks=chunk_text(content)) == (expected,)


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# Parcels\n" + LONG, "Parcels"),
        ("\n## Parcels ##\n" + LONG, "Parcels ##"),
        ("Parcels\n\n" + LONG, "Parcels"),
        ("x" * 150 + "\n\n" + LONG, "x" * 150),
        ("x" * 151 + "\n\n" + LONG, ""),
        ("Parcels\n" + LONG, ""),
        (LONG, ""),
    ],
)
def test_the_first_line_may_be_a_title(content: str, title: str) -> None:
    found = reading(content)
    assert len(found.inputs) > 1
    last = content[found.chunks[-1].start : found.chunks[-1].end]
    assert found.inputs[-1] == (f"{title}. {last}" if title else last)


@given(content=st.text(max_size=300).filter(lambda text: bool(chunk_text(text))))
def test_every_passage_has_its_words_and_its_input(content: str) -> None:
    found = reading(content, **SPEECH)
    assert found.chunks == tuple(chunk_text(content))
    assert len(found.terms) == len(found.inputs) == len(found.chunks)
    assert found.inputs == model_inputs(content, metadata=SPEECH, chunks=found.chunks)


# --- words ------------------------------------------------------------------------------------------------------------


def test_words_are_those_of_the_input_with_the_labels() -> None:
    found = reading("It is late.", title="Parcels", team="Harbor", tags=["urgent", "sweden"], rank=3, note="y " * 31)
    assert counted(found) == Counter(terms_of("Parcels late Parcels Harbor urgent sweden"))


def test_labels_have_sixty_characters_and_there_are_forty() -> None:
    assert terms_of("y" * 60)[0] in counted(reading("late", note="y" * 60))
    assert terms_of("y" * 61)[0] not in counted(reading("late", note="y" * 61))
    tags = [f"tag{number}" for number in range(50)]
    assert counted(reading("late", tags=tags)) == Counter(terms_of(" ".join(["late", *tags[:40]])))


def test_labels_belong_to_the_first_passage() -> None:
    found = reading(LONG, team="Harbor")
    (harbor,) = terms_of("Harbor")
    assert [harbor in counted(found, chunk) for chunk in range(len(found.chunks))] == [
        True,
        *[False] * (len(found.chunks) - 1),
    ]


def test_the_day_is_a_word_of_what_is_said_in_a_conversation() -> None:
    assert counted(reading("late", thread="x")) == Counter(terms_of("late 18 November 2026"))
    assert counted(reading("late")) == Counter(terms_of("late"))


# --- conversations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metadata", [{}, {"title": "x"}, {"thread": None}, {"thread": ["x"]}, {"session": 1.5}])
def test_no_conversation_is_zero(metadata: dict[str, Any]) -> None:
    assert reading("late", **metadata).thread == 0


def test_a_conversation_is_a_number_of_62_bits_that_must_never_change() -> None:
    # Stored with each memory.
    assert reading("late", thread="standup").thread == 3_416_934_285_258_532_166
    threads = {reading("late", session=number).thread for number in range(200)}
    assert len(threads) == 200
    assert min(threads) > 0
    assert 2**61 < max(threads) < 2**62


def test_a_conversation_is_named_by_all_that_names_it() -> None:
    one, other = {"thread": "standup", "session": 1}, {"thread": "standup", "session": 2}
    assert reading("late", **one).thread == reading("on time", **one, team="Harbor").thread
    assert len({reading("late", **each).thread for each in (one, other, {"session": 1}, {"session_id": 1})}) == 4


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_are_counted_and_come_by_key() -> None:
    found = reading("We met Priya Raman and Acme. Then Priya Raman met Acme and Priya Raman.")
    assert named(found) == [("acme", 2, False), ("priya raman", 3, False)]
    assert [(one.mention.start, one.mention.end) for one in found.entities] == [(23, 27), (7, 18)]


@pytest.mark.parametrize(
    ("content", "metadata", "expected"),
    [
        ("It is late.", {"title": "Harbor Checkout"}, ["harbor checkout"]),
        ("It is late.", {"title": "Mercury (planet)"}, ["mercury"]),
        ("It is late.", {"title": " ".join("abcdefghijk")}, []),
        ("# Harbor Checkout\nIt is late.", {}, ["harbor checkout"]),
        ("Harbor Checkout is late.", {}, ["harbor checkout"]),
        ("We know Harbor Checkout.", {}, []),
        # Who speaks is no subject; an id before a colon is one.
        ("Priya Raman: it is late.", {}, []),
        ("EXP-117: it is late.", {}, ["exp-117"]),
        ("Harbor Checkout is late.", {"title": "Parcels"}, ["parcels"]),
    ],
)
def test_what_a_text_is_about(content: str, metadata: dict[str, Any], expected: list[str]) -> None:
    assert subjects(content, **metadata) == expected


def test_title_and_speaker_are_names_although_the_text_does_not_say_them() -> None:
    found = reading("It is late.", title="Parcels", speaker="Priya Raman")
    assert named(found) == [("parcels", 1, True), ("priya raman", 1, False)]
    assert [(one.mention.name, one.mention.start, one.mention.end) for one in found.entities] == [
        ("Parcels", 0, 0),
        ("Priya Raman", 0, 0),
    ]
    # One that the text says too is counted where it stands.
    (said,) = reading("We met Priya Raman.", speaker="Priya Raman").entities
    assert (said.count, said.mention.start) == (1, 7)


def test_the_subject_and_the_most_frequent_names_are_kept() -> None:
    rare = " ".join(f"EXP-{number}." for number in range(1000, 1000 + MAX_ENTITIES))
    found = reading(f"{rare} ZZZ-1. ZZZ-1.", title="Parcels")
    keys = [one.mention.key for one in found.entities]
    assert len(keys) == MAX_ENTITIES
    assert {"parcels", "zzz-1", "exp-1000", "exp-1197"} <= set(keys)
    assert "exp-1198" not in keys


# --- times ------------------------------------------------------------------------------------------------------------


def test_times_are_seconds_and_count_from_when_it_was_said() -> None:
    day = 86_400.0
    midnight = datetime(2026, 11, 18, tzinfo=UTC).timestamp()
    assert reading("It broke yesterday.").times == ((midnight - day, midnight),)
    assert reading("It broke.").times == ()


# --- models -----------------------------------------------------------------------------------------------------------


class Letters:
    """Places a text by its first letter: "a" to the left, "b" to the right, all else up."""

    name = "letters"
    dimension = 2
    scale = MINILM_SCALE
    _PLACES = {"a": (-1.0, 0.0), "b": (1.0, 0.0)}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._PLACES.get(text[0], (0.0, 1.0)) for text in texts], dtype=np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        vector: np.ndarray = self.embed([text])[0]
        return vector

    def encode(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        return np.array([ord(text[0])], dtype=np.uint16), np.array([len(text)], dtype=np.uint8)


def test_models_are_asked_for_each_input() -> None:
    letters = Letters()
    space = ConceptSpace.build([Dimension("side", "Side", ("a",), ("b",))], letters)
    found = understand(["apple", "bee", "bird"], embedder=letters, encoder=letters, space=space)
    assert found.vectors.tolist() == [[-1, 0], [1, 0], [1, 0]]
    assert [(keys.tolist(), weights.tolist()) for keys, weights in found.sparse] == [
        ([97], [5]),
        ([98], [3]),
        ([98], [4]),
    ]
    # The middle points to the high pole, where the calibration says 0.9.
    assert found.concepts == pytest.approx([0.9])


def test_a_text_whose_passages_cancel_out_stands_in_the_middle() -> None:
    letters = Letters()
    space = ConceptSpace.build([Dimension("side", "Side", ("a",), ("b",))], letters)
    assert place(letters.embed(["a", "b"]), space) == pytest.approx([0.5])
    assert place(letters.embed(["a"]), space) == pytest.approx([0.1])


# --- statements -------------------------------------------------------------------------------------------------------


def test_what_sentences_state_is_kept_with_the_characters_that_state_it() -> None:
    content = "Maria Lopez runs Harbor Checkout. Everything else is late."
    (stated,) = reading(content).statements
    assert (stated.source_key, stated.kind, stated.target_key) == ("maria lopez", "runs", "harbor checkout")
    assert content[stated.start : stated.end] == "Maria Lopez runs Harbor Checkout."
    assert reading("It is late.").statements == ()
