from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.times import TimeMention, asks_when, extract_times, question_times
from apps.memory.engine.types import Granularity
from tests.unit.memory.cost import assert_linear

# A Wednesday.
ANCHOR = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
ODD = st.text(alphabet="0123456789 -/.,'march mayinlstgo\u0130\u2013", max_size=120)


def named(text: str, anchor: datetime = ANCHOR) -> list[tuple[str, str, str, str]]:
    return [
        (text[found.start : found.end], f"{found.begins:%Y-%m-%d}", f"{found.ends:%Y-%m-%d}", found.granularity.value)
        for found in extract_times(text, anchor=anchor)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shipped 2025-03-03.", ("2025-03-03", "2025-03-03", "2025-03-04", "day")),
        ("At 2025-03-03T10:00:00Z it fell.", ("2025-03-03", "2025-03-03", "2025-03-04", "day")),
        ("On 2025/3/14 it fell.", ("2025/3/14", "2025-03-14", "2025-03-15", "day")),
        ("On 3.4.2025 it fell.", ("3.4.2025", "2025-04-03", "2025-04-04", "day")),
        ("On 14/03/2025 it fell.", ("14/03/2025", "2025-03-14", "2025-03-15", "day")),
        ("On 03/14/2025 it fell.", ("03/14/2025", "2025-03-14", "2025-03-15", "day")),
        ("On 3 March 2025 it fell.", ("3 March 2025", "2025-03-03", "2025-03-04", "day")),
        ("On March 3rd, 2025, it fell.", ("March 3rd, 2025", "2025-03-03", "2025-03-04", "day")),
        ("On the 3rd of March 2025.", ("the 3rd of March 2025", "2025-03-03", "2025-03-04", "day")),
        ("It fell on 3 Mar.", ("3 Mar", "2026-03-03", "2026-03-04", "day")),
        ("Live from 5 January on.", ("5 January", "2027-01-05", "2027-01-06", "day")),
        ("Live since 20 December.", ("20 December", "2025-12-20", "2025-12-21", "day")),
        ("On Friday 13 March we met.", ("Friday 13 March", "2026-03-13", "2026-03-14", "day")),
        ("Restored on the 17th.", ("the 17th", "2026-11-17", "2026-11-18", "day")),
        ("Wait until the 3rd, please.", ("the 3rd", "2026-12-03", "2026-12-04", "day")),
        ("Mail on Friday the 27th.", ("Friday the 27th", "2026-11-27", "2026-11-28", "day")),
        ("In March 2025 it fell.", ("March 2025", "2025-03-01", "2025-04-01", "month")),
        ("Mar 2025: it fell.", ("Mar 2025", "2025-03-01", "2025-04-01", "month")),
        ("It fell in March.", ("March", "2026-03-01", "2026-04-01", "month")),
        ("It fell in December.", ("December", "2025-12-01", "2026-01-01", "month")),
        ("The step comes in December.", ("December", "2026-12-01", "2027-01-01", "month")),
        ("We will ship in March.", ("March", "2027-03-01", "2027-04-01", "month")),
        ("It was 21% until September.", ("September", "2026-09-01", "2026-10-01", "month")),
        ("October closed at 71%.", ("October", "2026-10-01", "2026-11-01", "month")),
        ("Live test from January.", ("January", "2027-01-01", "2027-02-01", "month")),
        ("The guardrail follows in April.", ("April", "2027-04-01", "2027-05-01", "month")),
        ("It ran from January.", ("January", "2026-01-01", "2026-02-01", "month")),
        ("We decided to launch on 9 December.", ("9 December", "2026-12-09", "2026-12-10", "day")),
        ("In March 12 tests ran.", ("March", "2026-03-01", "2026-04-01", "month")),
        ("Between March and May it fell.", ("March and May", "2026-03-01", "2026-06-01", "range")),
        ("From November 2025 to January 2026.", ("November 2025 to January 2026", "2025-11-01", "2026-02-01", "range")),
        ("Q3 2025 was good.", ("Q3 2025", "2025-07-01", "2025-10-01", "quarter")),
        ("It fell in Q1.", ("Q1", "2026-01-01", "2026-04-01", "quarter")),
        ("The first quarter of 2025.", ("first quarter of 2025", "2025-01-01", "2025-04-01", "quarter")),
        ("Plan for H1 2026.", ("H1 2026", "2026-01-01", "2026-07-01", "half")),
        ("The second half of 2025.", ("second half of 2025", "2025-07-01", "2026-01-01", "half")),
        ("FY2025 closed.", ("FY2025", "2025-01-01", "2026-01-01", "year")),
        ("FY25 closed.", ("FY25", "2025-01-01", "2026-01-01", "year")),
        ("In 2024 it fell.", ("2024", "2024-01-01", "2025-01-01", "year")),
        ("Closed since 2023.", ("2023", "2023-01-01", "2024-01-01", "year")),
        ("Last seen 2022.", ("2022", "2022-01-01", "2023-01-01", "year")),
        ("Warm Harbour 2025 opens.", ("2025", "2025-01-01", "2026-01-01", "year")),
        ("He ran it (1998\u20132003).", ("1998\u20132003", "1998-01-01", "2004-01-01", "range")),
        ("Popular in the 1990s.", ("1990s", "1990-01-01", "2000-01-01", "range")),
        ("Launched summer 2025.", ("summer 2025", "2025-06-01", "2025-09-01", "range")),
        ("From 18 to 24 November 2024.", ("18 to 24 November 2024", "2024-11-18", "2024-11-25", "range")),
        ("25 November to 2 December.", ("25 November to 2 December", "2026-11-25", "2026-12-03", "range")),
        ("28 December to 3 January 2026.", ("28 December to 3 January 2026", "2025-12-28", "2026-01-04", "range")),
        ("Between 3 and 9 March 2025.", ("3 and 9 March 2025", "2025-03-03", "2025-03-10", "range")),
        ("March 3-9, 2025.", ("March 3-9, 2025", "2025-03-03", "2025-03-10", "range")),
        ("It fell today.", ("today", "2026-11-18", "2026-11-19", "day")),
        ("It fell yesterday.", ("yesterday", "2026-11-17", "2026-11-18", "day")),
        ("The day before yesterday.", ("The day before yesterday", "2026-11-16", "2026-11-17", "day")),
        ("Tomorrow.", ("Tomorrow", "2026-11-19", "2026-11-20", "day")),
        ("It fell last week.", ("last week", "2026-11-09", "2026-11-16", "week")),
        ("It fell this month.", ("this month", "2026-11-01", "2026-12-01", "month")),
        ("Next quarter.", ("Next quarter", "2027-01-01", "2027-04-01", "quarter")),
        ("It fell last year.", ("last year", "2025-01-01", "2026-01-01", "year")),
        ("It fell last Friday.", ("last Friday", "2026-11-13", "2026-11-14", "day")),
        ("Out next Wednesday.", ("next Wednesday", "2026-11-25", "2026-11-26", "day")),
        ("Out this Friday.", ("this Friday", "2026-11-20", "2026-11-21", "day")),
        ("It fell last March.", ("last March", "2026-03-01", "2026-04-01", "month")),
        ("Out next March.", ("next March", "2027-03-01", "2027-04-01", "month")),
        ("It fell last summer.", ("last summer", "2026-06-01", "2026-09-01", "range")),
        ("It fell this winter.", ("this winter", "2026-12-01", "2027-03-01", "range")),
        ("It fell last weekend.", ("last weekend", "2026-11-14", "2026-11-16", "range")),
        ("It fell two days ago.", ("two days ago", "2026-11-16", "2026-11-17", "day")),
        ("It fell three weeks ago.", ("three weeks ago", "2026-10-26", "2026-11-02", "week")),
        ("It fell a month ago.", ("a month ago", "2026-10-01", "2026-11-01", "month")),
        ("It ships in two weeks.", ("in two weeks", "2026-11-30", "2026-12-07", "week")),
        ("It fell over the last year.", ("last year", "2025-11-18", "2026-11-19", "range")),
        ("Within the next month.", ("next month", "2026-11-18", "2026-12-18", "range")),
        ("The last week of March 2025.", ("March 2025", "2025-03-01", "2025-04-01", "month")),
        ("The last quarter of 2025.", ("last quarter of 2025", "2025-10-01", "2026-01-01", "quarter")),
        ("Over the last 30 days.", ("the last 30 days", "2026-10-19", "2026-11-19", "range")),
        ("In the next two weeks.", ("the next two weeks", "2026-11-18", "2026-12-02", "range")),
        ("It fell on Monday.", ("Monday", "2026-11-16", "2026-11-17", "day")),
        ("It fell on Wednesday.", ("Wednesday", "2026-11-11", "2026-11-12", "day")),
        ("We will ship on Monday.", ("Monday", "2026-11-23", "2026-11-24", "day")),
        ("Done by Friday.", ("Friday", "2026-11-20", "2026-11-21", "day")),
        ("By the end of the year.", ("the end of the year", "2026-01-01", "2027-01-01", "year")),
    ],
)
def test_one_time_in_a_text(text: str, expected: tuple[str, str, str, str]) -> None:
    assert named(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We may march on with the second one.",
        "You may 3 times retry.",
        "May I ask April Smith?",
        "Black September and Red October Days.",
        "Ask for April Smith.",
        "We sold 2024 boxes, 2,025 bags and 2019.5 kg.",
        "About 2000 visitors with 1950 came, 20 to 30% more.",
        "After 2000 visits it fell by 2000 points.",
        "1500 to 2000 visitors.",
        "On 3/4/2025 it fell.",
        "On 31 June 2025 and 2025-02-30.",
        "Version 1.2.2024.7 of EXP-2024 and #2024.",
        "It sold out on Black Friday with Sunday Brew.",
        "The Monday meeting; every Friday.",
        "900 boxes in two weeks.",
        "It fell by half in two weeks.",
        "Half of it, a quarter of that, H1 holds.",
        "The third test, the 3rd attempt.",
        "sat in the sun, mon ami",
    ],
)
def test_no_time_in_a_text(text: str) -> None:
    assert named(text) == []


