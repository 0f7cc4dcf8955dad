"""Finds times that a question tells by an event: "before the redesign", "since EXP-117", "after our move to Oslo".

Which moment that is only the memories know; here it is read off the sentence which words name the event.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.memory.engine.lexicon import STOP_WORDS, WORD, word_set
from apps.memory.engine.times.windows import TimeWindow

_EVENTS = 3
_WORDS = 6
_LEAD = re.compile(r"\b(?P<side>before|prior to|until|till|after|since|following)\s+", re.IGNORECASE)
_BEFORE = frozenset({"before", "prior to", "until", "till"})
# What may begin the name of an event, if it does not begin with a capital or is an id.
_DETERMINERS = word_set("the our my your their his her its this that")
# Where the name of an event is over: the sentence goes on with a verb, or another one begins.
_OVER = word_set(
    "am are be been began being came could did do does ended happened had has have is may might must shall should"
    " started that took was we went were what when where which while who whom whose why will would you he she they it i"
    " and but or so because compared versus vs than"
)
# They join words of one name: "the move to Oslo".
_JOINING = word_set("of to for in with on at from the our")
# Parts of a day or a period, which say when only beside a date, and what is too general to be an event.
_VAGUE = word_set(
    "afternoon beginning date day deadline end evening fact first last middle month morning next night one other past"
    " quarter rest same start time today week weekend year"
)


@dataclass(frozen=True, slots=True)
class EventTime:
    """The time before an event, or from it on; the question names it at characters ``start`` to ``end``."""

    event: str
    is_before: bool
    start: int
    end: int


def event_times(question: str, *, windows: Sequence[TimeWindow] = ()) -> list[EventTime]:
    """Return the times that events tell, by position, at most three; not what ``windows`` read as a date already."""
    found = []
    for lead in _LEAD.finditer(question):
        if any(window.start < lead.end() and lead.start() < window.end for window in windows):
            continue
        limit = min([window.start for window in windows if window.start >= lead.end()], default=len(question))
        end = _end_of(question[:limit], lead.end())
        if end > lead.end():
            event = question[lead.end() : end]
            found.append(EventTime(event, " ".join(lead["side"].lower().split()) in _BEFORE, lead.start(), end))
    return found[:_EVENTS]


def _end_of(question: str, start: int) -> int:
    """Return where the name of an event ends that begins at ``start``; ``start`` itself if none does."""
    end = last = start
    content = 0
    opened = named = False
    for place, match in enumerate(WORD.finditer(question, start)):
        word, folded = match[0], match[0].casefold()
        gap, last = question[last : match.start()], match.end()
        if gap.strip() or place > _WORDS or folded in _OVER:
            break
        if place == 0:
            opened, named = folded in _DETERMINERS, not word[0].islower()
            if not (opened or named):
                break
        elif content and _is_verb(folded) and not (named and word[0].isupper()):
            break
        elif not opened and folded not in _JOINING and word[0].islower():
            # After a name without an article the sentence goes on.
            break
        if folded not in STOP_WORDS and folded not in _DETERMINERS:
            if folded in _VAGUE and not content:
                return start
            content += 1
        if folded not in _JOINING:
            end = match.end()
    return end if content else start


def _is_verb(word: str) -> bool:
    # "The redesign launched": what has an ending of the past behind a noun is what the noun did.
    return word.endswith("ed") and len(word) > 4  # noqa: PLR2004 - "red", "bed", "need"
