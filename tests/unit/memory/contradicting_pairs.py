"""Pairs of notes with whether a person would call them contradictory, for measuring the engine.

Written for this purpose. `SEEN` was used while the rules were made. `UNSEEN` was written afterwards: measured first, 11
of its 18 contradictions were found, with one false one beside them. Three faults that it showed were mended then (the
month of May, paid and unpaid, meetings that recur), so it is not unseen any more. Each entry: the days between them,
the older note, the newer note, and what they differ in ("" for nothing).
"""

from typing import NamedTuple


class Pair(NamedTuple):
    days: int
    older: str
    newer: str
    differ_in: str


SEEN = (
    # --- Amounts ------------------------------------------------------------------------------------------------------
    Pair(30, "The annual plan discount is 20%.", "The annual plan discount is 25%.", "discount"),
    Pair(3, "Harbor Checkout: the fee is 1.4% per payment.", "The Harbor Checkout fee is 1.9% per payment.", "fee"),
    Pair(10, "The Sloop plan costs €34.90 a month.", "The Sloop plan costs €37.90 a month.", "price"),
    Pair(
        60,
        "The price of the Sloop plan is €34.90.",
        "From 1 March the price of the Sloop plan becomes €37.90.",
        "price",
    ),
    Pair(5, "Full Sails 2026, brief. Budget €480,000.", "Full Sails 2026, brief again. Budget: €510,000.", "budget"),
    Pair(5, "Team Mercury has 12 engineers.", "Team Mercury has 15 engineers.", "engineer"),
    Pair(2, "The free trial of Beacon lasts 14 days.", "The free trial of Beacon lasts 30 days.", "duration"),
    Pair(2, "Beacon comes with a 14-day trial.", "Beacon comes with a 30-day trial.", "trial"),
    Pair(8, "Acme gets a discount of 10% on every order.", "Acme gets a discount of 15% on every order.", "discount"),
    Pair(
        1,
        "The API limit for Globex is 100 requests a minute.",
        "The API limit for Globex is 500 requests a minute.",
        "limit",
    ),
    Pair(90, "Refunds at Northwind take 5 days.", "Refunds at Northwind now take 10 days.", "duration"),
    Pair(12, "The Pro plan includes 3 seats.", "The Pro plan includes 5 seats.", "seat"),
    Pair(
        14,
        "The rent of the Hamburg office was raised from €4,000 to €4,400.",
        "The rent of the Hamburg office is €4,900.",
        "rent",
    ),
    Pair(30, "The annual plan discount is 20%.", "The monthly plan discount is 25%.", ""),
    Pair(30, "The Sloop plan costs €34.90.", "The Schooner plan costs €59.00.", ""),
    Pair(30, "The Sloop plan costs €34.90.", "The Sloop plan costs £30.10.", ""),
    Pair(30, "Churn at Northwind was 4.1% in May 2026.", "Churn at Northwind was 4.9% in June 2026.", ""),
    Pair(365, "In 2024 the marketing budget was €2 million.", "In 2025 the marketing budget was €3 million.", ""),
    Pair(7, "EXP-101: conversion was 4.2% on mobile.", "EXP-102: conversion was 3.1% on mobile.", ""),
    Pair(7, "In Germany the discount on Sloop is 15%.", "In Sweden the discount on Sloop is 10%.", ""),
    Pair(
        7,
        "The discount on the annual plan is 15% for new customers.",
        "The discount on the annual plan is 20% for teams.",
        "",
    ),
    Pair(
        7,
        "The fee is 1.4%, says the contract with Stripe.",
        "The fee is about 1.5%, says the contract with Stripe.",
        "",
    ),
    Pair(7, "Should the annual plan discount be 25%? It is 20%.", "The annual plan discount is 20%.", ""),
    Pair(7, "The annual plan discount is 20%.", "Priya proposes that the annual plan discount is 30%.", ""),
    Pair(7, "The annual plan discount is 20%.", "If the annual plan discount is 30%, we lose money.", ""),
    Pair(7, "The team has at least 12 engineers at Acme.", "The team has 14 engineers at Acme.", ""),
    Pair(7, "The Sloop plan costs €34.90.", "The Sloop plan costs €35.", ""),
    Pair(7, "Full Sails 2025, brief. Budget €480,000.", "Full Sails 2026, brief. Budget €510,000.", ""),
    Pair(7, "Full Sails 2026, brief. Budget €480,000.", "Warm Harbour 2026, brief. Budget €510,000.", ""),
    Pair(40, "Satisfaction with Skipper was 4.2 stars.", "Satisfaction with Skipper was 4.4 stars.", ""),
    Pair(4, "Basic: 10% discount, Pro: 15% discount.", "Basic: 10% discount, Pro: 20% discount.", "discount"),
    Pair(4, "The goal of Kettle On was 12%.", "Kettle On reached 14%.", ""),
    # --- Dates --------------------------------------------------------------------------------------------------------
    Pair(5, "Compass 2 launches on 9 June 2026.", "Compass 2 launches on 23 June 2026.", "start"),
    Pair(5, "The contract with Acme ends on 31 March 2026.", "The contract with Acme ends on 30 June 2026.", "end"),
    Pair(
        5,
        "Board meeting of Northwind is on 4 May 2026.",
        "Board meeting of Northwind has been moved to 11 May 2026.",
        "meeting",
    ),
    Pair(3, "Harbor migration. Deadline: 3 March 2026.", "Harbor migration. Deadline: 10 March 2026.", "deadline"),
    Pair(5, "Compass 2 launches on 9 June 2026.", "Beacon 6 launches on 23 June 2026.", ""),
    Pair(5, "Compass 2 launches in June 2026.", "Compass 2 launches on 23 June 2026.", ""),
    Pair(365, "Fresh Start starts on 2 January 2025.", "Fresh Start starts on 4 January 2026.", ""),
    Pair(5, "Compass 2 launches on 9 June 2026.", "Compass 2 ends on 23 June 2027.", ""),
    Pair(5, "Compass 2 launches in Germany on 9 June 2026.", "Compass 2 launches in Sweden on 23 June 2026.", ""),
    # --- States -------------------------------------------------------------------------------------------------------
    Pair(5, "The Acme contract is approved.", "The Acme contract is rejected.", "state"),
    Pair(5, "The Leeds warehouse is open.", "The Leeds warehouse is closed.", "state"),
    Pair(5, "Skipper is available in Germany.", "Skipper is not available in Germany.", "state"),
    Pair(5, "Beacon supports Apple Pay.", "Beacon does not support Apple Pay.", "support"),
    Pair(
        5,
        "A second factor is mandatory for Northwind staff.",
        "A second factor is optional for Northwind staff.",
        "state",
    ),
    Pair(5, "Maria Lindgren is allergic to peanuts.", "Maria Lindgren is not allergic to peanuts.", "state"),
    Pair(50, "The Harbor beta is public.", "The Harbor beta is no longer public.", "state"),
    Pair(5, "Skipper is available in Germany.", "Skipper is not available in France.", ""),
    Pair(5, "The Acme contract is approved.", "The Globex contract is rejected.", ""),
    Pair(5, "The Acme contract is not rejected.", "The Acme contract is approved.", ""),
    Pair(5, "Beacon supports Apple Pay.", "Beacon does not support Google Pay.", ""),
    Pair(60, "The Leeds warehouse was closed on 3 May 2026.", "The Leeds warehouse was open on 6 July 2026.", ""),
    Pair(5, "Is the Leeds warehouse closed?", "The Leeds warehouse is open.", ""),
    # --- Holders and places -------------------------------------------------------------------------------------------
    Pair(30, "Maria Lindgren is the owner of Harbor.", "Tom Baker is the owner of Harbor.", "owner"),
    Pair(30, "Ann Price leads Team Mercury.", "Joe Stone leads Team Mercury.", "lead"),
    Pair(30, "Galley redesign. Owner: Clara Espinosa.", "Galley redesign. Owner: Aiko Tanabe.", "owner"),
    Pair(30, "The CEO of Globex is Hank Scorpio.", "The CEO of Globex is Frank Grimes.", "ceo"),
    Pair(30, "Globex is based in Hamburg.", "Globex is based in Munich.", "place"),
    Pair(30, "Maria Lindgren is the owner of Harbor.", "Tom Baker is the owner of Beacon.", ""),
    Pair(30, "Maria leads Team Mercury.", "Maria Lindgren leads Team Mercury.", ""),
    Pair(30, "Maria Lindgren is an engineer at Acme.", "Tom Baker is an engineer at Acme.", ""),
    Pair(30, "Globex is based in Hamburg.", "Acme is based in Munich.", ""),
    # --- One replaces the other ---------------------------------------------------------------------------------------
    Pair(
        90,
        "EXP-134: tiers by spend sell 3.4% more add-ons.",
        "EXP-248 gives tiers by tenure. This supersedes EXP-134.",
        "whole",
    ),
    Pair(
        90,
        "EXP-134: tiers by spend sell 3.4% more add-ons.",
        "EXP-248 gives tiers by tenure, read EXP-134 as well.",
        "",
    ),
)
UNSEEN = (
    Pair(
        20,
        "The notice period for the Lyon flat is 3 months.",
        "The notice period for the Lyon flat is 6 months.",
        "period",
    ),
    Pair(4, "Dr. Weber's practice is closed on Fridays.", "Dr. Weber's practice is open on Fridays.", "state"),
    Pair(11, "Aria Labs employs 40 people.", "Aria Labs employs 55 people.", "people"),
    Pair(
        2,
        "Our contract with DHL expires on 30 September 2026.",
        "Our contract with DHL expires on 31 October 2026.",
        "end",
    ),
    Pair(9, "Lina Berg is the head of design at Aria Labs.", "Omar Haddad is the head of design at Aria Labs.", "head"),
    Pair(70, "Delivery to Norway costs €12.", "Delivery to Norway costs €15 since May.", "price"),
    Pair(
        1,
        "The Q3 revenue target for Aria Labs is €2.4 million.",
        "The Q3 revenue target for Aria Labs is €2.9 million.",
        "target",
    ),
    Pair(
        6,
        "Patient Jonas Falk takes 20 mg of lisinopril a day.",
        "Patient Jonas Falk takes 10 mg of lisinopril a day.",
        "mg",
    ),
    Pair(
        15,
        "The kick-off with Aria Labs is on 12 May 2026.",
        "The kick-off with Aria Labs has been postponed to 19 May 2026.",
        "kick-off",
    ),
    Pair(
        30, "The Zurich office has a capacity of 80 desks.", "The Zurich office has a capacity of 60 desks.", "capacity"
    ),
    Pair(
        3,
        "Smoking is allowed on the terrace of Villa Rosa.",
        "Smoking is not allowed on the terrace of Villa Rosa.",
        "state",
    ),
    Pair(5, "Orion stores backups for 30 days.", "Orion stores backups for 90 days.", "backup"),
    Pair(
        5, "The warranty on the Orion drill is two years.", "The warranty on the Orion drill is five years.", "warranty"
    ),
    Pair(8, "Sofia Lindqvist lives in Gothenburg.", "Sofia Lindqvist has moved to Malmo.", "place"),
    Pair(8, "The Orion app requires Android 12.", "The Orion app requires Android 10.", "android"),
    Pair(30, "Invoice 4711 from DHL is paid.", "Invoice 4711 from DHL is still unpaid.", "state"),
    Pair(
        2,
        "The budget request of Aria Labs is approved.",
        "The budget request of Aria Labs was declined yesterday.",
        "state",
    ),
    Pair(
        2,
        "Orion charges a commission of 3% on each sale.",
        "Orion charges a commission of 5% on each sale.",
        "commission",
    ),
    Pair(
        20, "The notice period for the Lyon flat is 3 months.", "The notice period for the Paris flat is 6 months.", ""
    ),
    Pair(4, "Dr. Weber's practice is closed on Fridays.", "Dr. Weber's practice is open on Mondays.", ""),
    Pair(366, "Aria Labs had 40 employees in 2024.", "Aria Labs had 55 employees in 2025.", ""),
    Pair(
        2,
        "Our contract with DHL expires on 30 September 2026.",
        "Our contract with UPS expires on 31 October 2026.",
        "",
    ),
    Pair(9, "Lina Berg is a designer at Aria Labs.", "Omar Haddad is a designer at Aria Labs.", ""),
    Pair(9, "Delivery to Norway costs €12.", "Delivery to Finland costs €15.", ""),
    Pair(
        1,
        "The Q3 revenue target for Aria Labs is €2.4 million.",
        "The Q4 revenue target for Aria Labs is €2.9 million.",
        "",
    ),
    Pair(6, "Patient Jonas Falk weighs 82 kg.", "Patient Jonas Falk is 182 cm tall.", ""),
    Pair(15, "The meeting with Aria Labs is on 12 May 2026.", "The next meeting with Aria Labs is on 19 May 2026.", ""),
    Pair(3, "The lift at Villa Rosa was out of order on Monday.", "The lift at Villa Rosa is available.", ""),
    Pair(7, "The pilot group has 20 patients.", "The control group has 25 patients.", ""),
    Pair(7, "Last week Orion had 300 visits.", "This week Orion had 350 visits.", ""),
    Pair(7, "Sofia Lindqvist lives in Gothenburg.", "Sofia Bergman lives in Malmo.", ""),
    Pair(1, "I think the Orion drill is safe.", "The Orion drill is unsafe.", ""),
    Pair(9, "The survey was completed by 120 people at Aria Labs.", "The survey is incomplete at DHL.", ""),
    Pair(3, "The Orion beta is open to partners.", "The Orion beta is closed to the press.", ""),
    Pair(3, "The first instalment for Villa Rosa is €5,000.", "The second instalment for Villa Rosa is €7,000.", ""),
    Pair(3, "Room 12 at Villa Rosa costs €90 in winter.", "Room 12 at Villa Rosa costs €140 in summer.", ""),
    Pair(3, "The old Orion licence costs €90.", "The new Orion licence costs €140.", ""),
    Pair(14, "Orion 3 supports offline maps.", "Orion 2 does not support offline maps.", ""),
)
