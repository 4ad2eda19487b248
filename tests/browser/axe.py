"""Checks of the form on a page, for accessibility and for clipped content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RUN_AXE = """async (forms, chosen) => {
  // Pictures of all states are on one page, so they have the same name.
  const isFit = ({ ruleId }) => forms.length === 1 || ruleId !== "landmark-unique";
  const values = chosen ?? axe.getRules().filter(isFit)
    .filter(({ tags }) => !tags.includes("wcag2aaa")).map(({ ruleId }) => ruleId);
  const runOnly = { type: "rule", values };
  const { violations, incomplete } = await axe.run({ include: forms }, { runOnly });
  // axe doesn't judge what is hidden, nor the contrast of a single character.
  const isSeen = ({ html }) => !/^<i aria-hidden="true">|lamin-db-hidden/.test(html);
  // The classic notebook marks the selected cell with a pseudo-element.
  const isOurs = ({ failureSummary }) => !failureSummary.includes("pseudo element");
  const undecided = incomplete.filter(({ id }) => id !== "hidden-content")
    .map(rule => ({ ...rule, nodes: rule.nodes.filter(
      node => isSeen(node) && isOurs(node)) }));
  return [...violations, ...undecided].flatMap(({ id, impact, nodes }) => nodes.map(
    ({ html, failureSummary }) => `${id} (${impact}): ${html}\n${failureSummary}`));
}"""
CUT_OFF = """form => {
  const frame = form.getBoundingClientRect();
  return [form, ...form.querySelectorAll("*")].filter(each => {
    const { left, right, width } = each.getBoundingClientRect();
    const clips = each.matches(
      "section, p, button, label, div:not(:has(pre)), ul, li, [role=status]");
    return width > 1 && !each.closest("option, pre *, .lamin-db-hidden")
      && (left < frame.left - 1 || right > frame.right + 1
        || (clips && each.scrollWidth > each.clientWidth + 1));
  }).map(each => each.outerHTML.slice(0, 200));
}"""
"""Script that lists elements outside the form's frame, or wider than their own box."""


def axe(it: Locator, rules: list[str] | None = None) -> list[str]:
    """Return the violations that axe-core finds in forms, and its undecided checks.

    Args:
        it: The forms.
        rules: The rules to check, or None for all of them up to level AA.
    """
    if not it.page.evaluate("() => 'axe' in window"):
        it.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = it.evaluate_all(RUN_AXE, rules)
    return found


def cut_off(it: Locator) -> list[str]:
    """Return the elements that don't fit into the form's width."""
    found: list[str] = it.evaluate(CUT_OFF)
    return found
