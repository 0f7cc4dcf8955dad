import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.aliases import (
    AliasCandidate,
    AliasEvidence,
    EntityName,
    alias_candidates,
    definitions,
    spelling_of,
)
from apps.memory.engine.entities import extract_mentions
from apps.memory.engine.types import AliasReason, Confidence, EntityType, MentionKind

KEYS = st.text(alphabet="ab. -'s1", min_size=1, max_size=8)


def defined(text: str) -> list[tuple[str, str, str]]:
    return [
        (found.alias_key, found.name_key, found.reason.value) for found in definitions(text, extract_mentions(text))
    ]


def person(name: str, mentions: int = 1) -> EntityName:
    return EntityName(name, MentionKind.NAME, EntityType.PERSON, mentions)


def name(name: str, mentions: int = 1) -> EntityName:
    return EntityName(name, MentionKind.NAME, EntityType.UNKNOWN, mentions)


def acronym(letters: str) -> EntityName:
    return EntityName(letters, MentionKind.ACRONYM)


def candidates(*names: EntityName) -> list[tuple[str, str, str, str]]:
    found = alias_candidates({entity.name.lower(): entity for entity in names})
    return [(item.alias_key, item.name_key, item.reason.value, item.confidence.value) for item in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Our Net Promoter Score (NPS) fell.", ("nps", "net promoter score", "acronym")),
        ("Our NPS (Net Promoter Score) fell.", ("nps", "net promoter score", "acronym")),
        ("Our NPS, short for Net Promoter Score, fell.", ("nps", "net promoter score", "acronym")),
        ("The Bank of England (BOE) rose.", ("boe", "bank of england", "acronym")),
        ("Harbor Checkout, known as Harbor, fell.", ("harbor", "harbor checkout", "known_as")),
        ("Harbor Checkout (also known as Dock) fell.", ("dock", "harbor checkout", "known_as")),
        ('Meta Platforms ("Meta") fell.', ("meta", "meta platforms", "known_as")),
        ("Harbor Checkout, formerly Dock, fell.", ("dock", "harbor checkout", "formerly")),
        ("Harbor Checkout (formerly known as Dock) fell.", ("dock", "harbor checkout", "formerly")),
    ],
)
def test_a_definition_in_a_text(text: str, expected: tuple[str, str, str]) -> None:
    assert defined(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Our Net Promoter Score (KPI) fell.",
        "Harbor Checkout (UK) fell.",
        "Then Ann called Bob.",
        "We use Harbor (Dock).",
    ],
)
def test_no_definition_in_a_text(text: str) -> None:
    assert defined(text) == []


def test_the_evidence_has_its_span() -> None:
    text = "Our Net Promoter Score (NPS) fell."
    assert definitions(text, extract_mentions(text)) == [
        AliasEvidence("nps", "net promoter score", AliasReason.ACRONYM, 4, 27)
    ]


def test_one_spelling_is_one_entity_named_as_most_do() -> None:
    assert candidates(name("Harbor Checkout", 5), name("Harbor-Checkout"), name("HarborCheckout", 2)) == [
        ("harbor-checkout", "harbor checkout", "spelling", "certain"),
        ("harborcheckout", "harbor checkout", "spelling", "certain"),
    ]


def test_plurals_are_for_review() -> None:
    assert candidates(name("Full Sail"), name("Full Sails", 9)) == [("full sails", "full sail", "plural", "likely")]


@pytest.mark.parametrize(
    ("key", "spelling"),
    [
        ("harbor check-out", "harborcheckout"),
        ("o'brien", "obrien"),
        ("u.k", "uk"),
        ("exp-117", "exp117"),
        ("exp-11-7", "exp11-7"),
        ("v1.2", "v1-2"),
        ("acme's harbor", "acmeharbor"),
        ("&", ""),
    ],
)
def test_spelling_ignores_what_writers_vary(key: str, spelling: str) -> None:
    assert spelling_of(key) == spelling


