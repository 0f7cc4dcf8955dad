"""Certificates of erasure, without a database: how they are hashed and chained, and how a change is found.

A certificate's hash is SHA-256 over its content as canonical JSON (keys sorted, no spaces, UTF-8), of which the hash of
the certificate before it is a part, so that none can be left out. Each hash is signed (Ed25519).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = "liftos-erasure/1"
# Before the first certificate.
START = "0" * 64

# Whether a signature (hexadecimal) by a key fits a hash (likewise).
Verify = Callable[[str, str, str], bool]


@dataclass(frozen=True, slots=True)
class Certificate:
    content: Mapping[str, Any]
    hash: str
    signature: str
    key_id: str


def certificate_hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def certificate_fault(certificate: Certificate, verify: Verify) -> str:
    """Return what is wrong with a certificate by itself, or nothing."""
    if certificate.content.get("format") != FORMAT:
        return "it is not a certificate of this format"
    if certificate_hash(certificate.content) != certificate.hash:
        return "changed: its hash is that of another content"
    if not verify(certificate.key_id, certificate.hash, certificate.signature):
        return "it is not signed by our key"
    if any(place.get("after") for place in certificate.content["places"].values()):
        return "something was left"
    return ""


def chain_fault(certificates: Iterable[Certificate], verify: Verify) -> tuple[int, str] | None:
    """Return the number of the first certificate that is not as it was issued, and why; None if all are."""
    previous = START
    for number, certificate in enumerate(certificates, 1):
        if certificate.content.get("number") != number or certificate.content.get("previous_hash") != previous:
            return number, "missing, or moved to another place"
        fault = certificate_fault(certificate, verify)
        if fault:
            return number, fault
        previous = certificate.hash
    return None
