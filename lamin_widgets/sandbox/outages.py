"""Ways to break the sandbox's sign-in and Lamin API, and a function to repair them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.sandbox.api import Api
    from lamin_widgets.sandbox.faults import FaultLayer
    from lamin_widgets.sandbox.lamin import Lamin
    from lamin_widgets.sandbox.tokens import TokenIssuer

SLOW_S: Final = 5.0


@dataclass(frozen=True)
class Services:
    """The web services of a sandbox.

    Attributes:
        api: The API whose version can be changed.
        apis: The fault layers of all APIs.
        hub: The fault layer of the hub.
        states: The states of all APIs.
        tokens: Issuer of the access tokens.
    """

    api: Api
    apis: tuple[FaultLayer, ...]
    hub: FaultLayer
    states: tuple[Lamin, ...]
    tokens: TokenIssuer


def _expire_api_key(services: Services) -> None:
    services.tokens.expire_all()
    services.tokens.key_expired = True


def _fill_quota(services: Services) -> None:
    for lamin in services.states:
        lamin.instance_quota = 0


def _fault_in_apis(**fault: Any) -> Callable[[Services], None]:
    """Return a function that sets a fault for all requests to the APIs."""

    def set_fault(services: Services) -> None:
        for layer in services.apis:
            layer.fault(times=None, **fault)

    return set_fault


def _hub_down(services: Services) -> None:
    services.hub.fault(times=None, status=503, body="<h1>Service unavailable</h1>")


OUTAGES: Final[dict[str, Callable[[Services], None]]] = {
    "token-expired": lambda services: services.tokens.expire_all(),
    "api-key-expired": _expire_api_key,
    "hub-down": _hub_down,
    "api-slow": _fault_in_apis(delay_s=SLOW_S),
    "api-silent": _fault_in_apis(silent=True),
    "api-failing": _fault_in_apis(status=503, body={"detail": "Service unavailable"}),
    "instance-quota": _fill_quota,
}
"""The breakages of the sign-in and the API for `Sandbox.break_`, by name."""


def restore(services: Services) -> None:
    """Undo every outage, and use the guide's version of the API again."""
    for layer in (*services.apis, services.hub):
        layer.clear_faults()
    for lamin in services.states:
        lamin.instance_quota = None
    services.tokens.key_expired = False
    services.tokens.api_key_expires_at = None
    services.api.version = "guide"
