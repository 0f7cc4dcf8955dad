"""Small enumerations shared by the memory engine.

Their values travel in the API, in rows and in usage events, so a value is never renamed.
"""

from enum import StrEnum


class SearchType(StrEnum):
    """What a caller asks for: one channel alone, or all of them fused."""

    NEURAL = "neural"
    CONCEPTUAL = "conceptual"
    KNOWLEDGE = "knowledge"
    HYBRID = "hybrid"


class Channel(StrEnum):
    """A ranked list that fusion combines."""

    NEURAL = "neural"
    LEXICAL = "lexical"
    SPARSE = "sparse"
    CONCEPTUAL = "conceptual"
    KNOWLEDGE = "knowledge"
    TEMPORAL = "temporal"
    RERANK = "rerank"


# Those that find memories; the reranker only judges what they found.
FINDING_CHANNELS = tuple(channel for channel in Channel if channel is not Channel.RERANK)


class MentionKind(StrEnum):
    """How an entity was recognised in a text."""

    NAME = "name"
    ACRONYM = "acronym"
    IDENTIFIER = "identifier"
    EMAIL = "email"
    HANDLE = "handle"
    QUOTED = "quoted"


class Granularity(StrEnum):
    """The calendar unit that a time expression names; a range is anything else."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    RANGE = "range"


class QuantityKind(StrEnum):
    """What a number in a text measures."""

    MONEY = "money"
    PERCENTAGE = "percentage"
    COUNT = "count"
    P_VALUE = "p_value"


class RelationKind(StrEnum):
    """What a sentence says one entity is or does to another."""

    RUNS = "runs"
    OWNS = "owns"
    LEADS = "leads"
    WORKS_AT = "works_at"
    REPORTS_TO = "reports_to"
    MANAGES = "manages"
    FOUNDED = "founded"
    ACQUIRED = "acquired"
    LAUNCHED = "launched"
    BUILT = "built"
    WROTE = "wrote"
    TESTED = "tested"
    CAUSED = "caused"
    FIXED = "fixed"
    REPLACED = "replaced"
    DEPENDS_ON = "depends_on"
    PART_OF = "part_of"
    DECIDED = "decided"
    PROPOSED = "proposed"
    REPORTED = "reported"
    USES = "uses"
    MARRIED_TO = "married_to"
    CHILD_OF = "child_of"
    BORN_IN = "born_in"
    LOCATED_IN = "located_in"
    MEMBER_OF = "member_of"


class EntityType(StrEnum):
    """What an entity is, as far as the words around its name tell."""

    PERSON = "person"
    ORGANIZATION = "organization"
    PLACE = "place"
    PRODUCT = "product"
    EVENT = "event"
    IDENTIFIER = "identifier"
    ACCOUNT = "account"
    TERM = "term"
    UNKNOWN = "unknown"


class AliasReason(StrEnum):
    """Why two names may be one entity."""

    SPELLING = "spelling"
    PLURAL = "plural"
    FIRST_NAME = "first_name"
    SURNAME = "surname"
    INITIALS = "initials"
    ACRONYM = "acronym"
    KNOWN_AS = "known_as"
    FORMERLY = "formerly"


class Confidence(StrEnum):
    """What may be done with a finding: used at once, or shown to somebody first."""

    CERTAIN = "certain"
    LIKELY = "likely"
