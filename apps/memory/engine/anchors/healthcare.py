"""Anchors of the dimensions of the ``healthcare`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

HEALTHCARE = (
    Dimension(
        name="urgency",
        description="How urgent or time-sensitive the entity is",
        low=(
            "A routine annual check-up without symptoms.",
            "The elective procedure may be scheduled next year.",
            "A follow-up in six months is enough.",
        ),
        high=(
            "Cardiac arrest, the patient needs resuscitation immediately.",
            "The stroke patient must be treated within the hour.",
            "Emergency surgery tonight, the bleeding does not stop.",
        ),
    ),
    Dimension(
        name="complexity",
        description="Technical or procedural complexity level",
        low=(
            "A small cut was cleaned and covered with a plaster.",
            "A standard vaccination with one injection.",
            "The nurse measured the blood pressure.",
        ),
        high=(
            "A twelve hour transplantation by a multidisciplinary team.",
            "The patient has five chronic diseases and many drug interactions.",
            "A rare genetic disorder that requires an elaborate diagnosis.",
        ),
    ),
    Dimension(
        name="invasiveness",
        description="How invasive or disruptive the entity is",
        low=(
            "Advice about diet and exercise was given.",
            "An ultrasound through the skin, no needle involved.",
            "The patient takes a tablet at home.",
        ),
        high=(
            "The chest was opened and the heart exposed.",
            "A catheter was pushed through the artery under anaesthesia.",
            "Major surgery with a large incision and weeks of recovery.",
        ),
    ),
    Dimension(
        name="cost_effectiveness",
        description="Economic efficiency and value",
        low=(
            "A very expensive therapy with hardly any benefit.",
            "The costly device did not improve outcomes.",
            "Money was wasted on unnecessary tests.",
        ),
        high=(
            "A cheap generic drug that prevents most relapses.",
            "The screening programme saves far more than it costs.",
            "Good outcomes for little money in every clinic.",
        ),
    ),
    Dimension(
        name="safety",
        description="Safety profile and risk level",
        low=(
            "Severe side effects and several deaths were reported.",
            "The drug was withdrawn because of liver damage.",
            "A high risk of infection and dangerous complications.",
        ),
        high=(
            "No adverse events occurred in ten thousand patients.",
            "The medicine is well tolerated and safe in pregnancy.",
            "The device has an excellent record without complications.",
        ),
    ),
    Dimension(
        name="accessibility",
        description="How accessible or available the entity is",
        low=(
            "Only one hospital in the country offers the treatment.",
            "Patients wait two years and travel far for an appointment.",
            "The drug is not available and not covered by insurance.",
        ),
        high=(
            "Every pharmacy sells it without prescription.",
            "The clinic round the corner treats everybody the same day.",
            "Free care is offered online and in every village.",
        ),
    ),
)
