"""What can go wrong with the sandbox itself."""

from __future__ import annotations

from lamin_widgets.core.errors import LaminWidgetsError


class SandboxError(LaminWidgetsError):
    """The sandbox could not do what was asked; the message says why."""
