/** The form, from top to bottom. */

import { html, nothing } from "lit-html";
import { button, buttons, copyable } from "./buttons";
import { fields, KEY } from "./fields";
import { markOf, type Page } from "./page";
import { disclosure, lines, panelOf } from "./panels";
import { maskedUrl } from "./url";
import type { StepView } from "./view";

function step(page: Page, spec: StepView, index: number) {
  const { id, state, stale, commands, diagnosis } = spec;
  const running = state === "running";
  const found = diagnosis ? lines("Checks", diagnosis) : "";
  const links = buttons(page, spec.buttons);
  const apart = commands?.length || diagnosis;
  return html`<li data-is=${markOf(state) ?? state} data-stale=${stale || nothing}>
    <i aria-hidden=true>${markOf(state) ?? index + 1}</i>
    <div>
      <b>${spec.title}</b> <small>${stale ? "Out of date" : running ? `${page._elapsed} s` : spec.time}</small>
      ${running && diagnosis ? found : html`<p>${spec.text} ${apart ? "" : links}</p>`}
    </div>
    ${spec.button ? button(page, spec.button, true) : ""}
    <div>
      ${commands?.map(({ label, text }) => copyable(page, text, label))}
      ${running ? "" : found}
      ${apart && links?.length ? html`<p>${links}</p>` : ""}
      ${panelOf(page, spec.buttons, `${id}-`)}
    </div>
  </li>`;
}

/** Draws the form. */
export function form(page: Page) {
  const { account, announcement, badge, footer, steps } = page._view;
  const signedOut = account?.state === "signed-out";
  const [before, host, after] = maskedUrl(page._text("host"), page._text("port"));
  return html`<header>
      <b>Lamin database server</b>
      <span data-is=${signedOut ? "!" : nothing}>${account?.text}${account?.note ? ` · ${account.note}` : ""} ${
        signedOut ? "" : buttons(page, account?.buttons)
      }</span>
      <small>${badge}</small>
    </header>
    <div role=status><span class=lamin-db-hidden>${announcement}</span><p>${page._trouble}</p></div>
    <div class=lamin-db-body>
      ${signedOut ? fields(page, KEY) : ""}
      ${disclosure(page, "paste", "Paste a connection string")}
      ${fields(page, "")}
      <div class=lamin-db-url>
        <b aria-hidden=true>Connection URL</b>
        <span role=group aria-label="Connection URL">${before}<bdi>${host}</bdi>${after}</span>
      </div>
      ${disclosure(page, "advanced", "Advanced")}
    </div>
    <ol role=list aria-label=Steps>${steps?.map((each, index) => step(page, each, index))}</ol>
    <footer>${buttons(page, footer)}${panelOf(page, footer)}</footer>`;
}
