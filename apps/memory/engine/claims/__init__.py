"""What a text claims that another text could contradict: "the annual discount is 20%", "Harbor opens on 3 May".

Precision before recall: only sentences of a known form claim anything. Questions, conditions, wishes, rough figures and
quoted speech do not. By spelling alone; every pattern is bounded, so time is linear in the length of the text.
"""

from apps.memory.engine.claims.claim import Claim, ClaimKind, Claims, Replacement, Span
from apps.memory.engine.claims.reading import claims_of

__all__ = ["Claim", "ClaimKind", "Claims", "Replacement", "Span", "claims_of"]
