"""What `make bench` prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Speed:
    """Milliseconds, or texts a second; `ratio` is that of the product to the floor, 0 where there is none."""

    what: str
    unit: str
    product: float
    floor_of: str
    floor: float
    ratio: float
