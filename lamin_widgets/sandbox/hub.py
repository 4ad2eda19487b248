"""A stand-in for the parts of Lamin's hub that `lamindb_setup.login` uses.

It follows `core/_hub_client.py` and `core/_hub_core.py` of lamindb_setup 1.27.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

from lamin_widgets.sandbox.api import (
    ApiKey,  # noqa: TC001  # FastAPI reads the annotations
)
from lamin_widgets.sandbox.tokens import BadKey, TokenIssuer

router = APIRouter()


def _tokens(
    request: Request, apikey: Annotated[str | None, Header()] = None
) -> TokenIssuer:
    tokens: TokenIssuer = request.app.state.tokens
    if apikey != tokens.publishable_key:
        raise HTTPException(401, "Invalid API key for this hub")
    return tokens


Tokens = Annotated[TokenIssuer, Depends(_tokens)]


@router.post("/functions/v1/get-jwt-v1")
def get_jwt(tokens: Tokens, body: ApiKey) -> JSONResponse:
    """Exchange an API key for an access token."""
    try:
        return JSONResponse(tokens.exchange(body.api_key))
    except BadKey as error:
        # Supabase's client raises FunctionsHttpError with this text. lamindb_setup
        # distinguishes expired from unknown keys by the text.
        return JSONResponse({"error": str(error)}, status_code=401)


@router.get("/rest/v1/account")
def account(
    request: Request,
    tokens: Tokens,
    authorization: Annotated[str, Header()] = "",
) -> list[dict[str, str]]:
    """Select accounts, with PostgREST's filter `eq.`."""
    if not tokens.accepts(authorization.removeprefix("Bearer ")):
        raise HTTPException(401, "JWT expired")
    row = tokens.user.row()
    wanted = {
        column: text.removeprefix("eq.")
        for column, text in request.query_params.items()
        if column in row
    }
    return [row] if wanted.items() <= row.items() else []


def build(tokens: TokenIssuer) -> FastAPI:
    """Return the hub's application."""
    app = FastAPI(
        title="LaminHub, sandbox", docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.tokens = tokens
    app.include_router(router)
    return app
