"""The names and labels of the actions, and which of them change something."""

from typing import Final, Literal, TypeAlias

Action: TypeAlias = Literal[
    "register", "test", "diagnose", "sign-in", "sign-out", "create-instance"
]

LABELS: Final[dict[Action, str]] = {
    "register": "Register",
    "test": "Test connection",
    "diagnose": "Diagnose",
    "sign-in": "Sign in",
    "sign-out": "Sign out",
    "create-instance": "Create instance",
}
"""The labels of the actions' buttons."""

MAY_BE_STORED: Final = "This machine might still store the sign-in."
FIND_OUT: Final[dict[Action, str]] = {
    "register": "Lamin might have registered the server. Test the connection to find "
    "out.",
    "create-instance": "Lamin might have created the instance. Check your instances in "
    "LaminHub.",
    "sign-in": MAY_BE_STORED,
    "sign-out": "The sign-out might still take effect.",
}
"""The advice if an action might have taken effect."""
CHANGES_SOMETHING: Final = frozenset(FIND_OUT)
"""The actions that can take effect without a reply."""
