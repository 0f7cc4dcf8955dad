import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.entities import KEY_CHARACTERS, extract_mentions, normalise_key, query_terms
from tests.unit.memory.cost import assert_linear

ODD = st.text(alphabet="aA zZ.'\"@#-_1&\u2019\u201c\u201d`\x00\ud800\n\u0130\xdf\ufb01", max_size=120)


def keys(text: str) -> list[tuple[str, str]]:
    return [(mention.key, mention.kind) for mention in extract_mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Harbor Checkout redesign shipped.", [("harbor checkout", "name")]),
        ("Harbor Checkout failed.", [("harbor checkout", "name")]),
        ("Yesterday Harbor Checkout failed.", [("harbor checkout", "name")]),
        ("Churn fell again.", []),
        ("Churn fell. We blame Churn on price.", [("churn", "name"), ("churn", "name")]),
        ("Customers love it. We love our customers.", []),
        ("We met Alice and Bob.", [("alice", "name"), ("bob", "name")]),
        ("Acme's Harbor grew.", [("harbor", "name")]),
        ("We sold Acme\u2019s Harbor.", [("acme", "name"), ("harbor", "name")]),
        ("She left the Bank of England.", [("bank of england", "name")]),
        ("He is the head of Design.", [("design", "name")]),
        ("We read Lord of the Rings.", [("lord of the rings", "name")]),
        ("Built by Mies van der Rohe.", [("mies van der rohe", "name")]),
        ("Ask Dr. Maria Lopez now.", [("maria lopez", "name")]),
        ("Ask J. R. Smith now.", [("j r smith", "name")]),
        ("Ask CEO John Smith.", [("ceo", "acronym"), ("john smith", "name")]),
        ("Owner: Maria", [("maria", "name")]),
        ("Decision: Roll out (Later is fine).", []),
        ("See https://Acme.com/Harbor-Checkout?id=EXP-117 or www.Harbor.io now.", []),
        ("We use Node.js here.", [("node.js", "name")]),
        ("It fell. Harbor rose.", []),
        ("So did I. Harbor rose.", []),
        ("Ask NASA. Harbor rose.", [("nasa", "acronym")]),
        ("We saw Alice of some Bob.", [("alice", "name"), ("bob", "name")]),
        ("One of Acme's teams left.", [("acme", "name")]),
        ("We like Alpha Beta Gamma Delta Epsilon Zeta.", [("alpha beta gamma delta epsilon zeta", "name")]),
        ("We like Alpha Beta Gamma Delta Epsilon Zeta Eta.", []),
        ("Johnson & Johnson grew.", [("johnson & johnson", "name")]),
        ("They like Coca-Cola.", [("coca-cola", "name")]),
        ("HubSpot is down.", [("hubspot", "name")]),
        ("We met on Monday, 4 March 2024.", []),
        ("In May we ship. On Tuesday too.", []),
        ("It sold out on Black Friday.", [("black friday", "name")]),
        ("Then NASA and the ESA agreed.", [("nasa", "acronym"), ("esa", "acronym")]),
        ("Two KPIs and one API.", [("kpi", "acronym"), ("api", "acronym")]),
        ("The US market, and IT.", [("us", "acronym"), ("it", "acronym")]),
        ("This is NOT done, it MUST be, ASAP.", []),
        ("PLEASE READ THIS EMAIL NOW", []),
        ("In Q3 and FY24 we grew.", []),
        ("See EXP-117 and ABC_12.", [("exp-117", "identifier"), ("abc_12", "identifier")]),
        ("Fixed in v2.3.1, see #1234.", [("v2.3.1", "identifier"), ("#1234", "identifier")]),
        ("Not an id: foo-12, 3.14, issue#5.", []),
        ("Ask Jane.Doe@acme.co.uk, please.", [("jane.doe@acme.co.uk", "email")]),
        ("cc @jane_d and @ nobody", [("@jane_d", "handle")]),
        ('They call it "time to value".', [("time to value", "quoted")]),
        ("The \u201cbig bang\u201d of `retry_limit`.", [("big bang", "quoted"), ("retry_limit", "quoted")]),
        ("Not the 'old way', the users' way.", [("old way", "quoted")]),
        ('He said "we will ship it tomorrow."', []),
        ('About "Harbor Checkout" again.', [("harbor checkout", "name")]),
        ("Don't stop. I'm here. It\u2019s fine.", []),
        ("Growth Beats Churn While Margin Plan Pricing Test Harbor Checkout Wins", [("growth beats churn", "name")]),
        ("", []),
    ],
)  # fmt: skip
def test_mentions_of_a_sentence(text: str, expected: list[tuple[str, str]]) -> None:
    assert keys(text) == expected


