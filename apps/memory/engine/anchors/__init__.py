"""The built-in conceptual dimensions, by domain.

Names and descriptions of healthcare, finance, real_estate, enterprise, research and retail are those of the KSE
contract; ``general`` and ``marketing`` and all anchor texts are ours.
"""

from collections.abc import Mapping
from types import MappingProxyType

from apps.memory.engine.anchors.dimension import Dimension
from apps.memory.engine.anchors.enterprise import ENTERPRISE
from apps.memory.engine.anchors.finance import FINANCE
from apps.memory.engine.anchors.general import GENERAL
from apps.memory.engine.anchors.healthcare import HEALTHCARE
from apps.memory.engine.anchors.marketing import MARKETING
from apps.memory.engine.anchors.real_estate import REAL_ESTATE
from apps.memory.engine.anchors.research import RESEARCH
from apps.memory.engine.anchors.retail import RETAIL

DOMAIN_DIMENSIONS: Mapping[str, tuple[Dimension, ...]] = MappingProxyType(
    {
        "general": GENERAL,
        "enterprise": ENTERPRISE,
        "retail": RETAIL,
        "finance": FINANCE,
        "healthcare": HEALTHCARE,
        "real_estate": REAL_ESTATE,
        "research": RESEARCH,
        "marketing": MARKETING,
    }
)

__all__ = ["DOMAIN_DIMENSIONS", "Dimension"]
