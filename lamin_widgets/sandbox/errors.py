"""What can go wrong with the sandbox itself."""

from __future__ import annotations


class SandboxError(RuntimeError):
    """The sandbox could not do what was asked; the message says why."""
