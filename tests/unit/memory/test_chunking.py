import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.chunking import CHUNK_CHARACTERS, Chunk, chunk_text, sentence_spans
from tests.unit.memory.cost import assert_linear

TEXTS = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="ab .!?\n\r\t\"')#-*1\x00\ud800\u05d0\u3002\u4e2d\u200f\u00a0", max_size=600),
    st.lists(
        st.sampled_from(["word", "Dr.", "3.5", ".", "\n\n", "\n- ", "# ", "x" * 1300, "字" * 50]), max_size=60
    ).map(" ".join),
)


def pieces(text: str, **limits: int) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunk_text(text, **limits)]


@given(text=TEXTS, max_words=st.integers(1, 30), data=st.data())
def test_chunks_are_trimmed_ordered_disjoint_spans_that_cover_everything(
    text: str, max_words: int, data: st.DataObject
) -> None:
    chunks = chunk_text(text, max_words=max_words, min_words=data.draw(st.integers(1, max_words)))
    position = 0
    for ordinal, chunk in enumerate(chunks):
        body = text[chunk.start : chunk.end]
        assert chunk.ordinal == ordinal
        assert not text[position : chunk.start].strip()
        assert body
        assert body == body.strip()
        assert len(body) <= CHUNK_CHARACTERS
        assert len(body.split()) <= max_words
        position = chunk.end
    assert not text[position:].strip()


@pytest.mark.parametrize("text", ["", " ", "\n\n\t\n", "\u00a0\u2003\x1f"])
def test_white_space_gives_no_chunk(text: str) -> None:
    assert chunk_text(text) == []


@pytest.mark.parametrize(("max_words", "min_words"), [(0, 1), (10, 0), (-1, 5)])
def test_limits_that_make_no_sense_are_refused(max_words: int, min_words: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        chunk_text("text", max_words=max_words, min_words=min_words)


def test_min_words_beyond_max_words_counts_as_max_words() -> None:
    assert pieces("a b.\n\nc d.", max_words=2) == ["a b.", "c d."]


def test_short_text_is_one_chunk_with_exact_offsets() -> None:
    assert chunk_text("  Churn fell. Revenue rose.\n") == [Chunk(ordinal=0, start=2, end=27)]


@pytest.mark.parametrize(
    "text",
    [
        "We met Dr. Weber at noon. | She agreed with J. R. Smith on terms.",
        "Conversion rose to 3.14 per cent. | That is e.g. Better than last year.",
        "The budget covers No. 5 and Fig. 2 only. | The answer was no. | Nothing else.",
        "Due on Jan. 3 at the latest. | We met in Jan. | Then it rained.",
        "Ship the U.S. Release before that date. | Then tell Prof. Okafor about it.",
        "He asked \u201cWill it scale?\u201d | Nobody in the room had an answer.",
        "We run approx. five tests a week. | They cost about 2.50 euros each.",
        "They met Dr . | Then it ended.",
        "So did I. | Then we left the building.",
        "Is it ready? | Not yet! | Ask again later... | Perhaps on Friday.",
        "Yahoo! is a name. | (See Mr. Ito.) | *Bold move.* | Done.",
        "1. First item. | Second sentence in 2024. | Third.",
        "Wrapped\nline goes on.\nand on. | Next.",
        "\u0645\u0631\u062d\u0628\u0627\u061f | \u0646\u0639\u0645\u06d4 | \u0928\u092e\u0964 | A",
    ],
)
def test_sentences_end_where_a_reader_says(text: str) -> None:
    expected = [sentence.strip() for sentence in text.split("|")]
    plain = " ".join(expected)
    assert [plain[start:end] for start, end, _ in sentence_spans(plain)] == expected


def test_headings_part_paragraphs() -> None:
    text = "one two three.\n# Head\nfour five six seven."
    assert pieces(text, max_words=9, min_words=3) == ["one two three.", "# Head\nfour five six seven."]
    assert pieces(text, max_words=9, min_words=2) == ["one two three.", "# Head", "four five six seven."]


def test_full_width_stops_end_sentences_without_a_blank() -> None:
    assert pieces("売上が伸びた。次は検証する。", max_words=7, min_words=1) == ["売上が伸びた。", "次は検証する。"]


def test_list_items_and_headings_start_units() -> None:
    text = "# Plan\nalpha beta\n- gamma delta\n- epsilon zeta\n2. eta theta"
    assert pieces(text, max_words=3, min_words=1) == [
        "# Plan",
        "alpha beta",
        "- gamma delta",
        "- epsilon zeta",
        "2. eta theta",
    ]


def test_paragraph_closes_a_chunk_that_has_enough_words() -> None:
    text = "one two three.\n\nfour five six.\n\nseven eight nine."
    assert pieces(text, max_words=9, min_words=3) == ["one two three.", "four five six.", "seven eight nine."]
    assert pieces(text, max_words=9, min_words=6) == [text]


def test_windows_line_ends_part_paragraphs() -> None:
    assert pieces("one two.\r\n\r\nthree four.", max_words=4, min_words=2) == ["one two.", "three four."]


def test_short_tail_joins_the_chunk_before() -> None:
    body = " ".join(["word"] * 50) + "."
    assert pieces(f"{body}\n\nRegards") == [f"{body}\n\nRegards"]


@pytest.mark.parametrize(("words", "letters"), [(150, 2), (120, 8)])
def test_short_tail_stands_alone_where_it_does_not_fit(words: int, letters: int) -> None:
    opening = " ".join(["opening"] * 50) + "."
    body = " ".join(["w" * letters] * words) + "."
    tail = " ".join(["t" * letters] * 30) + "."
    assert pieces(f"{opening}\n\n{body}\n\n{tail}") == [opening, body, tail]


def test_long_sentence_is_cut_between_words_into_even_runs() -> None:
    words = [f"w{i}" for i in range(170)]
    assert [len(piece.split()) for piece in pieces(" ".join(words))] == [85, 85]


def test_long_sentence_prefers_line_ends() -> None:
    rows = [f"row {i}; value {i}" for i in range(60)]
    found = pieces("\n".join(rows))
    assert all(re.fullmatch(r"(row \d+; value \d+\n?)+", piece) for piece in found)
    assert len(found) == 2


def test_long_words_are_cut_by_characters_wherever_they_stand() -> None:
    opening = " ".join(["opening"] * 50) + "."
    rows = " ".join(["x" * 99] * 24)
    assert pieces(f"{opening}\n\n{rows}") == [opening, rows[:1199], rows[1200:]]
    lines = "\n".join(["x" * 99] * 24)
    assert pieces(f"{opening}\n\n{lines}") == [opening, lines[:1199], lines[1200:]]


def test_word_without_spaces_is_cut_by_characters() -> None:
    assert [len(piece) for piece in pieces("A" * 3000)] == [1200, 1200, 600]


def test_script_without_spaces_is_cut_by_words() -> None:
    assert [len(piece) for piece in pieces("字" * 400)] == [134, 134, 132]


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        ".",
        "a",
        "\x00",
        "\ud800",
        "\u05d0 ",
        ". ",
        ".\n",
        "a.b",
        "# ",
        "\n#",
        ' "',
        "。",
        "a\n",
        "|\n",
        "\u200f",
        "I. ",
    ],
)
def test_pathological_input_takes_linear_time(unit: str) -> None:
    assert_linear(chunk_text, unit, repeats=5_000, many=100_000)
