"""The state of the form: one frozen value that holds everything but the secrets."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lamin_widgets.form.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lamin_widgets.core.failures import CauseId, Place
    from lamin_widgets.core.outcome import Action, Outcome, Step
    from lamin_widgets.form.draft import Note

Origin: TypeAlias = Literal["page", "code"]
"""Where a value comes from: the browser, or Python."""

PasswordStatus: TypeAlias = Literal[
    "none", "held", "registered", "forgotten", "dropped"
]


class Password(NamedTuple):
    """The status of the password. The password is in the store.

    Attributes:
        status: "none" before the first one; "held" in memory; "registered" after it was
            cleared because Lamin has it; "forgotten" at the user's request; "dropped"
            because the page changed its destination.
        version: Counts the passwords that were entered.
        origin: Where it comes from.
        destination: If it comes from Python, where it may go (host, port, and API).
    """

    status: PasswordStatus = "none"
    version: int = 0
    origin: Origin = "page"
    destination: tuple[str, ...] = ()


class Account(NamedTuple):
    """The signed-in user, as of the newest look-up.

    Attributes:
        state: "checking", "signed-in", or "signed-out".
        text: For example "Signed in as ada".
        note: For example "API key expires in 3 days".
        hub: Host that an API key is sent to, if it isn't Lamin's own hub.
        turn: Counts the look-ups, so that an older one can't overwrite a newer one.
    """

    state: Literal["checking", "signed-in", "signed-out"] = "checking"
    text: str = ""
    note: str = ""
    turn: int = 0
    hub: str = ""


class Basis(NamedTuple):
    """The values that an outcome rests on, without spaces and variants of spelling."""

    api_url: str
    name: str
    host: str
    port: str
    region: str
    organization_id: str
    password_version: int

    @property
    def server(self) -> tuple[str, str]:
        """The identity of a registered server: the API and the name."""
        return self.api_url, self.name

    @property
    def destination(self) -> tuple[str, ...]:
        """The places that a password goes to: the database server and the API."""
        return self.host, self.port, self.api_url

    @property
    def login(self) -> tuple[str, str, int]:
        """The values that Diagnose rests on."""
        return self.host, self.port, self.password_version

    @property
    def registration(self) -> tuple[str, ...]:
        """The values that Lamin saves, apart from the password."""
        return (*self.server, self.host, self.port, self.region, self.organization_id)


class Observation(NamedTuple):
    """An outcome, with the values that it rests on."""

    outcome: Outcome
    basis: Basis


class Job(NamedTuple):
    """The action that runs.

    Attributes:
        number: Identifies it. A late event of another job is ignored.
        action: What is being done.
        basis: The values that it started with.
        steps: The steps of the diagnosis so far.
        canceling: Whether Cancel was clicked.
    """

    number: int
    action: Action
    basis: Basis
    steps: tuple[Step, ...] = ()
    canceling: bool = False


class Question(NamedTuple):
    """A question to answer before an action starts. Other values make it void.

    Attributes:
        action: The action that waits for the answer.
        causes: Rows of the catalog that say why it is asked, the first one first.
    """

    action: Action
    causes: tuple[CauseId, ...]


class Waiting(NamedTuple):
    """An action that is tried again until the network is open. Other values end it.

    Attributes:
        action: "diagnose" or "test".
        until: When to give up, in UTC.
        cause: The failure that is waited out. A different one ends the wait.
        tries: How often it was tried.
        next_at: When it is tried again, in UTC, or None while it runs.
    """

    action: Action
    until: datetime
    cause: CauseId | None = None
    tries: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True)
class State:
    """All data of the form, apart from the secrets.

    Attributes:
        draft: The values of the fields, as entered.
        password: The status of the password.
        account: Who is signed in.
        history: What was observed, the newest last.
        job: The action that runs, or None.
        question: The question to answer, or None.
        waiting: The action that is tried again, or None.
        notes: Messages at fields that the values don't explain, for example after a
            connection string was pasted.
        touched: Fields that the user has worked with. Others show no errors.
        panel: The open panel, or "".
        locked: Fields that the page can't change.
        trusted: API URLs that secrets may go to without a question, as given in code or
            confirmed by the user.
        sandbox_urls: API URLs of a sandbox on this machine.
        remembers: Whether a sign-in may be stored for this machine. On a server that
            visitors share, it isn't.
        place: Where the reader can run a command.
        keep_password: Whether the password stays in memory after Register.
        channel: Whether the front end can carry secrets.
        counter: The number of the last job.
        refused: The outcome of an action that didn't start, until another one ends.
        closed: Whether the form is closed.
    """

    draft: Draft = dataclasses.field(default_factory=Draft)
    password: Password = dataclasses.field(default_factory=Password)
    account: Account = dataclasses.field(default_factory=Account)
    history: tuple[Observation, ...] = ()
    job: Job | None = None
    question: Question | None = None
    waiting: Waiting | None = None
    notes: Mapping[str, Note] = dataclasses.field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    panel: str = ""
    locked: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    sandbox_urls: frozenset[str] = frozenset()
    remembers: bool = True
    place: Place = "cell"
    keep_password: bool = False
    channel: Literal["unknown", "ok", "unsupported"] = "unknown"
    counter: int = 0
    refused: Outcome | None = None
    closed: bool = False

    def replace(self, **changes: Any) -> State:
        """Return the state with some attributes replaced."""
        return dataclasses.replace(self, **changes)

    @cached_property
    def basis(self) -> Basis:
        """The values that an action would rest on now."""
        draft = self.draft
        return Basis(
            api_url=draft.parsed.api_url,
            name=draft.name.strip(),
            host=draft.host.strip().lower(),
            port=str(draft.port).strip(),
            region=draft.api_server_name.strip(),
            organization_id=draft.organization_id.strip(),
            password_version=self.password.version,
        )

    @cached_property
    def outcome(self) -> Outcome | None:
        """The newest outcome, including that of an action that didn't start."""
        if self.refused is not None:
            return self.refused
        return self.history[-1].outcome if self.history else None
