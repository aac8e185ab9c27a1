"""OpenID Connect: who somebody is, as a provider says; in a program's bearer token, or when a person signs in by browser.

Both are tokens that the provider signed, and both are read by the same checks: a key that it publishes, an asymmetric
algorithm, its issuer, the audience that is meant, and a time that its clock and ours agree on. A token that fails one of
them is refused without a word on which.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from activities.channels.authorities import of_the_web
from gateway.identity import Identity
from gateway.problem import Failed, Problem
from gateway.remembered.spent import Spent
from models.settings import Settings
from models.values import OpaqueId, Value, storable
from models.vocabulary import Role
from regulation import identity, offices

log = structlog.get_logger()

ALGORITHMS = JWSRegistry(
    algorithms=[
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448",
    ],
    strict_check_header=False,
)  # fmt: skip
"""What a provider may sign with: never `none`, nor a secret that we would share with it."""

CLAIMS = {"person": "sub", "name": "name", "office": "office", "role": "role"}
"""Which claims say who somebody is, where a deployment does not say otherwise."""

HEAD = "head"
"""The claim that says, with `true`, that somebody heads their office; a provider need not have it."""

PATIENCE = 10.0
"""Seconds that the provider has for an answer."""

AN_HOUR, A_MINUTE, A_MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=5)
"""After which time the provider is asked anew: as a matter of course; for a key not known; and if it did not answer."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

ATTEMPT = timedelta(minutes=10)
"""How long somebody may take to sign in with the provider."""

CALLBACK = "/sign-in/callback"
"""Where the provider sends a browser back to."""

OPAQUE: TypeAdapter[str] = TypeAdapter(OpaqueId)

REFUSED = Problem(title="令牌无效", status=401, code="invalid_token")
SILENT = Problem(title="统一身份认证暂不可用，请稍后再试", status=503, code="identity_unreachable")
NOT_SIGNED_IN = Problem(
    title="登录未成功", status=403, code="not_signed_in", detail="本次登录已失效或已被使用，请重新登录。"
)
NO_POST = Problem(title="登录未成功", status=403, code="no_post", detail="您的账号没有对应的机构和身份，请联系管理员。")


