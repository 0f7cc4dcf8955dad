import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.entities import extract_mentions
from apps.memory.engine.relations import Relation, extract_relations
from apps.memory.engine.types import RelationKind
from tests.unit.memory.cost import assert_linear

ODD = st.lists(
    st.sampled_from(
        ["Ann", "Bob", "Acme", "runs", "was", "led", "by", "the", "CEO", "of", ",", "and", "because", ".", "'s"]
    ),
    max_size=40,
).map(" ".join)


def stated(text: str) -> list[tuple[str, str, str]]:
    return [(found.source_key, found.kind.value, found.target_key) for found in relations(text)]


def relations(text: str) -> list[Relation]:
    return extract_relations(text, extract_mentions(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maria Lopez runs Harbor Checkout.", ("maria lopez", "runs", "harbor checkout")),
        ("Maria Lopez now leads the Harbor team.", ("maria lopez", "leads", "harbor")),
        ("Ann Lee works at Acme.", ("ann lee", "works_at", "acme")),
        ("Ann Lee reports to Bob Ray.", ("ann lee", "reports_to", "bob ray")),
        ("Ann Lee will launch Galley.", ("ann lee", "launched", "galley")),
        ("Acme Corp has acquired Globex.", ("acme corp", "acquired", "globex")),
        ("Acme Corp uses our new payment provider Stripe.", ("acme corp", "uses", "stripe")),
        ("The Harbor team uses Atlas.", ("harbor", "uses", "atlas")),
        ("Harbor Checkout depends on Atlas.", ("harbor checkout", "depends_on", "atlas")),
        ("Galley App replaced Atlas.", ("galley app", "replaced", "atlas")),
        ("Galley App is part of Beacon.", ("galley app", "part_of", "beacon")),
        ("Ann Lee is married to Bob Ray.", ("ann lee", "married_to", "bob ray")),
        ("Ann Lee was born in Paris.", ("ann lee", "born_in", "paris")),
        ("Ann Lee (born 3 May 1980 in Paris) left.", ("ann lee", "born_in", "paris")),
        ("Acme Corp is based in Berlin.", ("acme corp", "located_in", "berlin")),
        ("Galley App was launched by Acme.", ("acme", "launched", "galley app")),
        ("Galley App, built by Ann Lee, is live.", ("ann lee", "built", "galley app")),
        ("Galley App was finally approved by Ann Lee.", ("ann lee", "decided", "galley app")),
        ("INC-21 was caused by Atlas.", ("atlas", "caused", "inc-21")),
        ("INC-21 led to INC-22.", ("inc-21", "caused", "inc-22")),
        ("Harbor Checkout failed because of INC-21.", ("inc-21", "caused", "harbor checkout")),
        ("Harbor Checkout timed out due to the Atlas upgrade.", ("atlas", "caused", "harbor checkout")),
        ("We follow Priya's EXP-214.", ("priya", "runs", "exp-214")),
        ("We wait for Sofia's analysis of INC-37.", ("sofia", "reported", "inc-37")),
        ("We met Ann Lee, the owner of Harbor.", ("ann lee", "owns", "harbor")),
    ],
)
def test_one_relation_in_a_sentence(text: str, expected: tuple[str, str, str]) -> None:
    assert stated(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ann Lee likes Bob Ray.",
        "Does Ann Lee run Harbor, or Bob Ray lead Atlas?",
        "If Acme bought Globex, Initech would fall.",
        "Acme Corp never acquired Globex.",
        "Acme Corp may have bought Globex.",
        "Acme Corp has not failed because of Globex.",
        "The head of Acme runs Harbor.",
        "Acme Corp bought Globex's shares.",
        "We follow Priya's Harbor.",
        "Ann Lee runs to Bob Ray.",
        "Ann Lee runs. Harbor fell.",
        "Ann Lee runs, Harbor falls.",
        "Ann Lee proposed to replace Harbor with Atlas.",
        "We met Ann Lee, the professor of Persian literature.",
        "We met Louis, Duke of Anhalt, son of Henry.",
        "INC-21 works at Acme.",
        "Acme Corp acquired Acme Corp.",
    ],
)
def test_no_relation_in_a_text(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "role"),
    [
        ("We met Maria Lopez, CEO of Acme.", RelationKind.WORKS_AT, "ceo"),
        ("We met Maria Lopez, the new head of design at Acme.", RelationKind.WORKS_AT, "head of design"),
        ("Maria Lopez is a senior engineer at Acme.", RelationKind.WORKS_AT, "senior engineer"),
        ("We met Acme's founder Maria Lopez.", RelationKind.FOUNDED, "founder"),
    ],
)
def test_roles_are_kept(text: str, kind: RelationKind, role: str) -> None:
    (found,) = relations(text)
    assert (found.source_key, found.kind, found.target_key, found.role) == ("maria lopez", kind, "acme", role)


def test_names_in_a_row_share_their_relation() -> None:
    assert stated("Ann Lee and Bob Ray launched Galley, Beacon and Atlas.") == [
        (person, "launched", product) for person in ("ann lee", "bob ray") for product in ("galley", "beacon", "atlas")
    ]
    assert stated("Ann Lee launched Galley and Beacon failed.") == [("ann lee", "launched", "galley")]


def test_the_evidence_is_the_sentence() -> None:
    text = "It fell. Acme Corp bought Globex. It rose."
    assert relations(text) == [Relation("acme corp", RelationKind.ACQUIRED, "globex", 9, 33)]


@given(text=st.one_of(st.text(max_size=200), ODD))
def test_relations_join_two_mentions_of_their_sentence(text: str) -> None:
    keys = {mention.key for mention in extract_mentions(text)}
    for found in relations(text):
        assert {found.source_key, found.target_key} <= keys
        assert found.source_key != found.target_key
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    "unit", ["Ann and ", "Ann, ", "Ann runs ", "Ann's head of head, ", "Ann, a b c of ", "x because "]
)
def test_pathological_input_takes_linear_time(unit: str) -> None:
    assert_linear(relations, unit, repeats=500, many=10_000)
