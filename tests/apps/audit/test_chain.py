"""Whatever is done to a chain, the first entry that it was done to is named."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.engine.chain import START, Entry, Head, Verification

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
LENGTH = 12


def sign(hash_: bytes, key: str = "ours") -> bytes:
    """A signature as good as any for whoever has no way to `key`."""
    return hashlib.sha256(key.encode() + hash_).digest()


def fits(key_id: str, hash_: bytes, signature: bytes) -> bool:
    return key_id == "ours" and signature == sign(hash_)


def chained(entries: Sequence[Entry], *, key: str = "ours", previous: bytes = START) -> list[Entry]:
    made = []
    for entry in entries:
        previous = entry.hash_after(previous)
        made.append(replace(entry, hash=previous, signature=sign(previous, key), key_id=key))
    return made


def chain(length: int = LENGTH) -> list[Entry]:
    return chained(
        [
            Entry("acme", number, f"e{number}", "x.y", "user", "u", "role", "r", {"role": number}, "-", None, AT, AT)
            for number in range(1, length + 1)
        ]
    )  # fmt: skip


def verified(
    entries: Sequence[Entry], *, head: Head | None = None, step: int = 5, anchors: dict[int, bytes] | None = None
) -> Verification:
    check = Verification(verify=fits, anchors=anchors or {})
    for start in range(0, len(entries), step):
        check.go_on(entries[start : start + step])
    check.end(head)
    return check


def head_of(entries: Sequence[Entry]) -> Head:
    last = entries[-1]
    return Head("acme", last.position, last.hash, last.signature, last.key_id)


def bad_position(check: Verification) -> int | None:
    return check.fault.position if check.fault else None


def test_a_chain_as_it_was_written_is_good() -> None:
    entries = chain()
    check = verified(entries, head=head_of(entries), anchors={3: entries[2].hash, 12: entries[-1].hash})
    assert (check.fault, check.checked) == (None, LENGTH)
    assert verified([], head=None).fault is None


CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "data": lambda one: replace(one, data={"role": "other"}),
    "actor": lambda one: replace(one, actor_id="somebody else"),
    "action": lambda one: replace(one, action="role.created"),
    "subject": lambda one: replace(one, subject_id="other"),
    "time": lambda one: replace(one, occurred_at=AT.replace(hour=13)),
    "recorded": lambda one: replace(one, recorded_at=AT.replace(hour=13)),
    "ip": lambda one: replace(one, ip="10.0.0.1"),
    "request": lambda one: replace(one, request_id="other"),
    "owner": lambda one: replace(one, owner="globex"),
    "hash": lambda one: replace(one, hash=bytes(32)),
}


@pytest.mark.parametrize("change", CHANGES)
@given(place=st.integers(1, LENGTH), step=st.integers(1, LENGTH + 1))
def test_an_edit_is_found(change: str, place: int, step: int) -> None:
    entries = chain()
    entries[place - 1] = CHANGES[change](entries[place - 1])
    assert bad_position(verified(entries, head=head_of(chain()), step=step)) == place


@given(place=st.integers(1, LENGTH), step=st.integers(1, LENGTH))
def test_a_missing_entry_is_found_the_last_one_too(place: int, step: int) -> None:
    entries = chain()
    head = head_of(entries)
    del entries[place - 1]
    assert bad_position(verified(entries, head=head, step=step)) == place


@given(st.permutations(range(1, LENGTH + 1)), st.integers(1, LENGTH))
def test_another_order_is_found(order: list[int], step: int) -> None:
    entries = chain()
    moved = [replace(entries[old - 1], position=new) for new, old in enumerate(order, 1)]
    first = next((new for new, old in enumerate(order, 1) if new != old), None)
    assert bad_position(verified(moved, head=head_of(entries), step=step)) == first


@given(place=st.integers(1, LENGTH), step=st.integers(1, LENGTH))
def test_a_chain_that_was_rewritten_without_the_key_is_found_at_its_first_new_entry(place: int, step: int) -> None:
    entries = chain()
    changed = replace(entries[place - 1], data={"role": "other"})
    previous = entries[place - 2].hash if place > 1 else START
    rewritten = [*entries[: place - 1], *chained([changed, *entries[place:]], key="theirs", previous=previous)]
    assert bad_position(verified(rewritten, head=head_of(rewritten), step=step)) == place
    # Nor does it help to say that the key was ours.
    pretended = [replace(one, key_id="ours") for one in rewritten]
    assert bad_position(verified(pretended, head=head_of(pretended), step=step)) == place


@given(place=st.integers(1, LENGTH), exported=st.integers(1, LENGTH))
def test_even_with_the_key_it_is_found_by_what_was_exported_before(place: int, exported: int) -> None:
    entries = chain()
    changed = replace(entries[place - 1], data={"role": "other"})
    previous = entries[place - 2].hash if place > 1 else START
    rewritten = [*entries[: place - 1], *chained([changed, *entries[place:]], previous=previous)]
    check = verified(rewritten, head=head_of(rewritten), anchors={exported: entries[exported - 1].hash})
    assert bad_position(check) == (exported if place <= exported else None)


def test_an_end_that_was_cut_off_together_with_its_head_is_found_by_what_was_exported() -> None:
    entries = chain()
    short = entries[:9]
    assert verified(short, head=head_of(short)).fault is None
    assert bad_position(verified(short, head=head_of(short), anchors={11: entries[10].hash})) == 10
    assert bad_position(verified([], head=None, anchors={11: entries[10].hash})) == 1


def test_a_head_that_was_changed_is_found() -> None:
    entries = chain()
    assert bad_position(verified(entries, head=head_of(entries[:9]))) == 10
    assert bad_position(verified(entries, head=replace(head_of(entries), hash=bytes(32)))) == LENGTH
