"""Anchors of the dimensions of the ``finance`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

FINANCE = (
    Dimension(
        name="risk",
        description="Risk level and volatility",
        low=(
            "A government bond with guaranteed repayment.",
            "The position is fully hedged and losses are hardly possible.",
            "A savings account covered by deposit insurance.",
        ),
        high=(
            "The leveraged position could lose everything within a day.",
            "Volatility doubled and the default probability is high.",
            "A speculative bet on an unrated start-up.",
        ),
    ),
    Dimension(
        name="liquidity",
        description="How easily convertible to cash",
        low=(
            "The fund is locked up for ten years without redemption.",
            "Selling the building will take more than a year.",
            "There are no buyers for these private shares.",
        ),
        high=(
            "The shares trade in high volume and sell within seconds.",
            "Cash on the current account is available at once.",
            "Treasury bills can be turned into money the same day.",
        ),
    ),
    Dimension(
        name="growth_potential",
        description="Expected growth and returns",
        low=(
            "Sales have been shrinking in a saturated market.",
            "No returns above inflation are expected.",
            "A declining business without new customers.",
        ),
        high=(
            "Revenue is expected to triple over the next three years.",
            "The company enters a fast growing market with high returns.",
            "Analysts see great upside for the young platform.",
        ),
    ),
    Dimension(
        name="stability",
        description="Consistency and reliability",
        low=(
            "Earnings swing wildly from quarter to quarter.",
            "Cash flow is erratic and payments have been missed.",
            "The currency collapsed and prices jump every day.",
        ),
        high=(
            "The dividend has been paid without interruption for decades.",
            "Steady and predictable cash flows from long contracts.",
            "A reliable utility with constant earnings.",
        ),
    ),
    Dimension(
        name="complexity",
        description="Structural and operational complexity",
        low=(
            "A plain loan with one fixed interest rate.",
            "A simple savings plan that anyone understands.",
            "The invoice has a single line and one payment date.",
        ),
        high=(
            "A structured note with embedded options and several tranches.",
            "The holding has layers of subsidiaries in many jurisdictions.",
            "Valuing the derivative needs a multi-factor model.",
        ),
    ),
    Dimension(
        name="regulatory_compliance",
        description="Adherence to regulations",
        low=(
            "The bank was fined for breaking money laundering rules.",
            "Filings are missing and the licence was withdrawn.",
            "The audit found serious violations of reporting duties.",
        ),
        high=(
            "All disclosures were filed on time and the audit was clean.",
            "The fund follows every requirement of the supervisor.",
            "Controls are documented and approved by the compliance officer.",
        ),
    ),
)
