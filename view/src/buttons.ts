/** Buttons and links. */

import { html, nothing } from "lit-html";
import type { Page, Spec } from "./page";

/** Draws a button. A click on the form finds its `spec`. */
export function button(page: Page, spec: Spec, style = "link") {
  const { label, panel, href } = spec;
  const look = `lamin-db-${style} ${spec.primary ? "lamin-db-primary" : ""}`;
  if (href) {
    return html`<a class=${look} .spec=${spec} href=${/^https?:/.test(href) ? href : nothing} target="_blank" rel="noopener noreferrer">${label}</a>`;
  }
  const off = spec.disabled || (page._dead && (spec.action || spec.values));
  return html`<button
    type="button"
    class=${look}
    .spec=${spec}
    aria-disabled=${off ? "true" : nothing}
    aria-pressed=${spec._pressed ?? nothing}
    aria-expanded=${panel ? page._panel === panel : nothing}
    aria-controls=${panel ? page._uid + panel : nothing}
  >${spec.copy && page._copied === spec.copy ? "Copied" : label}</button>`;
}

export const buttons = (page: Page, specs?: Spec[], style?: string) =>
  specs?.map((spec) => button(page, spec, style));

/** Draws text to copy, in an element that scrolls. */
export const copyable = (page: Page, text: string, label: string) => html`<pre
    role="group" aria-label=${label} tabindex="0">${text}</pre>${button(page, { label: "Copy", copy: text }, "small")}`;
