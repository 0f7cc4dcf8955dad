"""Generated business notes, for measuring speed: any number of them, the same every time, no two alike."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2023, 1, 2, 9, tzinfo=UTC)
_PEOPLE = (
    "Ada Lindqvist",
    "Bruno Castell",
    "Chidi Okafor",
    "Dana Whitfield",
    "Elif Demir",
    "Farid Haddad",
    "Greta Olsen",
    "Hugo Marchetti",
)
_PRODUCTS = ("Harbor Checkout", "Compass", "Beacon", "Sloop", "Lantern", "Anchor Search", "Tidewater", "Mainsail")
_MARKETS = ("Germany", "France", "Sweden", "Spain", "Poland", "Ireland", "Italy", "Portugal")
_TOPICS = (
    *(
        "pricing",
        "churn",
        "delivery delays",
        "onboarding",
        "the sign-up form",
        "search adverts",
        "referrals",
        "refunds",
    ),
    *("the annual plan", "the app", "support tickets", "page speed", "checkout errors", "gift boxes", "returns"),
    *("e-mail campaigns", "stock levels", "loyalty points"),
)
_FINDINGS = (
    "went up by {n} % after the change",
    "went down by {n} % in two weeks",
    "did not move although we spent {n} thousand euros",
    "was the main complaint in {n} interviews",
    "doubled among new customers within {n} days",
    "is slower than promised for {n} of a hundred orders",
    "recovered once the fix was live for {n} hours",
)
_STEPS = (
    "We roll it out to everybody",
    "We stop the test",
    "The team will look at it again next quarter",
    "Finance wants a second opinion",
    "Nobody has an explanation yet",
    "The next step is a longer test",
    "We wrote to the partners",
    "It stays as it is",
)
QUESTIONS = (
    "what happened to pricing in Germany?",
    "who worked on delivery delays for Harbor Checkout?",
    "why did churn go down?",
    "which test was stopped by Greta Olsen?",
    "complaints about refunds in interviews",
    "slow orders",
    "what did Ada Lindqvist say about the annual plan last year?",
    "did page speed recover after the fix?",
    "stock levels in Poland",
    "loyalty points and referrals",
    "EXP-204",
    "when did the sign-up form change?",
)


def notes(count: int) -> Iterator[dict[str, Any]]:
    """Yield notes of about forty words with a time, as rows of a batch."""
    chance = random.Random(20240501)  # noqa: S311 - the same notes every time is the point
    for number in range(count):
        person, other = chance.sample(_PEOPLE, 2)
        topic, second = chance.sample(_TOPICS, 2)
        found, then = (chance.choice(_FINDINGS).format(n=chance.randint(2, 97)) for _ in range(2))
        place = chance.choice(_MARKETS)
        yield {
            "content": (
                f"EXP-{number}: {person} looked into {topic} of {chance.choice(_PRODUCTS)} in {place}. "
                f"{topic.capitalize()} {found}. According to {other}, {second} {then}. {chance.choice(_STEPS)}."
            ),
            "external_id": f"note-{number}",
            "memory_type": chance.choice(("experiment", "insight", "incident", "decision")),
            "metadata": {"market": place, "team": chance.choice(("Growth", "Product", "Care"))},
            "occurred_at": START + timedelta(minutes=13 * number),
        }
