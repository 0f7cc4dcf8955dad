"""Anchors of the dimensions of the ``real_estate`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

REAL_ESTATE = (
    Dimension(
        name="location_quality",
        description="Desirability and convenience of location",
        low=(
            "Next to a noisy motorway and a waste dump.",
            "A remote spot without shops, schools or buses.",
            "The neighbourhood has a bad reputation.",
        ),
        high=(
            "In the heart of the old town, two minutes from the park.",
            "A quiet and sought-after street near schools and trains.",
            "A prime address with a view of the lake.",
        ),
    ),
    Dimension(
        name="condition",
        description="Physical state and maintenance level",
        low=(
            "The roof leaks and the walls are mouldy.",
            "The house needs complete renovation, it is almost a ruin.",
            "Old wiring, broken windows and rotten floors.",
        ),
        high=(
            "Newly renovated with modern installations throughout.",
            "The building is in excellent shape and well maintained.",
            "First occupancy, everything is spotless.",
        ),
    ),
    Dimension(
        name="investment_potential",
        description="Expected appreciation and returns",
        low=(
            "Prices here have fallen for years and rents hardly cover costs.",
            "No appreciation is to be expected in this area.",
            "The property will lose value after the factory closes.",
        ),
        high=(
            "Rents are rising and the value should double in ten years.",
            "A high yield in a district that is being developed.",
            "Investors expect strong appreciation once the station opens.",
        ),
    ),
    Dimension(
        name="size_efficiency",
        description="Space utilization and layout quality",
        low=(
            "Long dark corridors waste a third of the area.",
            "An awkward layout with rooms that cannot be used.",
            "Cramped and badly divided floor plan.",
        ),
        high=(
            "Every square metre is used thanks to a clever floor plan.",
            "Well proportioned rooms and plenty of built-in storage.",
            "An open, flexible layout that makes the most of the space.",
        ),
    ),
    Dimension(
        name="amenities",
        description="Available features and facilities",
        low=(
            "No lift, no balcony and no parking.",
            "The flat has nothing but a stove and a sink.",
            "A bare room without heating.",
        ),
        high=(
            "Pool, gym, concierge and underground parking are included.",
            "A balcony, a garden, a sauna and fast internet.",
            "The complex offers a playground, shops and a roof terrace.",
        ),
    ),
    Dimension(
        name="market_demand",
        description="Current and projected demand",
        low=(
            "The listing has been online for a year without any enquiry.",
            "Many offices stand empty and nobody is looking.",
            "Sellers outnumber buyers by far.",
        ),
        high=(
            "Eighty applicants came to the first viewing.",
            "Flats here are sold within a day above the asking price.",
            "Demand far exceeds supply and is still growing.",
        ),
    ),
)
