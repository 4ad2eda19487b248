/** Fields with their hints and messages. */

import { html, nothing } from "lit-html";
import { buttons } from "./buttons";
import { OTHER, type Page, type Spec } from "./page";
import type { FieldView } from "./view";

/** Draws a field, with buttons inside its frame. */
function field(page: Page, name: string, spec: FieldView, inside: Spec[] = []) {
  const { label, kind, held, hint } = spec;
  const note = page._note(name, spec);
  const invalid = note?.level === "error";
  const secret = kind === "secret";
  const locked = spec.readonly || page._dead || (secret && page._view.secrets === "unsupported");
  const options = locked ? undefined : spec.options;
  const listed = !page._other && options?.some(([value]) => value === page._text(name));
  const [id, described] = [page._uid + name, `${page._uid + name}-note`];
  return html`<div class="lamin-db-field lamin-db-${name}" data-state=${note?.level ?? nothing}>
    <label for=${id}>${label}</label>
    <div class="lamin-db-frame">
      ${
        options
          ? html`<select id=${id} name=${name} aria-describedby=${described} aria-invalid=${invalid}>
            ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
            <option value=${OTHER}>Other…</option>
          </select>`
          : ""
      }
      ${
        listed
          ? ""
          : html`<input
            id=${options ? nothing : id}
            aria-label=${label}
            name=${name}
            type=${secret && !(name === "password" && page._revealed) ? "password" : "text"}
            autocomplete=${secret ? "new-password" : "off"}
            autocapitalize="off"
            spellcheck="false"
            inputmode=${kind === "number" ? "numeric" : nothing}
            placeholder=${(held ? "••••••••••••" : spec.placeholder) ?? nothing}
            ?readonly=${locked}
            aria-describedby=${described}
            aria-invalid=${invalid}
          >`
      }
      ${buttons(page, inside)}
    </div>
    <div class="lamin-db-note" id=${described}>${note?.text ?? hint} ${buttons(page, note?.buttons)}</div>
  </div>`;
}

/** The place of the API key, while the user is signed out. */
export const KEY = "key";

/** Draws the fields of a panel, or of the form itself (""). */
export function fields(page: Page, panel: string) {
  const { account, fields: all } = page._view;
  return html`<div class="lamin-db-grid">${Object.entries(all ?? {})
    .filter(([name, spec]) => (name === "api_key" ? KEY : (spec.panel ?? "")) === panel)
    .map(([name, spec]) => {
      if (name === "api_key") return field(page, name, spec, account?.buttons);
      if (name !== "password" || spec.readonly || page._dead) return field(page, name, spec);
      return field(page, name, spec, [
        ...(spec.held ? [{ label: "Forget password", _run: page._forget }] : []),
        { label: "Show password", _run: page._reveal, _pressed: page._revealed },
      ]);
    })}</div>`;
}
