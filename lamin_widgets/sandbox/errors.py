"""The exception of the sandbox."""

from __future__ import annotations

from lamin_widgets.core.errors import LaminWidgetsError


class SandboxError(LaminWidgetsError):
    """The sandbox can't carry out a request. The message has the reason."""