def test_times_come_in_order_and_share_a_year() -> None:
    assert [found[:2] for found in named("April and May 2025, then yesterday, then in 2023.")] == [
        ("April", "2025-04-01"),
        ("May 2025", "2025-05-01"),
        ("yesterday", "2026-11-17"),
        ("2023", "2023-01-01"),
    ]


def test_days_begin_in_the_zone_of_the_anchor() -> None:
    anchor = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    (found,) = extract_times("It fell today.", anchor=anchor)
    assert found == TimeMention(
        start=8,
        end=13,
        begins=datetime(2026, 3, 29, tzinfo=anchor.tzinfo),
        ends=datetime(2026, 3, 30, tzinfo=anchor.tzinfo),
        granularity=Granularity.DAY,
    )
    # The clocks change on that day.
    assert found.ends.astimezone(UTC) - found.begins.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_no_error(year: int) -> None:
    for anchor in (date(year, 1, 1), date(year, 12, 31)):
        moment = datetime(anchor.year, anchor.month, anchor.day, tzinfo=timezone(timedelta(hours=14)))
        text = (
            "Yesterday, tomorrow, last year, next year, 999 years ago, this winter, last summer, 29 February, in May."
        )
        extract_times(text, anchor=moment)
        question_times(text, now=moment)


@given(text=st.one_of(st.text(max_size=200), ODD))
def test_mentions_are_disjoint_spans_that_are_not_empty(text: str) -> None:
    end = 0
    for found in extract_times(text, anchor=ANCHOR):
        assert end <= found.start < found.end <= len(text)
        assert found.begins < found.ends
        end = found.end