def test_spans_hold_the_name_without_possessive_and_plural() -> None:
    text = "We like Acme's KPIs."
    assert [(m.name, m.start, m.end) for m in extract_mentions(text)] == [("Acme", 8, 12), ("KPI", 15, 18)]


def test_every_occurrence_counts() -> None:
    assert keys("We use Atlas. The Atlas team knows Atlas.") == [("atlas", "name")] * 3


@given(text=st.one_of(st.text(max_size=200), ODD))
def test_mentions_are_exact_spans_with_storable_keys(text: str) -> None:
    mentions = extract_mentions(text)
    assert mentions == sorted(mentions, key=lambda mention: (mention.start, mention.end))
    for mention in mentions:
        assert mention.name == text[mention.start : mention.end]
        assert 0 < len(mention.key) <= KEY_CHARACTERS
        mention.key.encode()
        assert "\x00" not in mention.key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Harbor \n Checkout ", "harbor checkout"),
        ("Acme's", "acme"),
        ("Acme\u2019s", "acme"),
        ("customers'", "customers"),
        ("\uff28\uff41\uff52\uff42\uff4f\uff52", "harbor"),
        ("Stra\xdfe", "strasse"),
        ("a\x00b\ud800c", "a b c"),
        ("(EXP-117)?", "exp-117"),
        ("...", ""),
        ("x" * 300, "x" * 200),
    ],
)
def test_key_is_one_form_for_many_spellings(text: str, key: str) -> None:
    assert normalise_key(text) == key


def test_small_letters_find_a_name() -> None:
    assert query_terms("harbor checkout") == ["harbor", "harbor checkout", "checkout"]


def test_mentions_lead_and_stop_words_alone_are_out() -> None:
    terms = query_terms("What did the bank of england say about exp-117 and Maria Lopez?")
    assert terms[0] == "maria lopez"
    assert {"bank of england", "exp-117", "the bank", "maria", "lopez"} <= set(terms)
    assert not {"what", "the", "of", "did the", "say about"} & set(terms)


def test_terms_of_a_name_contain_its_key() -> None:
    for name in ("Johnson & Johnson", "J. R. Smith", "Coca-Cola", "L'Or\xe9al", "v2.3.1", "#1234", "@jane_d"):
        (mention,) = extract_mentions(f"We saw {name} there.")
        assert mention.key in query_terms(name.lower())


@given(
    query=st.one_of(
        st.text(max_size=300), ODD, st.lists(st.sampled_from(["harbor", "the", "A"]), max_size=90).map(" ".join)
    )
)
def test_terms_are_few_distinct_and_normalised(query: str) -> None:
    terms = query_terms(query)
    assert len(terms) <= 64
    assert len(set(terms)) == len(terms)
    assert all(0 < len(term) <= KEY_CHARACTERS and unicodedata.normalize("NFKC", term) == term for term in terms)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "A",
        "A ",
        "A-1",
        "A.",
        '"',
        "'",
        "`a",
        "@",
        "a@",
        "a.a@",
        "#1",
        "v1.",
        "&",
        "A&",
        "of ",
        "A of ",
        "A's ",
        "-",
        "\u201c",
    ],
)
def test_pathological_input_takes_linear_time(unit: str) -> None:
    assert_linear(extract_mentions, unit, repeats=2_000, many=40_000)
