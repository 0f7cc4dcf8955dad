"""Between the SDK's `ConceptualSpace` and coordinates in the order of the organisation's dimensions."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from apps.memory.adapters.kse.base import Floats
from apps.memory.kse import kse_contract
from apps.memory.models import MemoryContext
from apps.memory.selectors.contexts import dimensions_of

# Coordinates are stored in single precision; more digits would be noise.
_DIGITS = 6


def space_of(context: MemoryContext, coordinates: Sequence[float] | Floats | None) -> Any:
    """Return the SDK's `ConceptualSpace` of coordinates, one for each dimension of the context; None is the middle."""
    dimensions = dimensions_of(context)
    coordinates = [0.5] * len(dimensions) if coordinates is None else coordinates
    return kse_contract().model("ConceptualSpace")(
        dimensions={
            dimension.name: round(float(value), _DIGITS)
            for dimension, value in zip(dimensions, coordinates, strict=True)
        },
        domain=context.domain,
        dimension_descriptions={dimension.name: dimension.description for dimension in dimensions},
    )


def coordinates_of(
    context: MemoryContext, space: Any, *, partial: bool, refusal: Callable[[str], Exception]
) -> tuple[Floats, Floats]:
    """Return `(coordinates, weights)` of a `ConceptualSpace`, float32 (k,); the weights sum to 1.

    With `partial` some dimensions may be left out: they get weight 0. Raises `refusal(...)` for a space of another
    domain, for names that are not the context's, and for values outside [0, 1].
    """
    if not isinstance(space, kse_contract().model("ConceptualSpace")):
        raise refusal("dimensions are given as a ConceptualSpace")
    if space.domain not in {None, context.domain}:
        raise refusal(f"the organisation's domain is {context.domain!r}")
    names = [dimension.name for dimension in dimensions_of(context)]
    unknown = sorted(str(name) for name in space.dimensions if name not in names)
    missing = [name for name in names if name not in space.dimensions]
    if unknown or not space.dimensions or (missing and not partial):
        wrong = ", ".join(
            [*(f"{name!r} is unknown" for name in unknown), *(f"{name!r} is missing" for name in missing)]
        )
        raise refusal(f"the dimensions are {', '.join(names)}: {wrong}")
    for name, value in space.dimensions.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not 0 <= value <= 1:
            raise refusal(f"{name!r} is a number from 0 to 1")
    given = np.array([name in space.dimensions for name in names])
    coordinates = np.array([space.dimensions.get(name, 0.0) for name in names], dtype=np.float32)
    return coordinates, (given / given.sum()).astype(np.float32)
