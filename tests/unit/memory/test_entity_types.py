import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.entities import extract_mentions
from apps.memory.engine.entity_types import entity_type
from apps.memory.engine.types import EntityType


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("Fixed in EXP-117.", "exp-117", EntityType.IDENTIFIER),
        ("Ask jane@acme.com.", "jane@acme.com", EntityType.ACCOUNT),
        ("Ask @jane_d.", "@jane_d", EntityType.ACCOUNT),
        ('They call it "time to value".', "time to value", EntityType.TERM),
        ("We met Maria Lopez.", "maria lopez", EntityType.PERSON),
        ("We met Dr. Ngozi Bello.", "ngozi bello", EntityType.PERSON),
        ("We met Ngozi Bello, the head of design.", "ngozi bello", EntityType.PERSON),
        ("Then Ngozi says no.", "ngozi", EntityType.PERSON),
        ("Then engineer Ngozi left.", "ngozi", EntityType.PERSON),
        ("An analysis by Ngozi Bello.", "ngozi bello", EntityType.PERSON),
        ("We met Clara there.", "clara", EntityType.PERSON),
        ("We closed on Founders Day.", "founders day", EntityType.EVENT),
        ("We met Olivia Day.", "olivia day", EntityType.PERSON),
        ("We love Maria Foods Inc.", "maria foods inc", EntityType.ORGANIZATION),
        ("She left the Bank of Narnia.", "bank of narnia", EntityType.ORGANIZATION),
        ("She left the Pricing team.", "pricing", EntityType.ORGANIZATION),
        ("She lives in Berlin.", "berlin", EntityType.PLACE),
        ("She left the United Kingdom.", "united kingdom", EntityType.PLACE),
        ("She left the UK.", "uk", EntityType.PLACE),
        ("She lives in Pulaski County.", "pulaski county", EntityType.PLACE),
        ("We shipped Beacon 5.1.", "beacon", EntityType.PRODUCT),
        ("We love the Beacon app.", "beacon", EntityType.PRODUCT),
        ("It sold out on Black Friday.", "black friday", EntityType.EVENT),
        ("It sold out in the Paddle campaign.", "paddle", EntityType.EVENT),
        ("She left the French team.", "french", EntityType.UNKNOWN),
        ("We love Harbor Checkout.", "harbor checkout", EntityType.UNKNOWN),
        ("We love KPIs.", "kpi", EntityType.UNKNOWN),
        ("She lives in Sofia.", "sofia", EntityType.UNKNOWN),
    ],
)
def test_type_of_a_mention(text: str, key: str, expected: EntityType) -> None:
    (mention,) = (found for found in extract_mentions(text) if found.key == key)
    assert entity_type(mention, text=text) is expected


@given(text=st.text(max_size=200))
def test_every_mention_has_a_type(text: str) -> None:
    for mention in extract_mentions(text):
        assert isinstance(entity_type(mention, text=text), EntityType)
