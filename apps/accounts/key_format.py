"""The form of API keys: `lift_live_`, 32 characters of chance, and a checksum that tells a typing error from a key."""

import hashlib
import secrets
import zlib

PREFIX = "lift_live_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6
# How much of a key is kept readable, for people to recognise it by.
SHOWN_LENGTH = len(PREFIX) + 6


def new_secret() -> str:
    """Return a new key: 190 bits of chance in base 62, and their CRC32 in the same base."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Return whether this may be a key; what is not needs no look at the database."""
    if len(secret) != len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH or not secret.startswith(PREFIX):
        return False
    return secret.isascii() and secret[-_CHECKSUM_LENGTH:] == _checksum(secret[:-_CHECKSUM_LENGTH])


def secret_hash(secret: str) -> str:
    """Return what is kept of a key or of the key in a mail's link."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
