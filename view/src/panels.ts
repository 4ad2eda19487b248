/** Panels. At most one is open. */

import { html, nothing } from "lit-html";
import { button, buttons, copyable } from "./buttons";
import { fields } from "./fields";
import { markOf, type Page } from "./page";
import type { Button, DiagnosisStepView, EntryView, PanelView } from "./view";

/** Draws the activity, or the steps of a diagnosis with their results. */
export const lines = (
  label: string,
  all: Partial<Omit<DiagnosisStepView, "state"> & EntryView>[],
) =>
  html`<ul role=list aria-label=${label}>${all.map(
    ({ name, at, state, text }) => html`<li data-is=${markOf(state) ?? nothing}>
      <i aria-hidden=true>${markOf(state)}</i>
      <b>${name ?? new Date(at ?? "").toLocaleTimeString()}</b>
      <span class=lamin-db-hidden>${state}</span>
      <span>${text}</span>
    </li>`,
  )}</ul>`;

/** Draws texts to copy, in one of their formats. */
function listing(page: Page, texts: Record<string, string>, label: string) {
  const names = Object.keys(texts);
  const wanted = [page._formats[page._panel], page._view.panel?.format ?? ""];
  const chosen = [...wanted, ...names].find((name) => texts[name]) as string;
  const format = html`<label>Format <select>${names.map(
    (name) => html`<option ?selected=${name === chosen}>${name}</option>`,
  )}</select></label>`;
  return copyable(page, texts[chosen], label, names.length > 1 ? format : "");
}

/** Draws the open panel, if it belongs to one of the buttons, and its id begins with `prefix`. */
export function panelOf(page: Page, specs?: Button[], prefix = "") {
  const { _panel: id, _uid: uid, _view: view } = page;
  const open = specs?.find(({ panel }) => panel && panel === id && id.startsWith(prefix));
  if (!open) return "";
  const panel = view.panel?.id === id ? view.panel : ({} as PanelView);
  const { texts, note, link, entries, diagnosis } = panel;
  return html`<div class=lamin-db-panel id="${uid}panel">
    ${fields(page, id)}
    ${note ? html`<p>${note} ${link ? button(page, link) : ""}</p>` : ""}
    ${texts ? listing(page, texts, open.label) : ""}
    ${entries || diagnosis ? lines(open.label, entries ?? diagnosis ?? []) : ""}
    ${buttons(page, panel.buttons, true)}
  </div>`;
}

/** Draws a button that opens a panel with fields, and the panel below it. */
export function disclosure(page: Page, id: string, label: string) {
  const spec = { label, panel: id };
  return html`<div>${button(page, spec)}${panelOf(page, [spec])}</div>`;
}
