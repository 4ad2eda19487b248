/** Panels, of which one is open. */

import { html } from "lit-html";
import { button, buttons, copyable } from "./buttons";
import { fields } from "./fields";
import { MARKS, type Page } from "./page";
import type { Button, EntryView, RungView } from "./view";

/** Draws the steps of a diagnosis, with what was found, or the activity. */
export const lines = (label: string, all: (RungView | EntryView)[]) => html`<ol
  class="lamin-db-lines" role="list" aria-label=${label}
>${all.map((each) => {
  const { name = "", at = "", state, text } = each as RungView & EntryView;
  return html`<li data-state=${state}>
    <i aria-hidden="true">${MARKS[state]}</i>
    <b>${name || new Date(at).toLocaleTimeString()}</b>
    <span class="lamin-db-hidden">${state}</span>
    <span>${text}</span>
  </li>`;
})}</ol>`;

/** Draws texts to copy, in one of their formats. */
function listing(page: Page, texts: Record<string, string>, label: string) {
  const names = Object.keys(texts);
  const chosen = [page._formats[page._panel], page._view.panel?.format, ...names].find(
    (name) => name && texts[name],
  ) as string;
  return html`<div class="lamin-db-copy">
    ${
      names.length > 1
        ? html`<label>Format <select>
          ${names.map((name) => html`<option ?selected=${name === chosen}>${name}</option>`)}
        </select></label>`
        : ""
    }
    ${copyable(page, texts[chosen], label)}
  </div>`;
}

/** Draws the open panel. */
function panel(page: Page, label: string) {
  const { panel: sent } = page._view;
  const {
    texts,
    note,
    link,
    entries,
    rungs,
    buttons: specs,
  } = sent?.id === page._panel ? sent : ({} as typeof sent & {});
  return html`<div class="lamin-db-panel" id=${page._uid + page._panel}>
    ${fields(page, page._panel)}
    ${texts ? listing(page, texts, label) : ""}
    ${entries ? lines(label, entries) : ""}
    ${rungs ? lines("Checks", rungs) : ""}
    ${note || link ? html`<div class="lamin-db-note">${note} ${link ? button(page, link) : ""}</div>` : ""}
    ${buttons(page, specs, "button")}
  </div>`;
}

/** Draws the open panel, if it belongs to one of the buttons whose ids begin with `prefix`. */
export function panelOf(page: Page, specs: Button[] | undefined, prefix = "") {
  const open = specs?.find(({ panel: id }) => id && id === page._panel && id.startsWith(prefix));
  return open ? panel(page, open.label) : "";
}

/** Draws a button that opens a panel with fields, and the panel below it. */
export function disclosure(page: Page, id: string, label: string) {
  const spec = { label, panel: id };
  return html`<div>${button(page, spec, "link lamin-db-toggle")}${panelOf(page, [spec])}</div>`;
}
