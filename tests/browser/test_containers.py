"""The form inside other widgets keeps its width, in every front end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.axe import cut_off
from browser.front_ends import FRONT_ENDS
from browser.front_ends.jupyter import JupyterLab
from browser.front_ends.marimo import Marimo
from browser.page import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from typing import Any

    from browser.front_ends.front_end import FrontEnd

CONTAINERS = """
import ipywidgets as ipw, lamin_widgets as lw
form = lambda: lw.DbServerWidget(host="db.example.org")
ipw.VBox([
    ipw.HBox([form()]),
    form(),
    ipw.Tab([form()], titles=["Tab"]),
    ipw.Accordion([form()], titles=["Accordion"], selected_index=0),
])
"""
NARROW = {"viewport": {"width": 420, "height": 1000}}


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({}, id="wide"),
        pytest.param(NARROW, id="narrow", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize(
    "front_end",
    [
        pytest.param(
            name,
            marks=[] if name == JupyterLab.name else [pytest.mark.full],
            id=FRONT_ENDS[name].__name__,
        )
        for name in FRONT_ENDS
        if name != Marimo.name  # marimo doesn't show the containers of ipywidgets.
    ],
    indirect=True,
)
def test_form_keeps_its_width_in_a_container(
    front_end: FrontEnd, context: dict[str, Any]
) -> None:
    page = front_end.open(CONTAINERS, **context)
    expect(form(page)).to_have_count(4)
    for it in form(page).all():
        box = it.bounding_box()
        assert box is not None
        assert box["width"] > (200 if context else 600)
        assert cut_off(it) == []
