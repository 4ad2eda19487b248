"""How the built view looks: contrast, sizes, and styles of the page around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from browser.axe import axe, cut_off
from playwright.sync_api import expect

from view.fake import STATIC, show
from view.states import STATES, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

BOXES: Final = """form => [...form.querySelectorAll("*")].map(each => {
  const { x, y, width, height } = each.getBoundingClientRect();
  const { color, backgroundColor, fontSize, fontFamily } = getComputedStyle(each);
  return [each.tagName, x, y, width, height, color, backgroundColor, fontSize,
    fontFamily];
})"""
HOSTILE: Final = """
body.page p, body.page ol, body.page ul, body.page pre { margin: 0 0 16px; padding: 9px;
  font-family: serif; line-height: 2; background: pink; border: 2px solid red }
body.page ul, body.page ol, body.page li { padding-left: 24px; list-style: square }
body.page label, body.page b, body.page small, body.page i, body.page span {
  display: inline-block; margin-bottom: 5px; font-weight: 700; letter-spacing: 0 }
body.page input[type], body.page select, body.page textarea, body.page button {
  margin: 4px; padding: 12px; font: 20px serif; line-height: 3; width: auto;
  height: 40px; border: 3px solid red; border-radius: 9px; background: pink;
  box-shadow: 0 0 9px red; color: red; display: block; text-transform: uppercase }
