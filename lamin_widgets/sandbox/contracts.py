"""The two descriptions of Lamin's API for database servers, as an application each.

The paths, bodies and status codes come from Lamin's guide of 2025-05-02 ("guide") and
from the OpenAPI document of 2026-06-25 ("published"). Where they leave a reply open,
the stand-in gives the one of the guide.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID  # noqa: TC003 - FastAPI reads the annotations

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from pydantic import BaseModel, Field

from lamin_widgets.sandbox.lamin import Lamin
from lamin_widgets.sandbox.tokens import BadKey

GUIDE_CHECK = "/db/server/checks-access"
PUBLISHED_CHECK = "/db/server/check-access"


class Registration(BaseModel):
    """The body of Register in the guide."""

    name: str = Field(min_length=1)
    url: str
    api_server_name: str


class OrganizationRegistration(Registration):
    """The body of Register in the OpenAPI document."""

    organization_id: UUID


class ApiKey(BaseModel):
    """The body of the exchange of an API key for a token."""

    api_key: str


def _lamin(request: Request) -> Lamin:
    lamin: Lamin = request.app.state.lamin
    return lamin


AnyLamin = Annotated[Lamin, Depends(_lamin)]


def _signed_in(
    lamin: AnyLamin, authorization: Annotated[str | None, Header()] = None
) -> Lamin:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not lamin.tokens.accepts(token):
        raise HTTPException(401, "Invalid or expired access token")
    return lamin


SignedIn = Annotated[Lamin, Depends(_signed_in)]
Name = Annotated[str, Query(min_length=1)]

guide = APIRouter()
published = APIRouter(prefix="/api")


# Plain functions, not async: FastAPI runs them in threads, where they may block.
@guide.post("/db/server/register", status_code=201)
def register(lamin: SignedIn, body: Registration) -> dict[str, str]:
    """Register a database server."""
    lamin.register(body.name, body.url, body.api_server_name)
    return {"message": f"Database server '{body.name}' registered"}


@guide.post(GUIDE_CHECK)
@published.post(PUBLISHED_CHECK)
def check_access(lamin: SignedIn, name: Name) -> dict[str, str]:
    """Connect to a registered database server."""
    verdict = lamin.check(name)
    return {
        "status": "success" if verdict.reached else "error",
        "message": verdict.message,
    }


@published.post("/db/server/register")
def register_for_organization(
    lamin: SignedIn, body: OrganizationRegistration
) -> dict[str, str]:
    """Register a database server for an organization."""
    if str(body.organization_id) != lamin.organization_id:
        raise HTTPException(
            403, "You may not add database servers to this organization"
        )
    lamin.register(body.name, body.url, body.api_server_name)
    return {"message": f"Database server '{body.name}' registered"}


@published.get("/account")
def account(lamin: SignedIn) -> dict[str, str]:
    """Show the caller's account."""
    return lamin.tokens.user.row()


@published.post("/account/jwt")
def token(lamin: AnyLamin, body: ApiKey) -> dict[str, str]:
    """Exchange an API key for an access token."""
    try:
        return {"accessToken": lamin.tokens.exchange(body.api_key)}
    except BadKey as error:
        raise HTTPException(401, str(error)) from None


@published.get("/organizations/{organization_id}")
def organization(lamin: SignedIn, organization_id: UUID) -> dict[str, str]:
    """Show an organization."""
    if str(organization_id) != lamin.organization_id:
        raise HTTPException(404, f"Organization '{organization_id}' not found")
    return {"id": lamin.organization_id, "name": "Sandbox", "handle": "sandbox"}


@published.put("/instances")
def create_instance(
    lamin: SignedIn,
    name: Name,
    db_server_name: Name,
    storage: Annotated[str | None, Query()] = None,
    schema_str: Annotated[str | None, Query()] = None,
) -> dict[str, str | None]:
    """Create an instance on a registered database server."""
    lamin.create_instance(name, db_server_name)
    return {
        "name": name,
        "owner": lamin.tokens.user.handle,
        "db_server_name": db_server_name,
        "storage": storage,
        "schema_str": schema_str,
    }


def build(router: APIRouter, lamin: Lamin) -> FastAPI:
    """Make the application for one of the descriptions.

    Args:
        router: `guide` or `published`.
        lamin: What the application knows and remembers.
    """
    app = FastAPI(title="Lamin, sandbox", docs_url=None, redoc_url=None)
    app.state.lamin = lamin
    app.include_router(router)
    return app
