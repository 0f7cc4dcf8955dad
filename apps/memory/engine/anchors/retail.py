"""Anchors of the dimensions of the ``retail`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

RETAIL = (
    Dimension(
        name="elegance",
        description="Aesthetic appeal and sophistication",
        low=(
            "A bulky plastic case with garish stickers.",
            "The garment looks shabby and badly cut.",
            "Cheap looking packaging with clumsy lettering.",
        ),
        high=(
            "A graceful silk evening dress with refined lines.",
            "The watch has a slim, sophisticated and beautiful design.",
            "Tasteful details make the lamp look polished and noble.",
        ),
    ),
    Dimension(
        name="comfort",
        description="User comfort and ease of use",
        low=(
            "The shoes pinch and cause blisters after an hour.",
            "A hard chair that hurts the back.",
            "Scratchy fabric that customers find unpleasant to wear.",
        ),
        high=(
            "The sofa is soft and you sink into it for hours.",
            "Cushioned soles make walking easy all day long.",
            "A cosy, breathable sweater that feels good on the skin.",
        ),
    ),
    Dimension(
        name="boldness",
        description="Distinctive and attention-grabbing qualities",
        low=(
            "A plain beige shirt that nobody notices.",
            "The design is quiet, restrained and ordinary.",
            "A discreet grey bag that blends in everywhere.",
        ),
        high=(
            "A neon jacket with a huge print that turns every head.",
            "The campaign shouts with daring colours and shapes.",
            "An extravagant statement piece for people who want to stand out.",
        ),
    ),
    Dimension(
        name="modernity",
        description="Contemporary style and innovation",
        low=(
            "An old fashioned cupboard in the style of the nineteenth century.",
            "The catalogue looks outdated, like from decades ago.",
            "A traditional pattern that has not changed for generations.",
        ),
        high=(
            "A contemporary kitchen with the latest trends of this year.",
            "The store has a sleek up-to-date look and digital mirrors.",
            "A cutting edge silhouette from the current season.",
        ),
    ),
    Dimension(
        name="minimalism",
        description="Simplicity and clean design",
        low=(
            "A cluttered shelf full of ornaments and ruffles.",
            "The dress is covered with bows, lace and embroidery.",
            "A busy pattern with many colours and decorations.",
        ),
        high=(
            "A clean white table without any ornament.",
            "Reduced to the essentials: one line, one colour, one button.",
            "Simple geometric form with a pure, uncluttered surface.",
        ),
    ),
    Dimension(
        name="luxury",
        description="Premium quality and exclusivity",
        low=(
            "A budget product from the discount bin.",
            "The cheapest basic model for price conscious buyers.",
            "Mass produced goods sold by the dozen.",
        ),
        high=(
            "A handmade leather bag from an exclusive limited edition.",
            "Premium cashmere, gold fittings and personal service.",
            "A high end jewel that only a few clients can afford.",
        ),
    ),
    Dimension(
        name="functionality",
        description="Practical utility and performance",
        low=(
            "It is purely decorative and serves no practical purpose.",
            "The pockets are fake and the zip does not open.",
            "The gadget looks nice but hardly works.",
        ),
        high=(
            "A sturdy tool that does its job reliably every day.",
            "The backpack has useful compartments and a rain cover.",
            "High performance and practical features for daily use.",
        ),
    ),
    Dimension(
        name="versatility",
        description="Adaptability to different uses",
        low=(
            "It fits one occasion only and nothing else.",
            "A special attachment that works with a single machine.",
            "A costume that can be worn once a year.",
        ),
        high=(
            "It can be worn to the office, on trips and at parties.",
            "The multi-purpose table turns into a desk or a bench.",
            "One jacket for every weather and every outfit.",
        ),
    ),
    Dimension(
        name="seasonality",
        description="Time-specific relevance",
        low=(
            "A basic article that sells evenly all year round.",
            "White socks are in demand in every month.",
            "A timeless staple of the permanent range.",
        ),
        high=(
            "Christmas decorations sell only in December.",
            "The swimwear collection is for this summer only.",
            "A limited winter edition for the ski holidays.",
        ),
    ),
    Dimension(
        name="innovation",
        description="Technological or design innovation",
        low=(
            "The product is the same as ten years ago.",
            "A conventional kettle with well known technology.",
            "Another copy of a familiar design.",
        ),
        high=(
            "A patented new material that repairs itself.",
            "The first smart jacket with sensors woven into it.",
            "A breakthrough technology that no competitor offers.",
        ),
    ),
)
