from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.entities import query_terms
from apps.memory.engine.question import QUESTION_CHARACTERS, Question, understand
from apps.memory.engine.times import TimeWindow
from tests.unit.memory.cost import calls

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
ODD = st.lists(
    st.sampled_from(
        ["when", "who", "in", "March", "2025", '"', "exp-1", "EXP-117", "last", "year", ",", "?", "the", "\n"]
    ),
    max_size=40,
).map(" ".join)


def test_every_part_of_a_question() -> None:
    question = 'Who said "no hurry" about exp-117 and EXP-118 in March 2025?'
    assert understand(question, now=NOW) == Question(
        text=question,
        words='Who said "no hurry" about exp-117 and EXP-118?',
        terms=tuple(query_terms(question)),
        phrases=("no hurry",),
        identifiers=("exp-117", "exp-118"),
        windows=(TimeWindow(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC), 46, 59),),
        events=(),
        asks_when=False,
        asks_who=True,
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did we learn about pricing last year?", "What did we learn about pricing?"),
        ("In March 2025, what broke?", "what broke?"),
        ("Since January: incidents", "incidents"),
        ("Incidents between March and May in France", "Incidents in France"),
        ("What broke   on\nTuesday?", "What broke?"),
        ("last year?", "last year?"),
        ("What happened yesterday?", "What happened?"),
        ("What did we do in 2024?", "What did we do in 2024?"),
        ("no time at all", "no time at all"),
        ("", ""),
    ],
)
def test_words_are_the_question_without_its_times(question: str, words: str) -> None:
    assert understand(question, now=NOW).words == words


@pytest.mark.parametrize(
    "question",
    ["How did Black Friday 2025 go?", "Full Sails 2024 budget", 'Who wrote "back in March 2025"?', "Who may decide?"],
)
def test_the_year_of_a_name_and_a_quoted_time_stay(question: str) -> None:
    understood = understand(question, now=NOW)
    assert understood.windows == ()
    assert understood.words == question


@pytest.mark.parametrize(
    ("question", "identifiers"),
    [
        ("What is EXP-117?", ("exp-117",)),
        ("what is inc-21 and #123?", ("inc-21", "#123")),
        ("mail from Jane.Doe@acme.com to @bob_r", ("jane.doe@acme.com", "@bob_r")),
        ("the top-10 of covid-19, foo-1-2, a.exp-1", ()),
    ],
)
def test_identifiers_in_any_case(question: str, identifiers: tuple[str, ...]) -> None:
    assert understand(question, now=NOW).identifiers == identifiers


def test_phrases_are_distinct_and_not_blank() -> None:
    question = 'Is "a  b" or \u201cc\u201d or \xabd\xbb or "a b" or " " or \'e\' said?'
    assert understand(question, now=NOW).phrases == ("a b", "c", "d")


@pytest.mark.parametrize(
    ("question", "when", "who"),
    [
        ("When did Priya join, and who hired her?", True, True),
        ("By whom was it launched?", False, True),
        ("Do you know who left?", False, True),
        ("Which person decided?", False, True),
        ("The people who left", False, False),
        ("What broke?", False, False),
    ],
)
def test_what_kind_of_answer_is_asked_for(question: str, *, when: bool, who: bool) -> None:
    understood = understand(question, now=NOW)
    assert (understood.asks_when, understood.asks_who) == (when, who)


@given(question=st.one_of(st.text(max_size=200), ODD))
def test_words_are_never_empty_for_a_question(question: str) -> None:
    understood = understand(question, now=NOW)
    assert bool(understood.words) == bool(question.strip())
    for window in understood.windows:
        assert 0 <= window.start < window.end <= len(understood.text)


def test_a_text_is_read_up_to_a_limit() -> None:
    assert len(understand("a" * 9_999, now=NOW).text) == QUESTION_CHARACTERS


@pytest.mark.parametrize("unit", ["who ", '"', "exp-1 ", "in 2024 ", " ,", "\n", "A 2024 "])
def test_a_long_text_is_no_burden(unit: str) -> None:
    text = unit * 100_000

    def asked(question: str) -> Question:
        return understand(question, now=NOW)

    assert calls(asked, text) == calls(asked, text[:QUESTION_CHARACTERS])
