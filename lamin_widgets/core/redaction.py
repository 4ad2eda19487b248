"""The gate out: foreign text, made safe to show.

Replies, exceptions, server messages, and server names pass `safe_text` once, before
they reach an `Outcome`. After that, text is safe everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lamin_widgets.core.secret import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lamin_widgets.core.secret import Secret

__all__ = ["SHOWN", "safe_text"]

SHOWN: Final = 4096
"""The longest foreign text that is shown, in characters."""


def safe_text(
    text: str, secrets: Iterable[Secret | None] = (), limit: int = SHOWN
) -> str:
    """Return foreign text without secrets and control characters, and bounded.

    Args:
        text: Text from outside.
        secrets: The secrets in use. None and empty ones are ignored.
        limit: The longest result, in characters.
    """
    escaped = "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}"
        for char in redact(text, secrets)
    )
    return escaped[:limit]