def test_at_most_fifty_mentions() -> None:
    assert len(extract_times("today " * 80, anchor=ANCHOR)) == 50


@pytest.mark.parametrize(
    ("question", "span", "begins", "ends"),
    [
        ("What did we learn last year?", "last year", "2025-01-01", "2026-01-01"),
        ("what broke on may 3?", "on may 3", "2026-05-03", "2026-05-04"),
        ("Incidents in the last year", "in the last year", "2025-11-18", "2026-11-19"),
        ("what broke in march?", "in march", "2026-03-01", "2026-04-01"),
        ("What broke in December?", "in December", "2025-12-01", "2026-01-01"),
        ("In March 2025, what broke?", "In March 2025", "2025-03-01", "2025-04-01"),
        ("What changed since January?", "since January", "2026-01-01", None),
        ("Tests before June 2024", "before June 2024", None, "2024-06-01"),
        ("Tests after the 3rd of May", "after the 3rd of May", "2026-05-04", None),
        ("Tests until March", "until March", None, "2026-04-01"),
        ("Tests between January and March", "between January and March", "2026-01-01", "2026-04-01"),
        ("Tests between 3 and 9 March 2025", "between 3 and 9 March 2025", "2025-03-03", "2025-03-10"),
        ("Incidents in the last 30 days", "in the last 30 days", "2026-10-19", "2026-11-19"),
        ("Incidents of the past two weeks", "of the past two weeks", "2026-11-04", "2026-11-19"),
        ("Goals of this quarter", "of this quarter", "2026-10-01", "2027-01-01"),
        ("What broke yesterday?", "yesterday", "2026-11-17", "2026-11-18"),
        ("Decisions in 2024", "in 2024", "2024-01-01", "2025-01-01"),
        ("Decisions 2024", "2024", "2024-01-01", "2025-01-01"),
        ("What broke on 2025-03-03?", "on 2025-03-03", "2025-03-03", "2025-03-04"),
        ("q1 results", "q1", "2026-01-01", "2026-04-01"),
        ("Tests from March onwards", "from March onwards", "2026-03-01", None),
        ("Tests by the end of 2025", "by the end of 2025", None, "2026-01-01"),
        ("What will ship in March?", "in March", "2027-03-01", "2027-04-01"),
    ],
)
def test_the_time_that_a_question_asks_about(question: str, span: str, begins: str | None, ends: str | None) -> None:
    (window,) = question_times(question, now=ANCHOR)
    assert question[window.start : window.end] == span
    assert (window.begins and f"{window.begins:%Y-%m-%d}", window.ends and f"{window.ends:%Y-%m-%d}") == (begins, ends)


@pytest.mark.parametrize(
    "question", ["Who may decide this?", "who may 3 times retry?", "Which tests had 2,024 users?", "second opinion", ""]
)
def test_questions_without_a_time(question: str) -> None:
    assert question_times(question, now=ANCHOR) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did we launch?", True),
        ("On what date did we launch?", True),
        ("How long ago was it?", True),
        ("Which year was it?", True),
        ("Since when do we ship to France?", True),
        ("Do you know when the test will end?", True),
        ("Tell me when the test ends", True),
        ("What happened when prices rose?", False),
        ("Who launched it?", False),
        ("Which time zone do we use?", False),
    ],
)
def test_questions_whose_answer_is_a_date(question: str, *, expected: bool) -> None:
    assert asks_when(question) is expected


@pytest.mark.parametrize(
    "unit",
    ["1", "1 ", "2024-", "3 March ", "the ", "1 to ", "may ", "last ", "in 2 ", "march,", "\u0130", "of 2024 ", "q1 "],
)
def test_pathological_input_takes_linear_time(unit: str) -> None:
    assert_linear(lambda text: extract_times(text, anchor=ANCHOR), unit, repeats=1_000, many=20_000)
