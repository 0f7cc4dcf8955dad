"""Secrets that the database keeps for us, sealed with a key that it does not hold.

Each purpose has a key of its own, derived from `SECRET_KEY`. What was sealed under one of `SECRET_KEY_FALLBACKS` can
still be opened, and is sealed under the present one when it is written again.
"""

import base64
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Seals all that an app keeps under the present key, in the present transaction, and returns how much that is.
Reseal = Callable[[], int]
_sealed: dict[str, Reseal] = {}


class SealBroken(Exception):
    """What was sealed cannot be opened: `SECRET_KEY` has changed without a fallback, or the text was altered."""


def seal(text: str, *, purpose: str) -> str:
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what was sealed for this purpose; raise `SealBroken`."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken(f"what was sealed for {purpose} cannot be opened with the present SECRET_KEY") from None


def register_sealed(name: str, reseal: Reseal) -> None:
    """Have `reseal` called when everything is sealed anew; it raises `SealBroken`. Called from `AppConfig.ready`."""
    _sealed[name] = reseal


def reseal_all() -> dict[str, int]:
    """Seal everything under the present `SECRET_KEY`; return how much of each kind. Raises `SealBroken`."""
    return {name: reseal() for name, reseal in _sealed.items()}


def _box(purpose: str) -> MultiFernet:
    return MultiFernet([_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"liftos/sealing/{purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