body.page a { color: red; text-decoration: underline }
body.page header, body.page footer { display: block; padding: 30px; background: pink }
.row, .badge, .label, .title, .success, .field, .note { border: 9px solid red }
"""
"""More than Bootstrap 3 and Vuetify do, at their weight."""


def test_axe_finds_no_violation(page: Page) -> None:
    assert axe(show(page, *STATES.values(), theme="vscode-light")) == []


@pytest.mark.parametrize(
    "theme",
    [
        "dark",
        pytest.param("vscode-dark", marks=pytest.mark.full),
        pytest.param("contrast", marks=pytest.mark.full),
    ],
)
def test_axe_finds_enough_contrast_in_every_theme(page: Page, theme: str) -> None:
    assert axe(show(page, *STATES.values(), theme=theme), ["color-contrast"]) == []


@pytest.mark.parametrize(
    "width",
    [320, *(pytest.param(width, marks=pytest.mark.full) for width in (480, 736))],
)
def test_texts_of_the_form_are_not_cut_off(page: Page, width: int) -> None:
    it = show(page, *STATES.values(), width=width)
    found = {name: cut_off(it.nth(index)) for index, name in enumerate(STATES)}
    assert {name: cut for name, cut in found.items() if cut} == {}


def test_form_height_stays_within_its_limit(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    assert it.evaluate("it => it.offsetHeight") <= 620


def test_first_failing_step_fits_on_the_screen(page: Page) -> None:
    for name in ("failed", "firewall", "question"):
        it = show(page, STATES[name])
        step = it.locator("ol > li[data-is='✕']")
        bottom = "it => it.offsetTop + it.offsetHeight"
        assert step.evaluate(bottom) <= 800, name


def test_styles_of_the_page_do_not_change_the_form(page: Page) -> None:
    names = ("failed", "notes", "panel-code", "panel-instance", "signed-out")
    for name in names:
        plain = show(page, STATES[name]).evaluate(BOXES)
        it = show(page, STATES[name], css=[HOSTILE])
        page.evaluate("document.body.className = 'page'")
        assert it.evaluate(BOXES) == plain, name


def test_styles_of_the_form_do_not_change_the_page(page: Page) -> None:
    css = (STATIC / "view.css").read_text("utf-8")
    assert "@media" in css
    selectors = page.evaluate(
        """css => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      const top = rules => [...rules].flatMap(({ selectorText, name, cssRules }) =>
        selectorText ?? name ?? top(cssRules));
      return top(sheet.cssRules);
    }""",
        css,
    )
    assert len(selectors) > 3
    assert [each for each in selectors if "lamin-db" not in each] == []


def test_forms_of_a_page_share_the_styles(page: Page) -> None:
    show(page, STATES["filled-in"], STATES["empty"])
    assert page.evaluate("document.adoptedStyleSheets.length") == 1


def test_form_in_a_shadow_root_has_the_styles(page: Page) -> None:
    show(page, STATES["filled-in"])
    radius = page.evaluate("""() => {
      const host = document.body.appendChild(document.createElement("div"));
      const el = document.createElement("div");
      host.attachShadow({ mode: "open" }).append(el);
      view.default.render({ model, el, signal: closing.signal });
      return getComputedStyle(el.firstElementChild).borderRadius;
    }""")
    assert radius == "8px"


def test_class_names_have_the_prefix(page: Page) -> None:
    it = show(page, *STATES.values())
    classes: list[str] = it.evaluate_all("""all => all.flatMap(form =>
      [form, ...form.querySelectorAll("[class]")].flatMap(each => [...each.classList]))
    """)
    assert {each for each in classes if not each.startswith("lamin-db")} == set()
    assert len(set(classes)) > 9


@pytest.mark.parametrize("box", ["flex", "grid", "inline-flex", "block"])
def test_form_keeps_its_width_in_any_css_layout(page: Page, box: str) -> None:
    it = show(page, STATES["filled-in"])
    page.evaluate("box => { document.querySelector('main').style.display = box }", box)
    page.evaluate("document.querySelector('main > div').style.width = ''")
    assert it.evaluate("it => it.offsetWidth") > 700


def test_closed_panels_are_not_built(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    assert it.evaluate("it => it.querySelectorAll('*').length") < 110
    for name in ("API URL", "Connection string", "Instance name", "API key"):
        expect(it.get_by_label(name)).to_have_count(0)


def test_form_follows_motion_color_and_size_settings(page: Page) -> None:
    it = show(page, STATES["running-diagnose"])
    mark = it.locator("ol > li > i").first
    animation = "it => getComputedStyle(it).animationName"
    assert mark.evaluate(animation) != "none"
    page.emulate_media(reduced_motion="reduce")
    assert mark.evaluate(animation) == "none"
    page.emulate_media(forced_colors="active")
    show(page, STATES["passed"])
    for locator in (it.locator("ol > li > i").first, it.get_by_label("Host")):
        locator.focus()
        outline = locator.evaluate("it => getComputedStyle(it).outlineStyle")
        assert outline == "solid"
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")


@pytest.mark.parametrize("name", ["Host", "Password", "Region"])
def test_focused_field_has_a_visible_outline(page: Page, name: str) -> None:
    it = show(page, STATES["filled-in"])
    it.get_by_label(name, exact=True).focus()
    ring = it.locator(".lamin-db-field > div").filter(
        has=page.get_by_label(name, exact=True)
    )
    style = ring.evaluate("it => getComputedStyle(it).outline")
    assert re.search(r"solid 2px|2px solid", style), style
    inner = "it => getComputedStyle(it).outlineColor"
    assert it.get_by_label(name, exact=True).evaluate(inner) == "rgba(0, 0, 0, 0)"


def test_right_to_left_text_does_not_move_its_surroundings(page: Page) -> None:
    values: dict[str, Any] = {**STATES["filled-in"].values, "host": "דוגמה.co.il"}
    it = show(page, Shown(STATES["filled-in"].view, values))
    url = it.get_by_label("Connection URL")
    text = url.inner_text()
    assert text == "postgresql://postgres:***@דוגמה.co.il:5432/postgres"
    places = url.evaluate("""it => {
      const range = document.createRange();
      const parts = [...it.childNodes].filter(each => each.nodeType !== 8);
      return parts.map(each => {
        range.selectNodeContents(each);
        return range.getBoundingClientRect().left;
      });
    }""")
    assert places == sorted(places)


def test_bundle_is_within_its_size_limit() -> None:
    sizes = {name: (STATIC / name).stat().st_size for name in ("view.js", "view.css")}
    assert sizes["view.js"] <= 12_500
    assert sizes["view.css"] <= 6_000