def test_a_first_name_is_the_one_person_who_bears_it() -> None:
    assert candidates(person("Priya Raman"), person("Priya")) == [("priya", "priya raman", "first_name", "certain")]
    assert candidates(person("Priya Raman"), name("Priya")) == [("priya", "priya raman", "first_name", "likely")]


def test_a_surname_and_initials_are_for_review() -> None:
    assert candidates(person("Priya Raman"), person("Raman")) == [("raman", "priya raman", "surname", "likely")]
    assert candidates(person("Priya Raman"), person("P Raman")) == [("p raman", "priya raman", "initials", "likely")]


@pytest.mark.parametrize(
    "second", [person("Priya Patel"), name("Priya Patel"), person("Ann Priya")], ids=["person", "unknown", "surname"]
)
def test_a_name_that_two_may_bear_is_nobody_s(second: EntityName) -> None:
    assert candidates(person("Priya Raman"), second, person("Priya")) == []


def test_two_spellings_are_one_bearer() -> None:
    assert candidates(person("Jean-Luc Roy", 3), person("Jeanluc Roy"), person("Roy")) == [
        ("jeanluc roy", "jean-luc roy", "spelling", "certain"),
        ("roy", "jean-luc roy", "surname", "likely"),
    ]


def test_only_people_have_first_names() -> None:
    assert candidates(name("Harbor Checkout"), name("Harbor")) == []
    place = EntityName("Paris", MentionKind.NAME, EntityType.PLACE)
    assert candidates(person("Paris Hilton"), place) == []


def test_an_acronym_counts_when_a_text_defines_it() -> None:
    names = {"nps": acronym("NPS"), "net promoter score": name("Net Promoter Score")}
    evidence = AliasEvidence("nps", "net promoter score", AliasReason.ACRONYM, 0, 9)
    expected = AliasCandidate("nps", "net promoter score", AliasReason.ACRONYM, Confidence.CERTAIN)
    assert alias_candidates(names) == []
    assert alias_candidates(names, evidence=[evidence, evidence]) == [expected]
    assert alias_candidates({"nps": acronym("NPS")}, evidence=[evidence]) == []


def test_an_acronym_of_two_names_is_for_review() -> None:
    names = {key: name(key) for key in ("net promoter score", "new pricing scheme")} | {"nps": acronym("NPS")}
    evidence = [AliasEvidence("nps", "net promoter score", AliasReason.ACRONYM, 0, 9)]
    expected = AliasCandidate("nps", "net promoter score", AliasReason.ACRONYM, Confidence.LIKELY)
    assert alias_candidates(names, evidence=evidence) == [expected]


def test_an_alias_of_two_names_and_a_former_name_are_for_review() -> None:
    names = {key: name(key) for key in ("dock", "harbor checkout", "galley app")}
    known = [AliasEvidence("dock", key, AliasReason.KNOWN_AS, 0, 9) for key in ("harbor checkout", "galley app")]
    assert {item.confidence for item in alias_candidates(names, evidence=known)} == {Confidence.LIKELY}
    former = [AliasEvidence("dock", "galley app", AliasReason.FORMERLY, 0, 9)]
    assert [item.confidence for item in alias_candidates(names, evidence=former)] == [Confidence.LIKELY]


@given(keys=st.lists(KEYS, unique=True, max_size=12), rotation=st.integers(0, 11))
def test_candidates_are_known_distinct_and_in_one_order(keys: list[str], rotation: int) -> None:
    names = {key: person(key) for key in keys}
    found = alias_candidates(names)
    assert found == alias_candidates({key: names[key] for key in keys[rotation:] + keys[:rotation]})
    assert found == sorted(found, key=lambda item: (item.alias_key, item.name_key))
    for item in found:
        assert item.alias_key != item.name_key
        assert {item.alias_key, item.name_key} <= set(keys)
