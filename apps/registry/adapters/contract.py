"""Checks from outside that a module keeps the contract, above all that it refuses tokens that are not meant for it."""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from django.utils import timezone

from apps.accounts.tokens import module_token_issue
from apps.core.ids import new_id
from apps.core.outgoing import AllowedAddresses, outgoing_session
from apps.core.request_context import new_request_id
from apps.core.types import Principal
from apps.registry.adapters.health import complaint

TIMEOUT = aiohttp.ClientTimeout(total=10)
OPENAPI = "/openapi.json"
_MAX_DOCUMENT = 4 * 1024 * 1024
_METHODS = ("get", "post", "put", "patch", "delete")


def contract_errors(manifest: Mapping[str, Any], *, allowed: AllowedAddresses) -> list[str]:
    """Return in words what a running module does wrong; nothing if it keeps the contract."""
    # Signed out here: keys are not read on an event loop.
    return asyncio.run(_errors(manifest, bad_tokens=_bad_tokens(manifest), allowed=allowed))


async def _errors(
    manifest: Mapping[str, Any], *, bad_tokens: Mapping[str, str], allowed: AllowedAddresses
) -> list[str]:
    async with outgoing_session(allowed) as session:
        check = _Check(session, manifest, bad_tokens)
        try:
            return await check.errors()
        except TimeoutError:
            return ["The module does not answer in time."]
        except (aiohttp.ClientError, OSError) as error:
            return [f"The module cannot be reached ({type(error).__name__})."]


class _Check:
    def __init__(
        self, session: aiohttp.ClientSession, manifest: Mapping[str, Any], bad_tokens: Mapping[str, str]
    ) -> None:
        self._session = session
        self._manifest = manifest
        self._bad_tokens = bad_tokens
        self._base = str(manifest["base_url"]).rstrip("/")

    async def errors(self) -> list[str]:
        health_path = self._manifest["health_endpoint"]
        status, body, _ = await self._call("get", health_path)
        if found := complaint(status, body):
            return [f"{health_path} {found}."]
        status, body, _ = await self._call("get", OPENAPI)
        operation = _first_operation(body, self._manifest["api_prefix"]) if status == 200 else None  # noqa: PLR2004 - OK
        if operation is None:
            return [f"{OPENAPI} describes no operation below {self._manifest['api_prefix']}."]
        method, path = operation
        errors = []
        for text, token in self._bad_tokens.items():
            status, _, request_id = await self._call(method, path, token=token)
            if status != 401:  # noqa: PLR2004 - Unauthorized
                errors.append(f"{method.upper()} {path} answers {status}, not 401, to {text}.")
            if request_id is None:
                errors.append(f"{method.upper()} {path} does not echo X-Request-ID.")
        return errors

    async def _call(self, method: str, path: str, *, token: str = "") -> tuple[int, bytes, str | None]:
        """Return status, body, and the request id if it came back as it was sent."""
        request_id = new_request_id()
        headers = {"X-Request-ID": request_id, "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            method, self._base + path, headers=headers, allow_redirects=False, timeout=TIMEOUT
        ) as answer:
            body = await answer.content.read(_MAX_DOCUMENT)
            while not answer.content.at_eof() and len(body) < _MAX_DOCUMENT:
                body += await answer.content.read(_MAX_DOCUMENT)
            return answer.status, body, request_id if answer.headers.get("X-Request-ID") == request_id else None


def _bad_tokens(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return tokens that the module has to refuse, by what is wrong with them."""
    now = int(time.time())
    claims = {
        "iss": "nobody",
        "aud": manifest["module_id"],
        "sub": str(new_id()),
        "org_id": str(new_id()),
        "permissions": list(manifest["permissions"]),
        "iat": now,
        "exp": now + 60,
    }
    unsigned = ".".join([_encoded({"alg": "none", "typ": "mt+jwt"}), _encoded(claims), ""])
    nobody = Principal(new_id(), new_id(), "", "owner", frozenset(manifest["permissions"]))
    foreign = module_token_issue(
        principal=nobody,
        permission_version=0,
        # No module can have this name.
        module_id="-another-",
        tier="free",
        request_id=new_request_id(),
        now=timezone.now(),
    )
    return {"no token": "", "an unsigned token": unsigned, "a token of another audience": foreign}


def _first_operation(document: bytes, prefix: str) -> tuple[str, str] | None:
    """Return the method and path of the first operation below the prefix, its parameters filled in."""
    try:
        paths = json.loads(document)["paths"]
        for path, operations in paths.items():
            for method in _METHODS:
                if path.startswith(f"{prefix}/") and method in operations:
                    return method, "/".join("x" if part.startswith("{") else part for part in path.split("/"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
