"""An OpenID Connect provider for one machine: "Local sign-in" of `make dev`, and what the tests sign in with.

It vouches for whoever one says one is, so it listens on the loopback interface only, sends browsers back to one address
only, and is started in development alone. Its key is made at each start.
"""

import argparse
import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK = "127.0.0.1"
CODE_SECONDS = 60
KEY_ID = "local"
MAX_FORM = 16 * 1024
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Local sign-in</title>
<body style="font-family: system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; line-height: 1.6">
<h1 style="font-size: 1.3rem">Local sign-in</h1>
<p>For development only: say who you are, and Lift OS will believe it.</p>
<form method="post">%s
<p><label>E-mail address<br>
<input name="email" type="email" required value="demo@northwind.example" size="36"></label></p>
<p><label>Name<br><input name="name" value="Demo" size="36"></label></p>
<p><label><input name="unverified" type="checkbox"> The address has not been verified</label></p>
<p><button>Sign in</button></p></form></body></html>"""


class BadRequestError(Exception):
    """What was asked is not what OpenID Connect asks; the text is its error code."""


@dataclass
class Person:
    """Whom the provider vouches for. `sub` follows from the address unless it is given."""

    email: str
    name: str = ""
    email_verified: bool = True
    subject: str = ""

    def claims(self) -> dict[str, Any]:
        subject = self.subject or hashlib.sha256(self.email.encode()).hexdigest()[:32]
        return {"sub": subject, "email": self.email, "email_verified": self.email_verified, "name": self.name}


@dataclass
class Grant:
    """A code that was given out: for whom, and what its use has to prove."""

    person: Person
    nonce: str
    challenge: str
    redirect_uri: str
    expires: float


@dataclass
class IdentityProvider:
    """The provider without its network: `authorize`, `token`, `userinfo`."""

    client_id: str
    client_secret: str
    redirect_prefix: str
    issuer: str = ""
    grants: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Person] = field(default_factory=dict)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]}

    def check(self, query: Mapping[str, str]) -> None:
        """Refuse a request that does not say what it must; PKCE with S256 is not optional here."""
        if query.get("client_id") != self.client_id or not query.get("redirect_uri", "").startswith(
            self.redirect_prefix
        ):
            raise BadRequestError("unauthorized_client")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            raise BadRequestError("invalid_request")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge") or not query.get("state"):
            raise BadRequestError("invalid_request")

    def authorize(self, query: Mapping[str, str], person: Person) -> str:
        """Return where to send the browser back to, with a code."""
        self.check(query)
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(
            person, query.get("nonce", ""), query["code_challenge"], query["redirect_uri"], time.time() + CODE_SECONDS
        )
        answer = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        return f"{query['redirect_uri']}?{answer}"

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Exchange a code, once."""
        grant = self.grants.pop(form.get("code", ""), None)
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            raise BadRequestError("invalid_client")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or grant.expires < time.time() or grant.redirect_uri != form.get("redirect_uri"):
            raise BadRequestError("invalid_grant")
        if not secrets.compare_digest(challenge, grant.challenge):
            raise BadRequestError("invalid_grant")
        access = secrets.token_urlsafe(24)
        self.access[access] = grant.person
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(grant),
        }

    def id_token(self, grant: Grant) -> str:
        return jwt.encode(self.id_claims(grant), self.key, algorithm="ES256", headers={"kid": KEY_ID})

    def id_claims(self, grant: Grant) -> dict[str, Any]:
        now = int(time.time())
        return {
            **grant.person.claims(),
            "iss": self.issuer,
            "aud": self.client_id,
            "nonce": grant.nonce,
            "iat": now,
            "exp": now + 300,
        }

    def userinfo(self, bearer: str) -> dict[str, Any]:
        person = self.access.get(bearer)
        if person is None:
            raise BadRequestError("invalid_token")
        return person.claims()


class IdentityServer(ThreadingHTTPServer):
    """Serves one provider on the loopback interface."""

    daemon_threads = True

    def __init__(self, provider: IdentityProvider, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.provider = provider
        provider.issuer = f"http://{LOOPBACK}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: IdentityServer

    def do_GET(self) -> None:
        provider, parts = self.server.provider, urlsplit(self.path)
        try:
            if parts.path == "/.well-known/openid-configuration":
                self._json(provider.configuration())
            elif parts.path == "/jwks":
                self._json(provider.jwks())
            elif parts.path == "/userinfo":
                self._json(provider.userinfo(self.headers.get("Authorization", "").removeprefix("Bearer ")))
            elif parts.path == "/authorize":
                self._page(parts.query)
            else:
                self._json({"error": "not_found"}, status=404)
        except BadRequestError as error:
            self._json({"error": str(error)}, status=400)

    def do_POST(self) -> None:
        provider, parts = self.server.provider, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = _single(self.rfile.read(min(length, MAX_FORM)).decode("utf-8", "replace"))
        try:
            if parts.path == "/token":
                self._json(provider.token(form))
            elif parts.path == "/authorize":
                person = Person(form.get("email", ""), form.get("name", ""), "unverified" not in form)
                self._redirect(provider.authorize(_single(form.get("query", "")), person))
            else:
                self._json({"error": "not_found"}, status=404)
        except BadRequestError as error:
            self._json({"error": str(error)}, status=400)

    def _page(self, query: str) -> None:
        self.server.provider.check(_single(query))
        field = f'<input type="hidden" name="query" value="{html.escape(query)}">'
        self._send(200, "text/html; charset=utf-8", (PAGE % field).encode())

    def _json(self, body: dict[str, Any], *, status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _redirect(self, url: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Say nothing: addresses hold codes."""


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--redirect-prefix", required=True, help="where browsers may be sent back to")
    arguments = parser.parse_args()
    # Vouching for anybody, it has no secret worth keeping; the product wants one all the same.
    provider = IdentityProvider(arguments.client_id, LOCAL_SECRET, arguments.redirect_prefix)
    IdentityServer(provider, arguments.port).serve_forever()


LOCAL_SECRET = "local-sign-in"  # noqa: S105 - see `main`


if __name__ == "__main__":
    main()
