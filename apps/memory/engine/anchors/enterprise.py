"""Anchors of the dimensions of the ``enterprise`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

ENTERPRISE = (
    Dimension(
        name="importance",
        description="Strategic importance and priority",
        low=(
            "An optional clean-up of old files in a shared folder.",
            "The lunch menu of the canteen was updated.",
            "A side topic that no roadmap mentions.",
        ),
        high=(
            "The executive committee made it the top strategic priority.",
            "This programme decides whether we reach the goals of the year.",
            "It is mission critical for the core business.",
        ),
    ),
    Dimension(
        name="complexity",
        description="Technical or operational complexity",
        low=(
            "A one line change in a single configuration file.",
            "The process has two simple steps and one owner.",
            "Standard request, handled with the usual form.",
        ),
        high=(
            "The integration spans legacy systems, vendors and four regions.",
            "Dozens of dependencies between teams make the rollout intricate.",
            "The data model has many exceptions and historical special cases.",
        ),
    ),
    Dimension(
        name="urgency",
        description="Time sensitivity and deadlines",
        low=(
            "There is no due date, it can wait until next year.",
            "Long term idea, to be revisited some day.",
            "We have plenty of time before the review.",
        ),
        high=(
            "The deadline is tomorrow and the regulator will not extend it.",
            "Severity one incident, all hands are needed right now.",
            "We must answer the customer within the hour.",
        ),
    ),
    Dimension(
        name="impact",
        description="Potential business impact",
        low=(
            "The change affects one internal user and saves a minute a month.",
            "No measurable effect on revenue, cost or customers was seen.",
            "A cosmetic correction without business consequences.",
        ),
        high=(
            "The decision moves company revenue by several million.",
            "Every customer in every market will feel the change.",
            "It cut operating costs by half and opened a new segment.",
        ),
    ),
    Dimension(
        name="resource_intensity",
        description="Required resources and effort",
        low=(
            "One engineer finished it in an afternoon at no cost.",
            "It needs no budget and no extra people.",
            "A quick fix with the tools that we already have.",
        ),
        high=(
            "The project requires forty people for eighteen months.",
            "A large capital budget and external consultants are needed.",
            "It consumes most of the capacity of three departments.",
        ),
    ),
    Dimension(
        name="stakeholder_value",
        description="Value to stakeholders",
        low=(
            "Nobody asked for this report and nobody reads it.",
            "Customers and partners see no benefit in the feature.",
            "The work serves only its own paperwork.",
        ),
        high=(
            "Customers, employees and investors all gain from it.",
            "The sponsor said it solves her biggest problem.",
            "Users depend on it every day and would pay for more.",
        ),
    ),
)
