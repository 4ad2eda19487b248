/** The form, from top to bottom. */

import { html, nothing } from "lit-html";
import { button, buttons, copyable } from "./buttons";
import { fields, KEY } from "./fields";
import { MARKS, type Page } from "./page";
import { disclosure, lines, panelOf } from "./panels";
import { maskedUrl } from "./url";
import type { StepView } from "./view";

function step(page: Page, spec: StepView, index: number) {
  const { id, state, title, text, time, stale, command, rungs } = spec;
  const note = stale ? "Out of date" : state === "running" ? `${page._elapsed} s` : time;
  return html`<li data-state=${state} data-stale=${stale ?? nothing}>
    <i aria-hidden="true">${MARKS[state] ?? index + 1}</i>
    <div><b>${title}</b> <small>${note}</small><p>${text}</p></div>
    ${spec.button ? button(page, spec.button, "button") : ""}
    <div class="lamin-db-box">
      ${command ? html`<div class="lamin-db-command">${copyable(page, command.text, command.label)}</div>` : ""}
      ${rungs ? lines("Checks", rungs) : ""}
      ${spec.buttons ? html`<p>${buttons(page, spec.buttons)}</p>` : ""}
      ${panelOf(page, spec.buttons, `${id}-`)}
    </div>
  </li>`;
}

/** Draws the form. */
export function form(page: Page) {
  const { account, announcement, badge, footer, steps } = page._view;
  const { state, text, note, buttons: signedIn } = account ?? {};
  const signedOut = state === "signed-out";
  const [before, host, after] = maskedUrl(page._text("host"), page._text("port"));
  return html`<header>
      <b>Lamin database server</b>
      <span data-state=${state}>${text}${note ? ` · ${note}` : ""} ${signedOut ? "" : buttons(page, signedIn)}</span>
      ${badge ? html`<small>${badge}</small>` : ""}
    </header>
    <div role="status"><span class="lamin-db-hidden">${announcement}</span><p>${page._trouble}</p></div>
    <div class="lamin-db-body">
      ${signedOut ? fields(page, KEY) : ""}
      ${disclosure(page, "paste", "Paste a connection string")}
      ${fields(page, "")}
      <div class="lamin-db-url"><b aria-hidden="true">Connection URL</b>
        <span role="group" aria-label="Connection URL">${before}<bdi>${host}</bdi>${after}</span></div>
      ${disclosure(page, "advanced", "Advanced")}
    </div>
    <ol role="list" aria-label="Steps">${steps?.map((each, index) => step(page, each, index))}</ol>
    <footer>${buttons(page, footer)}${panelOf(page, footer)}</footer>`;
}
