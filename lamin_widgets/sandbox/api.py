"""A stand-in for Lamin's API for database servers, in three versions.

- "guide": Lamin's guide of 2025-05-02.
- "2026-06": the OpenAPI document of 2026-06-25, with one API per region under `/api`.
- "2026-07": the OpenAPI document of 2026-07-28, without routes for database servers.

If an OpenAPI document doesn't describe a reply, the reply is that of the guide.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, get_args
from uuid import UUID  # noqa: TC003  # FastAPI reads the annotations

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from pydantic import BaseModel, Field

from lamin_widgets.sandbox.lamin import Lamin
from lamin_widgets.sandbox.tokens import BadKey

ApiVersion: TypeAlias = Literal["guide", "2026-06", "2026-07"]
API_VERSIONS: Final[tuple[ApiVersion, ...]] = get_args(ApiVersion)


class Registration(BaseModel):
    """Body of the registration in the guide."""

    name: str = Field(min_length=1)
    url: str
    api_server_name: str


class OrganizationRegistration(Registration):
    """Body of the registration in the OpenAPI document of 2026-06."""

    organization_id: UUID


class ApiKey(BaseModel):
    """Body of the exchange of an API key for a token."""

    api_key: str


def _lamin(request: Request) -> Lamin:
    lamin: Lamin = request.app.state.lamin
    return lamin


AnyLamin = Annotated[Lamin, Depends(_lamin)]
Authorization = Annotated[str | None, Header()]


def _is_signed_in(lamin: AnyLamin, authorization: Authorization = None) -> bool:
    scheme, _, token = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and lamin.tokens.accepts(token)


def _require_sign_in(
    lamin: AnyLamin, is_signed_in: Annotated[bool, Depends(_is_signed_in)]
) -> Lamin:
    if not is_signed_in:
        raise HTTPException(401, "Invalid or expired access token")
    return lamin


SignedIn = Annotated[Lamin, Depends(_require_sign_in)]
Name = Annotated[str, Query(min_length=1)]
OptionalText = Annotated[str | None, Query()]

guide, june, july = APIRouter(), APIRouter(prefix="/api"), APIRouter(prefix="/api")


# These functions can block. FastAPI runs them in threads, because they aren't async.
@guide.post("/db/server/register", status_code=201)
def register(lamin: SignedIn, body: Registration) -> dict[str, str]:
    """Register a database server."""
    lamin.register(body.name, body.url, body.api_server_name)
    return {"message": f"Database server '{body.name}' registered"}


@guide.post("/db/server/checks-access")
@june.post("/db/server/check-access")
def check_access(lamin: SignedIn, name: Name) -> dict[str, str]:
    """Connect to a registered database server."""
    verdict = lamin.check(name)
    return {
        "status": "success" if verdict.reached else "error",
        "message": verdict.message,
    }


@june.post("/db/server/register")
def register_for_organization(
    lamin: SignedIn, body: OrganizationRegistration
) -> dict[str, str]:
    """Register a database server for an organization."""
    if str(body.organization_id) != lamin.organization_id:
        raise HTTPException(
            403, "You aren't allowed to add database servers to this organization"
        )
    lamin.register(body.name, body.url, body.api_server_name)
    return {"message": f"Database server '{body.name}' registered"}


@june.get("/account")
@july.get("/account")
def account(
    lamin: AnyLamin, is_signed_in: Annotated[bool, Depends(_is_signed_in)]
) -> dict[str, str] | None:
    """Show the caller's account, or null if the caller isn't signed in."""
    return lamin.tokens.user.row() if is_signed_in else None


@june.post("/account/jwt")
@july.post("/account/jwt")
def token(lamin: AnyLamin, body: ApiKey) -> dict[str, str]:
    """Exchange an API key for an access token."""
    try:
        return lamin.tokens.exchange(body.api_key)
    except BadKey as error:
        raise HTTPException(401, str(error)) from None


@june.get("/organizations/{organization_id}")
@july.get("/organizations/{organization_id}")
def organization(lamin: SignedIn, organization_id: UUID) -> dict[str, str]:
    """Show an organization."""
    if str(organization_id) != lamin.organization_id:
        raise HTTPException(404, f"Organization '{organization_id}' not found")
    return {"id": lamin.organization_id, "name": "Sandbox", "handle": "sandbox"}


@june.put("/instances")
@july.put("/instances")
def create_instance(  # noqa: PLR0917  # FastAPI passes them by name
    lamin: SignedIn,
    name: Name,
    db_server_name: Name,
    storage: OptionalText = "create-s3",
    schema_str: OptionalText = None,
    account_id: Annotated[UUID | None, Query()] = None,
) -> dict[str, str | None]:
    """Create an instance on a registered database server."""
    owner = lamin.create_instance(
        name, db_server_name, str(account_id) if account_id else None
    )
    return {
        "name": name,
        "owner": owner,
        "db_server_name": db_server_name,
        "storage": storage,
        "schema_str": schema_str,
    }


_ROUTERS: Final[dict[ApiVersion, APIRouter]] = {
    "guide": guide,
    "2026-06": june,
    "2026-07": july,
}


class Api:
    """The stand-in API, an ASGI application whose version can be changed.

    Args:
        lamin: State of the API, common to all versions.
        version: The version to start with.

    Attributes:
        version: The version in use.
    """

    def __init__(self, lamin: Lamin, version: ApiVersion) -> None:
        self.version = version
        self._apps = {name: _application(name, lamin) for name in API_VERSIONS}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        await self._apps[self.version](scope, receive, send)


def _application(version: ApiVersion, lamin: Lamin) -> FastAPI:
    app = FastAPI(title="Lamin, sandbox", docs_url=None, redoc_url=None)
    app.state.lamin = lamin
    app.include_router(_ROUTERS[version])
    return app
