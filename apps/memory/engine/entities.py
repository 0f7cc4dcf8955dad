"""Finds the named things a text talks about, by spelling alone: no model, no vocabulary of any customer.

Precision before recall: a missed entity costs one edge of the graph, a wrong one joins memories that have nothing in
common. All patterns start at a token border and are bounded, so time is linear in the length of the text.
"""

import re
import unicodedata
from dataclasses import dataclass

from apps.memory.engine.lexicon import STOP_WORDS
from apps.memory.engine.names import find_names
from apps.memory.engine.types import MentionKind

KEY_CHARACTERS = 200
_QUERY_TERMS = 64
_QUERY_WORDS = 64
_LONGEST_TERM = 4
_QUOTED_WORDS = 6

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]+")
_POSSESSIVE = re.compile(r"(?:['\u2019]s|(?<=s)['\u2019])$")
_INITIAL = re.compile(r"(?<!\w)(\w)\.(?= )")
_OUTER = " \t.,;:!?\"'()[]{}<>*_`\u2018\u2019\u201c\u201d\xab\xbb\u2026\xa1\xbf"

_EMAIL = re.compile(r"(?<![\w.+%-])[\w+%-][\w.+%-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(r"(?<!\w)(?:https?://|www\.)\S+")
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_]\w{1,38}(?![\w@])")
_IDENTIFIER = re.compile(
    r"(?<![\w#&/.-])(?:"
    r"[A-Z][A-Z0-9]{0,9}(?:[-_]\d{1,8}){1,3}"  # EXP-117, ABC_12, RFC-2024-3
    r"|v\d{1,5}(?:\.\d{1,6}){1,3}(?:-[a-z]{1,8}\.?\d{0,4})?"  # v2.3.1, v4.0-rc.1
    r"|\#\d{1,10}"  # 1234 after a hash
    r")(?![\w-])"
)
_QUOTED = re.compile(
    '"([^"\n\x00-\x1f\ud800-\udfff]{2,60})"'
    "|\u201c([^\u201c\u201d\n\x00-\x1f\ud800-\udfff]{2,60})\u201d"
    "|\xab([^\xab\xbb\n\x00-\x1f\ud800-\udfff]{2,60})\xbb"
    "|`([^`\n\x00-\x1f\ud800-\udfff]{2,60})`"
    "|(?<!\\w)'([^'\n\x00-\x1f\ud800-\udfff]{2,60})'(?!\\w)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity named at characters ``start`` to ``end`` (exclusive).

    ``name`` is the text there; ``key`` identifies the entity, equal for spellings that differ in case or blanks only.
    """

    name: str
    key: str
    kind: MentionKind
    start: int
    end: int


def normalise_key(text: str) -> str:
    """Return the form under which entities are compared.

    NFKC, case folded, single blanks, no possessive, no punctuation around it or after initials; at most 200
    characters, none of them a control character or a lone surrogate; empty for punctuation alone.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    bare = _POSSESSIVE.sub("", _INITIAL.sub(r"\1", _BLANKS.sub(" ", folded)).strip(_OUTER))
    return bare[:KEY_CHARACTERS].strip(_OUTER)


def extract_mentions(text: str) -> list[Mention]:
    """Return the mentions in ``text`` ordered by position; each occurrence counts.

    E-mail addresses, handles and identifiers exclude other mentions inside them. A quoted term may hold a name; when
    both are the same entity the name stands.
    """
    claimed = _claims(text)
    found = [_mention(text, kind=kind, start=start, end=end) for start, end, kind in claimed if kind]
    spans = [(start, end) for start, end, _ in claimed]
    named = [_mention(text, kind=name.kind, start=name.start, end=name.end) for name in find_names(text, taken=spans)]
    found += named
    taken = {(mention.key, mention.start) for mention in found}
    for match in _QUOTED.finditer(text):
        start, end = match.span(match.lastindex or 0)
        quoted = _mention(text, kind=MentionKind.QUOTED, start=start, end=end)
        if _is_term(quoted.name) and (quoted.key, start) not in taken:
            found.append(quoted)
    return sorted((mention for mention in found if mention.key), key=lambda mention: (mention.start, mention.end))


def query_terms(query: str) -> list[str]:
    """Return up to 64 keys under which entities of ``query`` may be known, likeliest first.

    First the keys of its mentions, then its n-grams of one to four words, so that "harbor checkout" finds the entity
    "Harbor Checkout". N-grams of stop words alone are left out; those that begin or end with one come last. Only the
    first 64 words are read.
    """
    words = [word for raw in query.split()[:_QUERY_WORDS] if (word := raw if raw == "&" else normalise_key(raw))]
    likely: list[str] = [mention.key for mention in extract_mentions(" ".join(query.split()[:_QUERY_WORDS]))]
    unlikely: list[str] = []
    for first in range(len(words)):
        for last in range(first, min(first + _LONGEST_TERM, len(words))):
            edges = (words[first] in STOP_WORDS) + (words[last] in STOP_WORDS)
            if edges and all(word in STOP_WORDS for word in words[first : last + 1]):
                continue
            term = normalise_key(" ".join(words[first : last + 1]))
            if term:
                (unlikely if edges else likely).append(term)
    return list(dict.fromkeys(likely + unlikely))[:_QUERY_TERMS]


def _claims(text: str) -> list[tuple[int, int, MentionKind | None]]:
    """Return the disjoint spans whose spelling alone decides, ordered by position; ``None`` for a web address.

    An address names no entity, and nothing inside it is a name.
    """
    claims: list[tuple[int, int, MentionKind | None]] = []
    for pattern, kind in (
        (_URL, None),
        (_EMAIL, MentionKind.EMAIL),
        (_HANDLE, MentionKind.HANDLE),
        (_IDENTIFIER, MentionKind.IDENTIFIER),
    ):
        claims += [(*match.span(), kind) for match in pattern.finditer(text)]
    disjoint: list[tuple[int, int, MentionKind | None]] = []
    for start, end, kind in sorted(claims, key=lambda claim: (claim[0], -claim[1])):
        if not disjoint or start >= disjoint[-1][1]:
            disjoint.append((start, end, kind))
    return disjoint


def _is_term(quoted: str) -> bool:
    """Tell a quoted term from quoted speech."""
    words = quoted.split()
    return (
        0 < len(words) <= _QUOTED_WORDS
        and quoted == quoted.strip()
        and quoted[-1] not in ".,!?;:\u2026"
        and any(character.isalpha() for character in quoted)
        and not all(word.casefold() in STOP_WORDS for word in words)
    )


def _mention(text: str, *, kind: MentionKind, start: int, end: int) -> Mention:
    name = text[start:end]
    key = name.casefold() if kind in {MentionKind.HANDLE, MentionKind.EMAIL} else normalise_key(name)
    return Mention(name=name, key=key[:KEY_CHARACTERS], kind=kind, start=start, end=end)
