"""Tasks that keep the page from answering while results arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench_typing import long_row
from pages import OURS, PEER, notebook

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import environment, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from rows import Row

    from lamin_widgets.sandbox.postgres import Postgres

PREPARE = """
ours.host, ours.port, ours.name = "{host}", {port}, "{name}-ours"
ours.set_password("{password}")
for child, value in zip(peer.children[1:6], ("{name}-peer", "prod-us-east-1", "{host}",
                                             {port}, "{password}")):
    child.value = value
"""
PRESS = """async ([cell, label, expected]) => window.bench.longTasks(async () => {
  const { text, until, press } = window.bench;
  const before = text(cell);
  press(cell, label);
  await until(() => text(cell) !== before);
  await until(() => text(cell).includes(expected));
})"""
BUTTONS = {
    OURS: (
        ("Diagnose", "This machine can connect"),
        ("Register", "Registered with Lamin"),
        ("Test connection", "Lamin can connect"),
    ),
    PEER: (("Register", "201"), ("Test connection", "200")),
}


def rows(turns: int = 3) -> list[Row]:
    """Press every button and wait for what comes of it."""
    with Sandbox() as box:
        sign_in(box)
        with notebook(environment(box)) as page:
            return [row_on(page, box.database, turns)]


def row_on(page: Page, server: Postgres, turns: int) -> Row:
    """Measure on a page with both forms; the first turn doesn't count."""
    found: dict[int, list[float]] = {OURS: [], PEER: []}
    for turn in range(turns + 1):
        for cell, buttons in BUTTONS.items():
            page.evaluate(
                "code => window.bench.execute(code)",
                PREPARE.format(
                    host=server.host,
                    port=server.port,
                    password=server.password,
                    name=f"turn-{turn}-{cell}",
                ),
            )
            for label, expected in buttons:
                long = page.evaluate(PRESS, [cell, label, expected])
                found[cell] += long if turn else []
    return long_row("while results arrive", found[OURS], found[PEER])
