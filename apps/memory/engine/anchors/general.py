"""Anchors of the dimensions of the ``general`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

GENERAL = (
    Dimension(
        name="urgency",
        description="How soon the matter needs attention",
        low=(
            "There is no deadline; we can come back to this whenever it suits.",
            "Nice to have, parked for some later quarter.",
            "No rush at all, the ticket can stay in the backlog.",
        ),
        high=(
            "Production is down and customers are waiting, fix it now.",
            "The answer is due today before five o'clock.",
            "This cannot wait until tomorrow, call me immediately.",
        ),
    ),
    Dimension(
        name="importance",
        description="How much depends on the matter",
        low=(
            "A minor detail that nobody outside the team will notice.",
            "The colour of the meeting room sign was changed.",
            "Small housekeeping note without consequences.",
        ),
        high=(
            "The whole strategy for next year hinges on this decision.",
            "The board named it the single most critical goal of the company.",
            "If we lose this account we lose a third of our revenue.",
        ),
    ),
    Dimension(
        name="certainty",
        description="How well established the content is",
        low=(
            "It is only a guess, we have no data to support it.",
            "Somebody heard a rumour, nothing has been confirmed.",
            "We are not sure why it happened and opinions differ.",
        ),
        high=(
            "The result was verified twice and the numbers are final.",
            "The signed contract confirms the date and the amount.",
            "The experiment reached significance with a large sample.",
        ),
    ),
    Dimension(
        name="sentiment",
        description="Whether the tone is negative or positive",
        low=(
            "The customer was furious and called the service a disaster.",
            "Morale is poor and people are frustrated with the failure.",
            "We are disappointed; the launch went badly.",
        ),
        high=(
            "The client was delighted and praised the team.",
            "Great news, the launch was a wonderful success.",
            "Everyone is happy with the outcome and thankful for the help.",
        ),
    ),
    Dimension(
        name="complexity",
        description="How many parts and conditions are involved",
        low=(
            "A single checkbox turns it on.",
            "The steps are simple: open the page and click save.",
            "It is a short and easy task that anyone can do.",
        ),
        high=(
            "The migration touches nine systems with circular dependencies.",
            "The contract has nested conditions, exceptions and cross references.",
            "An intricate architecture with many interacting components.",
        ),
    ),
    Dimension(
        name="concreteness",
        description="Whether it states particulars or ideas",
        low=(
            "We believe in openness, courage and a culture of learning.",
            "In principle an organisation should strive for excellence.",
            "A vision of how work might feel in the future.",
        ),
        high=(
            "Invoice 4711 over 1,250 euros was paid on 3 May.",
            "Move the server in rack four to the second floor by noon.",
            "Twelve of the forty tested users clicked the blue button.",
        ),
    ),
    Dimension(
        name="collaboration",
        description="Whether one person or many are involved",
        low=(
            "I worked on it alone and told nobody.",
            "One person owns the task from beginning to end.",
            "A private note to myself.",
        ),
        high=(
            "Sales, design and engineering held a joint workshop.",
            "The partners agreed to share the work across three teams.",
            "We decided together after everyone had given feedback.",
        ),
    ),
    Dimension(
        name="novelty",
        description="Whether it is routine or new",
        low=(
            "The weekly report looks the same as always.",
            "We followed the usual procedure, as every month.",
            "Routine maintenance was carried out as scheduled.",
        ),
        high=(
            "We tried something nobody in the company had done before.",
            "A new idea emerged that changes how we see the market.",
            "This is the first prototype of an entirely new product.",
        ),
    ),
)
