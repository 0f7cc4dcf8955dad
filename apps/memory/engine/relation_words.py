"""Tables of the words that state a relation. Part of relation extraction; use ``relations.extract_relations``.

Closed lists of common English verbs and roles; they hold no vocabulary of any customer.
"""

from apps.memory.engine.lexicon import word_set
from apps.memory.engine.types import RelationKind as Kind


def _phrases(table: dict[Kind, str]) -> dict[tuple[str, ...], Kind]:
    return {tuple(phrase.split()): kind for kind, listed in table.items() for phrase in listed.split("/")}


# "A <phrase> B": A is the source.
ACTIVE = _phrases(
    {
        Kind.RUNS: "runs/ran/has run/operates/operated",
        Kind.OWNS: "owns/owned/is the owner of",
        Kind.LEADS: "leads/led/heads/headed/takes over/took over/chairs/chaired",
        Kind.WORKS_AT: "works at/works for/worked at/worked for/is employed by/was employed by",
        Kind.REPORTS_TO: "reports to/reported to",
        Kind.MANAGES: "manages/managed/oversees/oversaw/supervises/supervised",
        Kind.FOUNDED: "founded/co-founded/cofounded/founds",
        Kind.ACQUIRED: "acquires/acquired/bought/purchased/took over control of",
        Kind.LAUNCHED: "launches/launched/launch/released/releases/introduced/introduces/rolled out/rolls out/shipped",
        Kind.BUILT: "builds/built/develops/developed/designs/designed/created/creates/invented",
        Kind.WROTE: "writes/wrote/authored/drafted",
        Kind.TESTED: "tests/tested/evaluates/evaluated/piloted/trialled",
        Kind.CAUSED: "causes/caused/triggers/triggered"
        "/led to/leads to/resulted in/results in/brought down/broke/gave rise to",
        Kind.FIXED: "fixes/fixed/resolves/resolved/repaired/solves/solved/patched",
        Kind.REPLACED: "replaces/replaced/supersedes/superseded/succeeds/succeeded",
        Kind.DEPENDS_ON: "depends on/depended on/relies on/relied on"
        "/requires/required/is based on/was based on/runs on/builds on",
        Kind.PART_OF: "is part of/was part of/are part of/belongs to/belonged to/is a subsidiary of/is a division of",
        Kind.DECIDED: "approves/approved/decided on/decides on/signed off/signs off",
        Kind.PROPOSED: "proposes/proposed/suggests/suggested/recommends/recommended",
        Kind.REPORTED: "announces/announced/presented/presents/published/publishes",
        Kind.USES: "uses/used/adopted/adopts/switched to/migrated to",
        Kind.MARRIED_TO: "married/marries/is married to/was married to",
        Kind.BORN_IN: "was born in/born in",
        Kind.LOCATED_IN: "is located in/was located in/is based in/was based in/is headquartered in/is situated in"
        "/is a city in/is a town in/is a village in/is the capital of/based in/located in/headquartered in",
        Kind.MEMBER_OF: "joins/joined/is a member of/was a member of/are members of",
    }
)

# "B <be> <participle> by A": A is the source.
PASSIVE = _phrases(
    {
        Kind.RUNS: "run/operated",
        Kind.OWNS: "owned",
        Kind.LEADS: "led/headed/chaired",
        Kind.MANAGES: "managed/overseen/supervised",
        Kind.FOUNDED: "founded/co-founded/established",
        Kind.ACQUIRED: "acquired/bought/purchased/taken over",
        Kind.LAUNCHED: "launched/released/introduced/rolled out",
        Kind.BUILT: "built/developed/designed/created/invented",
        Kind.WROTE: "written/authored/drafted",
        Kind.TESTED: "tested/evaluated/piloted",
        Kind.CAUSED: "caused/triggered/broken/brought down",
        Kind.FIXED: "fixed/resolved/repaired/solved/patched",
        Kind.REPLACED: "replaced/superseded/succeeded",
        Kind.DECIDED: "approved/decided/signed/signed off",
        Kind.PROPOSED: "proposed/suggested/recommended",
        Kind.REPORTED: "reported/announced/presented/published",
        Kind.USES: "used/adopted",
    }
)

# "A, the <role> of B" and "B's <role> A"; every other role in ``JOBS`` is work.
ROLES = {
    "owner": Kind.OWNS,
    "founder": Kind.FOUNDED,
    "co-founder": Kind.FOUNDED,
    "cofounder": Kind.FOUNDED,
    "maker": Kind.BUILT,
    "creator": Kind.BUILT,
    "designer": Kind.BUILT,
    "inventor": Kind.BUILT,
    "author": Kind.WROTE,
    "wife": Kind.MARRIED_TO,
    "husband": Kind.MARRIED_TO,
    "widow": Kind.MARRIED_TO,
    "spouse": Kind.MARRIED_TO,
    "son": Kind.CHILD_OF,
    "daughter": Kind.CHILD_OF,
    "child": Kind.CHILD_OF,
    "member": Kind.MEMBER_OF,
    "subsidiary": Kind.PART_OF,
    "division": Kind.PART_OF,
    "part": Kind.PART_OF,
    "capital": Kind.LOCATED_IN,
    "successor": Kind.REPLACED,
    "cause": Kind.CAUSED,
}
JOBS = word_set(
    """
    ceo cto cfo coo cmo cio cpo ciso vp svp evp md president chair chairman chairwoman director head lead leader manager
    engineer developer analyst scientist researcher designer consultant partner secretary treasurer editor professor
    lecturer teacher coach captain officer accountant lawyer architect administrator coordinator assistant associate
    executive recruiter marketer strategist buyer singer
    """
)
# "A's <work> of B".
WORKS = {
    "analysis": Kind.REPORTED,
    "post-mortem": Kind.REPORTED,
    "readout": Kind.REPORTED,
    "report": Kind.REPORTED,
    "review": Kind.REPORTED,
    "summary": Kind.REPORTED,
    "evaluation": Kind.TESTED,
    "test": Kind.TESTED,
}
# What may stand between a subject and its verb; so may adverbs.
SUBJECT_SKIPS = word_set("also are be been being had has have is now soon team then was were will")
