/** Fields with their hints and messages. */

import { html, nothing } from "lit-html";
import { buttons } from "./buttons";
import { markOf, OTHER, type Page, type Spec } from "./page";
import type { FieldView } from "./view";

/** The panel name of the API key. The form shows this field while the user is signed out. */
export const KEY = "key";

/** Draws a field, with buttons inside its frame. */
function field(page: Page, name: string, spec: FieldView) {
  const { label, kind } = spec;
  const { account, secrets } = page._view;
  const note = page._note(name, spec);
  const mark = markOf(note?.level);
  const invalid = mark === "✕";
  const secret = kind === "secret";
  const password = name === "password";
  const held = spec.held && !page._dead;
  const locked = spec.readonly || page._dead || (secret && secrets === "unsupported");
  const options = locked ? undefined : spec.options;
  const listed = !page._other && options?.some(([value]) => value === page._text(name));
  const id = page._uid + name;
  const inside: Spec[] = (name === "api_key" && account?.buttons) || [];
  if (password && !locked) {
    if (held) inside.push({ label: "Forget password", _run: page._forget });
    inside.push({ label: "Show password", _run: page._reveal, _pressed: page._revealed });
  }
  return html`<div class="lamin-db-field lamin-db-${name}" data-is=${mark ?? nothing}>
    <label for=${id}>${label}</label>
    <div>
      ${
        options
          ? html`<select id=${id} name=${name} aria-describedby="${id}-note" aria-invalid=${invalid}>
            ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
            <option value=${OTHER}>Other…</option>
          </select>`
          : ""
      }
      ${
        listed
          ? ""
          : html`<input id=${options ? nothing : id} name=${name} aria-label=${label}
            aria-describedby="${id}-note" aria-invalid=${invalid} ?readonly=${locked}
            type=${secret && !(password && page._revealed) ? "password" : "text"}
            autocomplete=${secret ? "new-password" : "off"} autocapitalize=off spellcheck=false
            inputmode=${kind === "number" ? "numeric" : "text"}
            placeholder=${(held ? "••••••••••••" : spec.placeholder) ?? ""}>`
      }
      <span>${buttons(page, inside, !password)}</span>
    </div>
    <p id="${id}-note">${note?.text ?? (secret && page._dead ? "" : spec.hint)} ${buttons(page, note?.buttons)}</p>
  </div>`;
}

/** Draws the fields of a panel, or of the form itself (""). */
export const fields = (page: Page, panel: string) =>
  html`<div class=lamin-db-grid>${Object.entries(page._view.fields ?? {})
    .filter(([name, spec]) => (name === "api_key" ? KEY : (spec.panel ?? "")) === panel)
    .map(([name, spec]) => field(page, name, spec))}</div>`;