class _Configuration(BaseModel):
    """What of the provider's configuration is asked for (OpenID Connect Discovery 1.0)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Attempt(Value):
    """Somebody on their way through the provider: what their browser keeps meanwhile, signed by us."""

    state: str
    nonce: str
    verifier: str
    next: str = ""


@dataclass
class Oidc:
    """A provider. Its configuration and keys are read when first needed, and kept."""

    settings: Settings
    clock: Callable[[], datetime]
    spent: Spent
    _known: tuple[_Configuration, KeySet] | None = None
    _asked_at: datetime = LONG_AGO
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Whoever could change what the provider says could be anybody: it is asked over https, or on this machine."""
        if not _private(self.settings.oidc_issuer):
            raise ValueError("BEIAN_OIDC_ISSUER: 须为 https 地址")

    async def bearer(self, token: str) -> Identity:
        """Who sends a request with a bearer token; `Failed` (401) if the token is not to be believed."""
        refused = Failed(REFUSED, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        who = self._identity(await self._claims(token, self.settings.oidc_audience, refused=refused))
        if who is None:
            raise refused
        return who

    # Signing in by browser: authorization code with PKCE (RFC 6749, RFC 7636)

    async def begin(self, then: str = "") -> tuple[str, Attempt]:
        """Where a browser goes to sign in, and what it keeps until it comes back."""
        provider, _ = await self._provider()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self.settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in provider.authorization_endpoint else "?"
        address = f"{provider.authorization_endpoint}{joint}{urlencode(asked, quote_via=quote)}"
        return address, Attempt(state=state, nonce=nonce, verifier=verifier, next=then)

    async def finish(self, attempt: Attempt, state: str, code: str, issuer: str | None = None) -> Identity:
        """Who came back with a code. An attempt is good for once, whatever comes of it."""
        provider, _ = await self._provider()
        if not secrets.compare_digest(attempt.state.encode(), state.encode()):
            raise Failed(NOT_SIGNED_IN)
        if not await asyncio.to_thread(self.spent.first, state, self.clock(), ATTEMPT):
            raise Failed(NOT_SIGNED_IN)
        if issuer not in (None, provider.issuer):  # RFC 9207
            raise Failed(NOT_SIGNED_IN)
        token = await self._redeemed(provider, attempt, code)
        claims = await self._claims(token, self.settings.oidc_client_id, refused=Failed(NOT_SIGNED_IN))
        if claims.get("nonce") != attempt.nonce or claims.get("azp") not in (None, self.settings.oidc_client_id):
            raise Failed(NOT_SIGNED_IN)
        who = self._identity(claims)
        if who is None:
            raise Failed(NO_POST)
        return who

    @property
    def _callback(self) -> str:
        return f"{self.settings.own_address}{CALLBACK}"

    async def _redeemed(self, provider: _Configuration, attempt: Attempt, code: str) -> str:
        """The ID token that the provider gives for a code."""
        client, secret = self.settings.oidc_client_id, self.settings.oidc_client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": attempt.verifier,
        }
        auth = httpx.Auth()
        if secret and "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote(client, ""), quote(secret, ""))
        else:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        try:
            async with httpx.AsyncClient(timeout=PATIENCE, verify=of_the_web()) as web:
                answer = await web.post(provider.token_endpoint, data=form, auth=auth)
            if answer.status_code >= 500:
                raise Failed(SILENT)
            return str(answer.json()["id_token"])
        except httpx.HTTPError as fault:
            raise Failed(SILENT) from fault
        except (ValueError, KeyError, TypeError) as fault:
            raise Failed(NOT_SIGNED_IN) from fault

    # Reading a token

    async def _claims(self, token: str, audience: str, *, refused: Failed) -> Mapping[str, Any]:
        """What a token says, if it is to be believed."""
        provider, keys = await self._provider()
        try:
            try:
                claims = jwt.decode(token, keys, registry=ALGORITHMS).claims
            except InvalidKeyIdError:
                provider, keys = await self._provider(lacking=True)
                claims = jwt.decode(token, keys, registry=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(self.clock().timestamp()),
                leeway=self.settings.oidc_skew,
                iss={"essential": True, "value": provider.issuer},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError) as fault:
            log.info("oidc.refused", error=type(fault).__name__)
            raise refused from fault
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity | None:
        """Whom claims name; None if they name no post. Nobody signs in as the public, nor as the service itself."""
        named = {"head": HEAD} | CLAIMS | {str(each): claim for each, claim in self.settings.oidc_claims.items()}
        person, name, office, role = (_one(claims.get(named[each])) for each in CLAIMS)
        if not person or role not in set(Role) - {Role.PUBLIC} or not offices.is_post(Role(role), office):
            return None
        opaque = self._opaque(person)
        if identity.is_routine(opaque):
            return None
        head = claims.get(named["head"]) in (True, "true")
        return Identity(person=opaque, name=storable(name)[:100] or opaque, office=office, role=Role(role), head=head)

    def _opaque(self, person: str) -> str:
        """Somebody's id as acts may carry it; where the provider's does not do, a digest of it."""
        try:
            return OPAQUE.validate_python(person)
        except ValidationError:
            return hashlib.sha256(f"{self.settings.oidc_issuer} {person}".encode(errors="replace")).hexdigest()

    # The provider

    async def _provider(self, *, lacking: bool = False) -> tuple[_Configuration, KeySet]:
        """Its configuration and keys; read anew now and then, and where a key is lacking, at most once a minute.

        While somebody's question is on its way, only those wait for the answer who cannot do with what is known.
        """
        if self._known is None or lacking or self._due(AN_HOUR):
            async with self._asking:
                if self._due(A_MOMENT if self._known is None else A_MINUTE if lacking else AN_HOUR):
                    self._asked_at = self.clock()
                    try:
                        self._known = await self._read()
                    except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as fault:
                        log.error("oidc.unreachable", error=type(fault).__name__)
        if self._known is None:
            raise Failed(SILENT)
        return self._known

    def _due(self, after: timedelta) -> bool:
        return self.clock() - self._asked_at >= after

    async def _read(self) -> tuple[_Configuration, KeySet]:
        issuer = self.settings.oidc_issuer
        async with httpx.AsyncClient(timeout=PATIENCE, verify=of_the_web()) as web:
            told = await web.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            configuration = _Configuration.model_validate_json(told.raise_for_status().content)
            if configuration.issuer != issuer:
                raise ValueError(f"{configuration.issuer} is not {issuer}")
            endpoints = (configuration.authorization_endpoint, configuration.token_endpoint, configuration.jwks_uri)
            if not all(map(_private, endpoints)):
                raise ValueError("an endpoint is not asked over https")
            keys = await web.get(configuration.jwks_uri)
            return configuration, KeySet.import_key_set(keys.raise_for_status().json())


def _private(address: str) -> bool:
    """Whether nobody on the way can read or change what is said there: over https, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


def _one(claim: Any) -> str:
    """A claim's value; a list of one is one."""
    if isinstance(claim, list) and len(claim) == 1:
        claim = claim[0]
    return claim if isinstance(claim, str) else ""


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
