"""Causes that lie with Lamin's API, the account, or the way to it."""

from __future__ import annotations

from typing import Final

from lamin_widgets.core.failures.cause import Cause

__all__ = ["API"]

_TEST: Final = "Test the connection to find out whether Lamin has the server."

API: Final = (
    Cause(
        "not_signed_in",
        "Nobody is signed in to Lamin.",
        "Sign in with an API key, in the form or as LAMIN_API_KEY, or with lamin login "
        "in a terminal; then try again.",
        "api_key",
        command="pip install lamin_cli && lamin login",
        when="There is no access token.",
    ),
    Cause(
        "token_rejected",
        "Lamin does not accept your sign-in any more.",
        "Your access token was refused, also after renewing it. Sign in again.",
        "api_key",
        command="pip install lamin_cli && lamin login",
        when="401, also after one renewal through lamindb_setup.",
    ),
    Cause(
        "api_key_rejected",
        "Lamin does not know this API key.",
        "Copy it again from your account settings on lamin.ai, in full.",
        "api_key",
        when="lamindb_setup says that the key was not found or is wrong.",
    ),
    Cause(
        "api_key_expired",
        "This API key has expired.",
        "Create a new one in your account settings on lamin.ai.",
        "api_key",
        when="lamindb_setup says that the key is expired.",
    ),
    Cause(
        "hub_unreachable",
        "Lamin's sign-in service could not be reached from here.",
        "Check the network, VPN or proxy of this machine, and try again.",
        when="No reply from the hub while signing in.",
    ),
    Cause(
        "forbidden",
        "Your account may not do this.",
        "An admin or manager of the organization can register servers, or give you the "
        "right to.",
        when="403.",
    ),
    Cause(
        "name_taken",
        "A server named {name} is already registered.",
        "Choose another name, or test the connection if it is yours.",
        "name",
        when="409, or a 4xx whose text says that it exists.",
    ),
    Cause(
        "instance_name_taken",
        "An instance named {instance} already exists.",
        "Choose another name, or connect to it with the command below; <owner> is the "
        "account that it belongs to.",
        "instance_name",
        command="pip install lamindb && lamin connect '<owner>/{instance}'",
        when="409 on creating an instance.",
    ),
    Cause(
        "not_registered",
        "Lamin knows no server named {name}.",
        "Register it first, or check the spelling.{near}",
        "name",
        when="404 of the check that speaks of the server.",
    ),
    Cause(
        "endpoint_not_found",
        "This is not the address of a Lamin API.",
        "{api_url} answers, but does not know the calls for database servers. "
        "Published addresses: {published}.",
        "api_url",
        when="404 for an unknown route on both spellings, or a 405.",
    ),
    Cause(
        "instances_not_supported",
        "This API does not offer creating instances.",
        "Create it in a terminal instead, with the password in PGPASSWORD; the command "
        "encodes it.",
        command="pip install lamindb && lamin init {init}",
        when="404 for the unknown route PUT /instances.",
    ),
    Cause(
        "field_rejected",
        "Lamin does not accept the value: {reason}",
        "Correct it and try again.",
        when="422 with loc: at the field that it names.",
    ),
    Cause(
        "request_rejected",
        "Lamin refused the request.",
        "What it said is under Details. Nothing was changed.",
        when="Another 4xx.",
    ),
    Cause(
        "organization_required",
        "This API asks for the organization ID.",
        "It is the UUID of your organization on Lamin, found in its settings on your "
        "Lamin hub, or ask its admin. From Python, it is organization_id.",
        "organization_id",
        when="422 whose loc ends in organization_id.",
    ),
    Cause(
        "rate_limited",
        "Lamin asks to slow down.",
        "Try again {again}.",
        when="429, with or without Retry-After.",
    ),
    Cause(
        "server_error",
        "Lamin's API had an internal error (HTTP {status}).",
        "Try again in a moment. {find_out}",
        when="A 500 with JSON, HTML or nothing.",
    ),
    Cause(
        "unavailable",
        "Lamin's API is not available just now (HTTP {status}).",
        "Try again {again}. {find_out}",
        when="502, 503, 504; the check is retried first.",
    ),
    Cause(
        "unreadable_reply",
        "The reply says neither yes nor no.",
        "What came back is under Details. If it is a sign-in page, a proxy or VPN "
        "stands in between. {find_out}",
        when="2xx with HTML, broken JSON, or a body without a verdict.",
    ),
    Cause(
        "redirected",
        "The API URL points elsewhere, to {location}.",
        "It was not followed, because the password would go there. If you trust that "
        "address, enter it as API URL.",
        "api_url",
        when="301, 302, 303, 307, 308.",
    ),
    Cause(
        "api_name_unknown",
        "There is no host named {api_host}.",
        "Check the API URL and your network. Published addresses: {published}.",
        "api_url",
        when="The API's host name cannot be resolved.",
    ),
    Cause(
        "api_refused",
        "{api_host} refuses the connection.",
        "Nothing listens at this address and port. Check the API URL, a VPN, or a "
        "proxy of this machine. Nothing was sent.",
        "api_url",
        when="The API's port is closed.",
    ),
    Cause(
        "api_unreachable",
        "{api_host} cannot be reached from here.",
        "A firewall, a missing VPN, or a proxy that has to be set (HTTPS_PROXY). "
        "Nothing was sent.",
        when="Connect timeout, or no route.",
    ),
    Cause(
        "api_no_answer",
        "Lamin's API gave no answer within {seconds} s.",
        "Try again in a moment. {find_out}",
        when="It accepts and never answers, or answers a byte at a time.",
    ),
    Cause(
        "connection_lost",
        "The connection to Lamin's API broke off.",
        "Try again in a moment. {find_out}",
        when="It closes before, or in the middle of, the reply.",
    ),
    Cause(
        "api_certificate",
        "The certificate of {api_host} cannot be trusted.",
        "If your company inspects TLS, point REQUESTS_CA_BUNDLE to its certificate "
        "and restart the kernel. Otherwise check the API URL. Nothing was sent.",
        "api_url",
        command="export REQUESTS_CA_BUNDLE=/path/to/company-ca.pem",
        when="A self-signed certificate, or one for another host name.",
    ),
    Cause(
        "api_proxy",
        "The proxy refuses the connection to {api_host}.",
        "The proxy comes from {proxy_variable}. Check its address, user and rules, or "
        "except the host with NO_PROXY. Nothing was sent.",
        when="HTTPS_PROXY that refuses or answers 407.",
    ),
    Cause(
        "check_failed",
        "Lamin could not connect to the server.",
        "Allow Lamin's addresses for the region in your firewall (see Allow-list). "
        "Diagnose shows how the server looks from here.",
        "host",
        when="The check answers that Lamin could not connect, without a known reason.",
    ),
    Cause(
        "cancelled",
        "Cancelled.",
        "{find_out}",
        when="Cancel while the action ran.",
    ),
)

_LOOK: Final = "Look at your instances on lamin.ai: it may have been created."

FIND_OUT: Final = {"register": _TEST, "create-instance": _LOOK}
"""What to add to the advice where an action may have happened all the same."""
