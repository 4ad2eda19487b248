/** Buttons and links. */

import { html, nothing } from "lit-html";
import type { Page, Spec } from "./page";

/** Draws a button. A click on the form finds its `spec`. */
export function button(page: Page, spec: Spec, style = "") {
  const { label, panel, href, copy } = spec;
  const open = panel && page._panel === panel;
  const look = style + (spec.primary ? " lamin-db-primary" : "");
  if (href) {
    return html`<a href=${/^https?:/.test(href) ? href : nothing} target=_blank rel="noopener noreferrer">${label}</a>`;
  }
  return html`<button type=button class=${look} .spec=${spec}
    aria-disabled=${spec.disabled || (page._dead && (spec.action || spec.values)) ? true : nothing}
    aria-pressed=${spec._pressed ?? nothing}
    aria-expanded=${panel ? open : nothing}
    aria-controls=${open ? `${page._uid}panel` : nothing}
  >${copy && page._copied === copy ? "Copied" : label}</button>`;
}

export const buttons = (page: Page, specs?: Spec[], style?: string) =>
  specs?.map((spec) => button(page, spec, style));

/** Draws text to copy, in an element that scrolls. */
export const copyable = (page: Page, text: string, label: string, before: unknown = "") =>
  html`<div class=lamin-db-copy>
    ${before}
    <pre role=group aria-label=${label} tabindex=0>${text}</pre>
    ${button(page, { label: "Copy", copy: text }, "lamin-db-small")}
  </div>`;
