"""The report: an outcome as text that a user can send to the database administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.core.connection import masked_url

if TYPE_CHECKING:
    from lamin_widgets.session.state import Observation, State

__all__ = ["report"]


def report(observation: Observation, state: State) -> str:
    """Return an outcome as text.

    Args:
        observation: The outcome, with the values that it rests on.
        state: The form.
    """
    outcome, basis = observation.outcome, observation.basis
    seen_from = "Lamin" if outcome.action == "test" else "this machine"
    server = masked_url(basis.host, basis.port)
    if outcome.action == "test":
        server = f"{basis.name}, as registered with Lamin"
    lines = [
        f"PostgreSQL server: {server}",
        f"Checked from {seen_from} on {outcome.at:%Y-%m-%d at %H:%M:%S} UTC",
        "",
        f"Result: {outcome.title}",
        *(f"  {step}" for step in outcome.steps),
    ]
    lines += [f"Cause: {outcome.cause}"] if outcome.cause else []
    lines += [f"Fix: {outcome.advice}"] if outcome.advice else []
    lines += [f"  {outcome.command}"] if outcome.command else []
    lines += ["", f"Details: {outcome.details}"] if outcome.details else []
    region = state.draft.parsed.region
    if region is not None:
        addresses = ", ".join(region.addresses)
        lines += [
            "",
            f"Lamin ({region.label}) connects from these IP addresses: {addresses}",
        ]
    return "\n".join(lines)
