from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.quantities import Quantity, extract_quantities
from apps.memory.engine.types import QuantityKind
from tests.unit.memory.cost import assert_linear

ODD = st.text(alphabet="0123456789.,%$\u20ac \u202fkmnp=<-\u2212 s", max_size=120)


def amounts(text: str) -> list[tuple[str, str, str]]:
    return [(text[found.start : found.end], str(found.value), found.unit) for found in extract_quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Budget \u20ac566,000.", ("\u20ac566,000", "566000", "EUR")),
        ("It cost $1.2k more.", ("$1.2k", "1200.0", "USD")),
        ("It cost \u20ac 3.4m.", ("\u20ac 3.4m", "3400000.0", "EUR")),
        ("It cost \xa34.90 a box.", ("\xa34.90", "4.90", "GBP")),
        ("It cost 5 million dollars.", ("5 million dollars", "5000000", "USD")),
        ("It cost 1.240,50 \u20ac.", ("1.240,50 \u20ac", "1240.50", "EUR")),
        ("It cost 3 or 238 \u20ac9.", ("\u20ac9", "9", "EUR")),
        ("It cost EUR 500.", ("EUR 500", "500", "EUR")),
        ("It cost 12 EUR.", ("12 EUR", "12", "EUR")),
        ("It cost 379 kr.", ("379 kr", "379", "kr")),
        ("A loss of -\u20ac5.", ("-\u20ac5", "-5", "EUR")),
        ("40% off.", ("40%", "40", "%")),
        ("Up by 3,5 %.", ("3,5 %", "3.5", "%")),
        ("Down \u22123.5%.", ("\u22123.5%", "-3.5", "%")),
        ("Between 20-30%.", ("30%", "30", "%")),
        ("7 percent of it.", ("7 percent", "7", "%")),
        ("Up 5 percentage points.", ("5 percentage points", "5", "percentage points")),
        ("Up 2 %-points.", ("2 %-points", "2", "percentage points")),
        ("Down \u22120.4 points.", ("\u22120.4 points", "-0.4", "percentage points")),
        ("We gave 100 points.", ("100 points", "100", "point")),
        ("Up 0.4pp.", ("0.4pp", "0.4", "percentage points")),
        ("Up 25 bps.", ("25 bps", "25", "basis points")),
        ("1,240 people came.", ("1,240 people", "1240", "people")),
        ("It took 47 minutes.", ("47 minutes", "47", "minute")),
        ("It took 1.5 hours.", ("1.5 hours", "1.5", "hour")),
        ("A 30-day trial.", ("30-day", "30", "day")),
        ("13,000 new subscribers came.", ("13,000 new subscribers", "13000", "subscriber")),
        ("3.4m users came.", ("3.4m users", "3400000.0", "user")),
        ("9,640 gift boxes.", ("9,640 gift boxes", "9640", "box")),
        ("610 replies.", ("610 replies", "610", "reply")),
        ("12\u202f000 visits.", ("12\u202f000 visits", "12000", "visit")),
        ("It takes 300 ms.", ("300 ms", "300", "ms")),
        ("(n = 9,870)", ("n = 9,870", "9870", "n")),
        ("It won, p < 0.001.", ("p < 0.001", "0.001", "<")),
        ("It won, p=.03.", ("p=.03", "0.03", "=")),
        ("A p-value of \u22640.05.", ("p-value of \u22640.05", "0.05", "<")),
    ],
)
def test_one_amount_in_a_text(text: str, expected: tuple[str, str, str]) -> None:
    assert amounts(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EXP-117 visitors of 3 March 2025 at 9:40 or 19/12.",
        "In 2024 sales rose. In March 2025 users left.",
        "Compass 2 reaches Sweden, Beacon 5.1 logs out. 6.3 puts it back.",
        "The ratio is 17 and was 12, less than 5 across it.",
        "The path 41 of 90.",
        "p = 3, v2.3.1, 1.2.3, #44 tests.",
        "A pound of 12 p",
    ],
)
def test_no_amount_in_a_text(text: str) -> None:
    assert amounts(text) == []


def test_amounts_come_in_order_with_their_kinds() -> None:
    assert extract_quantities("6% of 40 users paid \u20ac9 (p = 0.04).") == [
        Quantity(QuantityKind.PERCENTAGE, Decimal(6), "%", 0, 2),
        Quantity(QuantityKind.COUNT, Decimal(40), "user", 6, 14),
        Quantity(QuantityKind.MONEY, Decimal(9), "EUR", 20, 22),
        Quantity(QuantityKind.P_VALUE, Decimal("0.04"), "=", 24, 32),
    ]


@given(text=st.one_of(st.text(max_size=200), ODD))
def test_amounts_are_disjoint_spans_of_finite_values(text: str) -> None:
    end = 0
    for found in extract_quantities(text):
        assert end <= found.start < found.end <= len(text)
        assert found.value.is_finite()
        end = found.end


def test_at_most_a_hundred_amounts() -> None:
    assert len(extract_quantities("5% " * 150)) == 100


@pytest.mark.parametrize(
    "unit", ["1", "1,", "1,000", "1.000,", "1 ", "$", "p ", "n = ", "1 a", "a-", "-", "5%", "EUR "]
)
def test_pathological_input_takes_linear_time(unit: str) -> None:
    assert_linear(extract_quantities, unit, repeats=1_000, many=20_000)
