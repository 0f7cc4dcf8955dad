"""Anchors of the dimensions of the ``marketing`` domain."""

from apps.memory.engine.anchors.dimension import Dimension

MARKETING = (
    Dimension(
        name="audience_reach",
        description="How many people the message can reach",
        low=(
            "The invitation went to eleven hand picked contacts.",
            "A niche newsletter with very few readers.",
            "The post was seen by hardly anyone.",
        ),
        high=(
            "The television spot reached forty million viewers.",
            "Our video went viral and was shared around the world.",
            "A mass campaign on every channel and every billboard.",
        ),
    ),
    Dimension(
        name="engagement",
        description="How strongly people respond",
        low=(
            "Nobody clicked, commented or opened the mail.",
            "Visitors left the page after two seconds.",
            "The audience ignored the post.",
        ),
        high=(
            "Thousands of comments and shares within an hour.",
            "Readers spent ten minutes and came back the next day.",
            "The community joined the challenge with great enthusiasm.",
        ),
    ),
    Dimension(
        name="conversion",
        description="How well attention turns into action",
        low=(
            "Many visitors came but nobody bought anything.",
            "Most people abandon the checkout before paying.",
            "The landing page brought no sign-ups at all.",
        ),
        high=(
            "One in five visitors became a paying customer.",
            "The new form doubled sign-ups and orders.",
            "The offer turned trial users into subscribers.",
        ),
    ),
    Dimension(
        name="brand_fit",
        description="How well it matches the voice and values of the brand",
        low=(
            "The ad contradicts everything the brand stands for.",
            "Off-brand colours and a tone that alienates our customers.",
            "The partner has values that damage our reputation.",
        ),
        high=(
            "The message carries our voice, colours and promise.",
            "The ambassador embodies what the brand believes in.",
            "Fully consistent with our guidelines and our story.",
        ),
    ),
    Dimension(
        name="creativity",
        description="Whether the idea is formulaic or original",
        low=(
            "A stock photo with a generic slogan.",
            "The same banner as last year with another date.",
            "A bland text that could come from any company.",
        ),
        high=(
            "A surprising story told in a way never seen in advertising.",
            "The witty idea won a prize for imagination.",
            "An original concept with an unexpected twist.",
        ),
    ),
    Dimension(
        name="cost_efficiency",
        description="Results for the money spent",
        low=(
            "We burned the budget and got almost no leads.",
            "The price per click has become absurdly expensive.",
            "The agency cost a fortune without a result.",
        ),
        high=(
            "A cheap referral programme brought most new customers.",
            "Return on ad spend was eight to one.",
            "Organic search delivers leads at almost no cost.",
        ),
    ),
    Dimension(
        name="loyalty",
        description="Whether the relation is one-off or lasting",
        low=(
            "Customers buy once and never return.",
            "Churn is high and people switch for a small discount.",
            "A one-time promotion for bargain hunters.",
        ),
        high=(
            "Members have stayed for years and recommend us to friends.",
            "Repeat purchases make up most of our revenue.",
            "Fans defend the brand and wait for every release.",
        ),
    ),
    Dimension(
        name="personalisation",
        description="Whether everybody gets the same or each their own",
        low=(
            "Everyone receives the same mass mailing.",
            "A standard text without any segmentation.",
            "One generic page for all visitors.",
        ),
        high=(
            "Each customer sees offers chosen from their own history.",
            "The message greets her by name and fits her last order.",
            "Segments receive different content at their preferred time.",
        ),
    ),
)
