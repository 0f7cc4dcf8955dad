"""The key that signs audit entries, and what else is to be verified later."""

from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.utils import timezone

from apps.audit.models import AuditKey
from apps.core.ids import new_id
from apps.core.sealing import seal, unseal

PURPOSE = "audit-key"


class Signer:
    """Signs with one key. `kind` says what is signed, so that no signature can be taken for one of something else."""

    def __init__(self, key_id: str, private: Ed25519PrivateKey) -> None:
        self.key_id, self._private = key_id, private

    def sign(self, hash_: bytes, *, kind: str = "audit") -> bytes:
        return self._private.sign(_message(kind, hash_))


def signer() -> Signer:
    """Return the signer of the newest key, which is made when there is none. Raises `SealBroken`."""
    row = AuditKey.objects.order_by("-created_at").first()
    if row is None:
        private = Ed25519PrivateKey.generate()
        row = AuditKey.objects.create(
            id=new_id().hex,
            public_key=private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
            sealed_private=seal(
                private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex(), purpose=PURPOSE
            ),
            created_at=timezone.now(),
        )
    return _signer(row.id, row.sealed_private)


def public_keys() -> dict[str, bytes]:
    return {key_id: bytes(raw) for key_id, raw in AuditKey.objects.values_list("id", "public_key")}


def signature_fits(
    keys: Mapping[str, bytes], key_id: str, hash_: bytes, signature: bytes, *, kind: str = "audit"
) -> bool:
    """Return whether one of these public keys, by its id, has signed a hash as one of this kind."""
    raw = keys.get(key_id)
    if raw is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _message(kind, hash_))
    except InvalidSignature:
        return False
    return True


def _message(kind: str, hash_: bytes) -> bytes:
    return f"liftos/{kind}/1\0".encode() + hash_


def keys_reseal() -> int:
    """Seal the keys under the present `SECRET_KEY`; return how many. Raises `SealBroken`."""
    rows = list(AuditKey.objects.select_for_update())
    for row in rows:
        row.sealed_private = seal(unseal(row.sealed_private, purpose=PURPOSE), purpose=PURPOSE)
        row.save(update_fields=["sealed_private"])
    return len(rows)


@lru_cache(maxsize=4)
def _signer(key_id: str, sealed_private: str) -> Signer:
    raw = bytes.fromhex(unseal(sealed_private, purpose=PURPOSE))
    return Signer(key_id, Ed25519PrivateKey.from_private_bytes(raw))
