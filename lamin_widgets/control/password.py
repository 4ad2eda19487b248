"""The password while the form has it, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lamin_widgets.core.connection import check_password

if TYPE_CHECKING:
    from lamin_widgets.core.secret import Secret

__all__ = ["Password"]


class Password:
    """Holds at most one password.

    Args:
        secret: The first one, or None.
        keep: Keep it after Lamin has accepted it.

    Attributes:
        secret: The password, or None.
        version: Counts the passwords that were entered.
        gone: "to Lamin", "forgotten" as the person asked for it, or an empty string
            for a password that is held or was never entered.

    Raises:
        InvalidInput: If PostgreSQL cannot take it.
    """

    def __init__(self, secret: Secret | None, *, keep: bool) -> None:
        self._keep = keep
        self.secret: Secret | None = None
        self.version = -1
        self.hold(secret)

    def hold(self, secret: Secret | None) -> None:
        """Hold a password; None or an empty one drops it.

        Raises:
            InvalidInput: If PostgreSQL cannot take it.
        """
        if secret:
            check_password(secret)
        if secret and secret == self.secret:
            return  # typed once more: what was found with it still holds
        self.secret = secret or None
        self.version += 1
        self.gone: Literal["", "to Lamin", "forgotten"] = ""

    def forget(self) -> None:
        """Drop it, as the person asked for it."""
        self.hold(None)
        self.gone = "forgotten"

    def hand_over(self, version: int) -> bool:
        """Drop it, as Lamin has accepted it; tell whether it was dropped.

        The version stays: what was diagnosed with it is still true.

        Args:
            version: The one that Lamin has; the next one is not dropped.
        """
        if self._keep or version != self.version:
            return False
        self.secret = None
        self.gone = "to Lamin"
        return True

    @property
    def has_outer_space(self) -> bool:
        """Whether it begins or ends with a space, which is seldom meant."""
        return self.secret is not None and (
            self.secret.reveal() != self.secret.reveal().strip()
        )

    def note(self, *, registered: bool) -> str:
        """Say where it is, for the person.

        Args:
            registered: Whether Lamin has the server, and so will not be given it.
        """
        if self.secret and (self._keep or registered):
            return "Held in the kernel's memory, until you forget it or close the form."
        if self.secret:
            return "Held in memory only. Once Lamin has it, it is dropped."
        if self.gone:
            return "Not held: Lamin has it." if self.gone == "to Lamin" else "Not held."
        return "Not held. Type it as it is: @, % and the like need no escapes."
