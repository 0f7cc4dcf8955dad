"""Anchors of the dimensions of the ``research`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

RESEARCH = (
    Dimension(
        name="novelty",
        description="Originality and innovation level",
        low=(
            "The study repeats a well known finding with the same method.",
            "An incremental variation of standard work.",
            "The review summarises what textbooks already say.",
        ),
        high=(
            "A completely new theory that overturns earlier assumptions.",
            "For the first time this effect has been observed.",
            "An original method without any precedent in the field.",
        ),
    ),
    Dimension(
        name="impact",
        description="Potential scientific or practical impact",
        low=(
            "The paper was never cited and changed nothing.",
            "A curiosity without practical consequences.",
            "The effect is negligible in real life.",
        ),
        high=(
            "The discovery transformed clinical practice around the world.",
            "Thousands of later studies build on this result.",
            "It could save millions of lives and found an industry.",
        ),
    ),
    Dimension(
        name="rigor",
        description="Methodological quality and reliability",
        low=(
            "No control group, seven participants and no statistics.",
            "The conclusions are not supported by the sloppy analysis.",
            "The claim rests on casual chats with a handful of acquaintances.",
        ),
        high=(
            "A preregistered, randomised and double blind trial.",
            "Careful controls, large samples and corrected statistics.",
            "Every step of the proof was checked formally.",
        ),
    ),
    Dimension(
        name="accessibility",
        description="Ease of understanding and application",
        low=(
            "The text is full of jargon that only specialists decode.",
            "The equations take up forty pages without explanation.",
            "Hard to follow even for experts in the field.",
        ),
        high=(
            "A plain introduction that every student understands.",
            "The authors explain the method step by step with examples.",
            "A ready tool that practitioners can apply at once.",
        ),
    ),
    Dimension(
        name="reproducibility",
        description="Ability to replicate results",
        low=(
            "The data are secret and the code was lost.",
            "Three laboratories failed to replicate the effect.",
            "The method section leaves out the decisive parameters.",
        ),
        high=(
            "Code, data and environment are published and rerun exactly.",
            "Independent teams obtained the same numbers.",
            "A detailed protocol lets anybody repeat the experiment.",
        ),
    ),
    Dimension(
        name="interdisciplinary",
        description="Cross-domain applicability",
        low=(
            "A narrow question inside one subfield.",
            "Only number theorists use this lemma.",
            "The work stays within a single specialised discipline.",
        ),
        high=(
            "Biologists, economists and engineers worked on it together.",
            "The method carries over from physics to language and medicine.",
            "It connects psychology, computer science and law.",
        ),
    ),
)
