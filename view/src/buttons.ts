/** Buttons and links. */

import { html, nothing } from "lit-html";
import type { Page, Spec } from "./page";

/** Draws a button that looks like a link unless it's boxed. A click finds its `spec`. */
export function button(page: Page, spec: Spec, boxed?: boolean) {
  const { label, panel, href, copy } = spec;
  const open = panel && page._panel === panel;
  const look = spec.primary ? "lamin-db-button lamin-db-primary" : boxed && "lamin-db-button";
  if (href) {
    return html`<a href=${/^https?:/.test(href) ? href : nothing} target=_blank rel="noopener noreferrer">${label}</a>`;
  }
  return html`<button type=button class=${look || nothing} .spec=${spec}
    aria-disabled=${spec.disabled || (page._dead && (spec.action || spec.values)) ? true : nothing}
    aria-pressed=${spec._pressed ?? nothing}
    aria-expanded=${panel ? open : nothing}
    aria-controls=${open ? `${page._uid}panel` : nothing}
  >${copy && page._copied === copy ? "Copied" : label}</button>`;
}

export const buttons = (page: Page, specs?: Spec[], boxed?: boolean) =>
  specs?.map((spec) => button(page, spec, boxed));

/** Draws text to copy, in an element that scrolls. */
export const copyable = (page: Page, text: string, label: string, before: unknown = "") =>
  html`<div class=lamin-db-copy>
    ${before}
    <pre role=group aria-label=${label} tabindex=0>${text}</pre>
    ${button(page, { label: "Copy", copy: text }, true)}
  </div>`;
