"""Writes the list of failures out of the catalogue that the form itself uses.

In a page::

    ```{failures} database
    ```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from lamin_widgets.core.failures import CAUSES
from lamin_widgets.core.failures.api import API
from lamin_widgets.core.failures.database import DATABASE
from lamin_widgets.core.failures.form import FORM

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from lamin_widgets.core.failures import Cause

LABELS = {
    "name": "Server name",
    "api_server_name": "Region",
    "host": "Host",
    "port": "Port",
    "password": "Password",
    "api_url": "API URL",
    "organization_id": "Organization ID",
    "paste": "Connection string",
    "api_key": "API key",
    "instance_name": "Instance name",
}
"""The fields, as the form calls them."""

USUAL = {"again": "in a moment", "doing": "The action"} | dict.fromkeys(
    ("find_out", "hint", "near", "seems"), ""
)
"""Placeholders that are whole sentences, or none; the others are shown by name."""


def part(name: str) -> tuple[Cause, ...]:
    """Give one part of the catalogue; "other" is what the named parts leave over."""
    parts = {"form": FORM, "api": API, "database": DATABASE}
    if name == "other":
        named = {cause.id for causes in parts.values() for cause in causes}
        return tuple(cause for cause in CAUSES.values() if cause.id not in named)
    return parts[name]


class Failures(SphinxDirective):
    """A definition for each failure of one part of the catalogue."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        rows = nodes.definition_list(classes=["failures"])
        for cause in part(self.arguments[0]):
            rows += self._row(cause)
        return [rows]

    def _row(self, cause: Cause) -> nodes.definition_list_item:
        term = nodes.term("", "", nodes.literal(text=cause.id), ids=[cause.id])
        body = nodes.definition()
        title, advice, command = cause.fill(USUAL)
        body += nodes.paragraph("", "", nodes.strong(text=title))
        if cause.when:
            body += _line("When", cause.when)
        if advice.strip():
            body += _line("What to do", advice.strip())
        if cause.field:
            body += _line("Field", LABELS[cause.field])
        if command:
            body += nodes.literal_block(text=command, language="none")
        return nodes.definition_list_item("", term, body)


def _line(label: str, text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.emphasis(text=f"{label}: "), nodes.Text(text))


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx about the directive."""
    app.add_directive("failures", Failures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
