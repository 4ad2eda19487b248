"""The state of the form: one frozen value with all data except the secrets."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.action_names import Action
from lamin_widgets.form.draft import Draft, Note

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.failures.failure import Place
    from lamin_widgets.core.outcome import Outcome, Step

Origin: TypeAlias = Literal["page", "code"]
"""Where a value comes from: the browser, or the user's Python code."""

Cleared: TypeAlias = Literal["", "registered", "forgotten", "dropped"]
"""Why a password was cleared: Lamin has it, the user asked for it, or the page changed
its destination. "" if none was cleared."""


class Password(NamedTuple):
    """The newest password. Only the store has it, if `Draft.has_password` is true.

    Attributes:
        cleared: Why it was cleared, or "".
        version: Number of passwords that were entered so far.
        origin: Where it comes from.
        destination: For a password from Python: the host, port, and API that it can be
            sent to.
        not_for: For a password from a connection string on the page: the host that the
            string replaced, if any. The password is never sent to this host.
    """

    cleared: Cleared = ""
    version: int = 0
    origin: Origin = "page"
    destination: tuple[str, ...] = ()
    not_for: str | None = None


class AccountStatus(NamedTuple):
    """The Lamin account, as of the newest look-up.

    Attributes:
        state: "checking", "signed-in", or "signed-out".
        text: For example "Signed in as ada".
        note: For example "API key expires in 3 days".
        turn: Number of the look-up. An older look-up can't overwrite a newer one.
        hub: Host that an API key is sent to, or "" for Lamin's own hub.
    """

    state: Literal["checking", "signed-in", "signed-out"] = "checking"
    text: str = ""
    note: str = ""
    turn: int = 0
    hub: str = ""


class Basis(NamedTuple):
    """The values of the form with which an action runs, in their normal form."""

    api_url: str
    name: str
    host: str
    port: str
    region: str
    organization_id: str
    password_version: int
    instance: tuple[str, ...]

    @property
    def server(self) -> tuple[str, str]:
        """The API and the name, which identify a registered server."""
        return self.api_url, self.name

    @property
    def destination(self) -> tuple[str, ...]:
        """The database server and the API, which a password is sent to."""
        return self.host, self.port, self.api_url

    @property
    def login(self) -> tuple[str, str, int]:
        """The values that Diagnose uses."""
        return self.host, self.port, self.password_version

    @property
    def registration(self) -> tuple[str, ...]:
        """The values that Lamin saves, apart from the password."""
        return (*self.server, self.host, self.port, self.region, self.organization_id)


class Observation(NamedTuple):
    """An outcome, and the values of the form with which the action ran."""

    outcome: "Outcome"
    basis: Basis


class Job(NamedTuple):
    """The running action, as the state has it. See `store.RunningJob` for its thread.

    Attributes:
        number: Number of the job. Events with another number are ignored.
        basis: The values of the form when the job started.
        steps: The steps of the diagnosis so far.
        canceling: Whether the user clicked Cancel.
    """

    number: int
    action: Action
    by: Origin
    basis: Basis
    steps: "tuple[Step, ...]" = ()
    canceling: bool = False


class Question(NamedTuple):
    """A question to answer before an action starts.

    It's removed if the values of the form change.

    Attributes:
        action: The action that starts after the user confirms.
        causes: Ids of the catalog with the reasons for the question, main reason first.
    """

    action: Action
    causes: "tuple[CauseId, ...]"


class Waiting(NamedTuple):
    """A check that is repeated while it fails for a transient reason.

    It ends if the values of the form change.

    Attributes:
        action: "diagnose" or "test".
        until: When to give up, in UTC.
        tries: Number of tries so far.
        next_at: Time of the next try, in UTC, or None while a try runs.
    """

    action: Action
    until: datetime
    tries: int = 0
    next_at: datetime | None = None


class _Fields(NamedTuple):
    """The fields of `State`. A named tuple can't cache values, but its subclass can."""

    draft: Draft = Draft()
    password: Password = Password()
    account: AccountStatus = AccountStatus()
    user: str = ""
    history: tuple[Observation, ...] = ()
    job: Job | None = None
    question: Question | None = None
    waiting: Waiting | None = None
    notes: Mapping[str, Note] = MappingProxyType({})
    touched: frozenset[str] = frozenset()
    panel: str = ""
    locked: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    sandbox_urls: frozenset[str] = frozenset()
    shared: bool = False
    from_page: frozenset[str] = frozenset()
    place: "Place" = "cell"
    keep_password: bool = False
    secrets: Literal["unknown", "ok", "unsupported"] = "unknown"
    counter: int = 0
    refused: "Outcome | None" = None
    closed: bool = False


class State(_Fields):
    """All data of the form, apart from the secrets.

    Attributes:
        draft: The values of the fields, as entered.
        password: The origin of the newest password, and why it was cleared.
        account: The Lamin account.
        user: The user who signed in last, as text, or "". Outcomes of Lamin are theirs.
        history: The outcomes of actions, the newest last.
        job: The running action, or None.
        question: The open question, or None.
        waiting: The check that is repeated, or None.
        notes: Messages at fields that come from an event and not from the values, for
            example after a connection string was pasted.
        touched: Fields that have been edited or required. Only these show errors.
        panel: The open panel, or "".
        locked: Fields that the page can't change.
        trusted: API URLs that secrets can be sent to without a question, because code
            set them.
        confirmed: The same, because the user confirmed them.
        sandbox_urls: API URLs of a sandbox on this machine.
        shared: Whether visitors who don't own this process could use the form. They
            can't store a sign-in, confirm an API, or choose where a password from
            Python goes.
        from_page: Fields that the page has set, and "api_key" if it has signed in.
        place: Where the user can run a command.
        keep_password: Whether the password stays in memory after Register.
        secrets: Whether the front end can send secrets as binary buffers.
        counter: The number of the newest job.
        refused: The outcome of an action that didn't start, until another action starts
            or ends.
        closed: Whether the form is closed.
    """

    def __repr__(self) -> str:
        """Return no values, because any field could contain a password."""
        return "State()"

    @cached_property
    def basis(self) -> Basis:
        """The values with which an action would run now."""
        draft = self.draft
        return Basis(
            api_url=draft.parsed.api_url,
            name=draft.name.strip(),
            host=draft.host.strip().lower(),
            port=str(draft.port).strip(),
            region=draft.api_server_name.strip(),
            organization_id=draft.organization_id.strip(),
            password_version=self.password.version,
            instance=(
                draft.instance_name.strip(),
                draft.storage.strip(),
                draft.schema_str.strip(),
                draft.account_id.strip(),
            ),
        )

    @cached_property
    def outcome(self) -> "Outcome | None":
        """The newest outcome, including that of an action that didn't start."""
        if self.refused is not None:
            return self.refused
        return self.history[-1].outcome if self.history else None
