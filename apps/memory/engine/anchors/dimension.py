"""The shape of a conceptual dimension, apart from the geometry that measures along it."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Dimension:
    """A direction of meaning between two poles, each described by anchor texts (at least one).

    ``low`` and ``high`` are what notes near either end typically say; three to five varied sentences place a pole
    better than its name does. Raises ``ValueError`` when a pole has no text.
    """

    name: str
    description: str
    low: tuple[str, ...]
    high: tuple[str, ...]

    def __post_init__(self) -> None:
        if not any(text.strip() for text in self.low) or not any(text.strip() for text in self.high):
            raise ValueError(f"dimension {self.name!r} needs anchor texts for both poles")

    @classmethod
    def from_description(cls, name: str, description: str) -> Self:
        """Return a dimension whose anchors are made from its name and description.

        Opposite adjectives rather than negations make the poles: embeddings hardly see a "not".
        """
        noun = " ".join(name.replace("_", " ").split()) or "it"
        subject = " ".join(description.split()).rstrip(".") or noun
        return cls(
            name=name,
            description=description,
            low=(
                f"Very low {noun}: minimal and weak.",
                f"{subject}: poor, hardly any, close to none.",
                f"A clear lack of {noun}; the least of all.",
            ),
            high=(
                f"Very high {noun}: maximal and strong.",
                f"{subject}: excellent, a great deal, outstanding.",
                f"An abundance of {noun}; the most of all.",
            ),
        )
