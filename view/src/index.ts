/**
 * The view of DbServerWidget.
 *
 * Python decides and this page draws: it shows the trait `view` and the values of the
 * fields, and reports what the user does. Secrets leave as binary buffers, never as state.
 */

import { render as draw } from "lit-html";
import { copy } from "./copy";
import { isTyping, mayHoldPassword } from "./credentials";
import { focusedIn, rememberFocus } from "./focus";
import { form } from "./form";
import { connectInputs } from "./inputs";
import { connect, PATIENCE_MS } from "./kernel";
import { keepKeys } from "./keys";
import { listenUntil } from "./listen";
import type { Model, Received, Values } from "./model";
import { OTHER, type Page, type Spec } from "./page";
import { addStyles } from "./styles";
import { trouble } from "./trouble";
import { maskedUrl } from "./url";
import type { View } from "./view";

type Input = HTMLInputElement | HTMLSelectElement;

const SAVE_MS = 150;
const COPIED_MS = 1500;

function render({ model, el, signal }: { model: Model; el: HTMLElement; signal: AbortSignal }) {
  const root = document.createElement("section");
  const listen = listenUntil(signal);
  const kernel = connect(model, schedule);
  const inputs = connectInputs(root, model, kernel);
  /** The field in which the user types, and the message that it had before. */
  let [typing, before] = ["", ""];
  /** While a pointer is pressed, the view doesn't draw, so that nothing moves under the pointer. */
  let [pressed, scheduled] = [false, false];
  let [saving, since] = [0, 0];

  const page = {
    _uid: `lamin-db-${Math.random().toString(36).slice(2)}-`,
    _formats: {},
    _text: inputs._text,
    _note: (name, { note }) =>
      note?.level === "error" && typing === name && before !== note.text ? undefined : note,
    _reveal() {
      page._revealed = !page._revealed;
    },
    _forget() {
      clear(["password"]);
      kernel._forget();
      kernel._send({ kind: "forget-password" });
    },
  } as Page;

  // --- What the user does ---

  function edited(event: Event) {
    const { name, value, tagName } = event.target as Input;
    const spec = page._view.fields?.[name];
    if (!spec) {
      page._formats[page._panel] = value;
    } else if (tagName === "SELECT") {
      page._other = value === OTHER;
      fill({ [name]: page._other ? "" : value });
    } else {
      if (typing !== name) [typing, before] = [name, spec.note?.text ?? ""];
      if (spec.options) page._other = true;
      inputs._edit(name, value);
      const whole = name === "paste" || (!inputs._isSecret(name) && mayHoldPassword(value));
      if (whole && !isTyping(event as InputEvent)) inputs._finish(name);
      saving ||= window.setTimeout(() => {
        saving = 0;
        inputs._save();
      }, SAVE_MS);
    }
    redraw();
  }

  function left({ target, type }: Event) {
    const { name, value } = target as Input;
    if (type === "focusout") [typing, page._other] = ["", false];
    // Some password managers send no input event.
    else if (value && inputs._isSecret(name)) inputs._edit(name, value);
    inputs._finish(name);
    schedule();
  }

  function clicked({ target, detail }: MouseEvent) {
    const button = (target as Element).closest<HTMLElement & { spec?: Spec }>("button");
    if (!button?.spec) return;
    pressed = false;
    button.focus(); // Safari doesn't focus a clicked button.
    if (detail > 1 || button.ariaDisabled) return; // A double click counts once.
    const { action, copy: text, focus: field, format, panel, values, _run: run } = button.spec;
    if (panel) {
      const other = format && page._formats[panel] !== format;
      if (format) page._formats[panel] = format;
      open(page._panel === panel && !other ? "" : panel);
    }
    run?.();
    if (values) fill(values);
    if (action) act(action);
    if (text) copied(text, button);
    redraw();
    if (field || values) focus(field ?? Object.keys(values as Values)[0]);
  }

  async function copied(text: string, button: Element) {
    if (!(await copy(text, button))) return;
    page._copied = text;
    schedule();
    setTimeout(() => {
      page._copied = "";
      schedule();
    }, COPIED_MS);
  }

  function open(panel: string) {
    inputs._finishAll();
    model.set("panel", panel);
    model.save_changes();
  }

  function fill(values: Values) {
    for (const name in values) {
      inputs._edit(name, String(values[name]));
      inputs._finish(name);
    }
  }

  function act(action: string) {
    inputs._finishAll();
    const key = action.startsWith("sign-in") ? inputs._apiKey() : "";
    kernel._send({ kind: "action", action, values: inputs._values() }, key);
    kernel._expect();
  }

  /** Moves the focus to a field and selects its text, so that typing replaces it. */
  function focus(name: string) {
    const panel = page._view.fields?.[name]?.panel;
    if (panel && !inputs._elements(name).length) open(panel);
    redraw();
    const input = inputs._elements(name).at(-1);
    input?.focus({ preventScroll: true });
    input?.select?.();
    input?.scrollIntoView({ block: "nearest" });
  }

  function clear(names?: string[], unlessTyped?: boolean) {
    inputs._clear(names, unlessTyped);
    if (!inputs._elements("password")[0]?.value) page._revealed = false;
  }

  // --- What the kernel does ---

  function received(message: Received) {
    kernel._heard();
    if (message.kind === "clear-secrets") clear(message.fields, true);
    if (message.kind !== "focus") return;
    // If another view has the focus, that view keeps it.
    const active = focusedIn(root) as HTMLInputElement | undefined;
    if (active && active.name !== message.field) focus(message.field);
  }

  // --- Drawing ---

  function redraw() {
    scheduled = false;
    if (signal.aborted || pressed) return;
    const view = model.get("view");
    const restoreFocus = rememberFocus(root);
    page._dead = kernel._state === "lost" || Boolean(view.closed);
    page._view = page._dead || (kernel._state && !kernel._met) ? outdated(view) : view;
    page._panel = String(model.get("panel"));
    page._trouble = trouble(kernel._state, view);
    since = page._view.running ? since || Date.now() : 0;
    page._elapsed = since && Math.floor((Date.now() - since) / 1000);
    if (page._dead || view.secrets === "unsupported") clear();
    draw(form(page), root);
    for (const input of root.querySelectorAll<Input>("[name]")) {
      if (!view.fields?.[input.name] || inputs._isSecret(input.name)) continue;
      const other = input.tagName === "SELECT" && inputs._elements(input.name).length > 1;
      const text = other ? OTHER : inputs._text(input.name);
      if (input.value !== text) input.value = text;
    }
    restoreFocus();
  }

  /** Returns a view without the facts that a lost or another kernel doesn't have. */
  function outdated(view: View): View {
    const steps = view.steps?.map((step) => ({ ...step, stale: !/idle|next/.test(step.state) }));
    return { ...view, account: undefined, running: "", steps };
  }

  function schedule() {
    if (!scheduled) queueMicrotask(redraw);
    scheduled = true;
  }

  // --- Listening, until `signal` ends this view ---

  function subscribe(event: string, listener: (message: Received) => void) {
    model.on(event, listener);
    signal.addEventListener("abort", () => model.off(event, listener));
  }

  subscribe("msg:custom", received);
  subscribe("change:view", kernel._heard);
  subscribe("comm_live_update", kernel._lost);
  subscribe("change:panel", schedule);
  for (const name in model.get("view").fields) subscribe(`change:${name}`, schedule);
  listen(root, "input", edited);
  listen(root, "change focusout", left);
  listen(root, "click", clicked as (event: Event) => void);
  listen(root, "keydown", (event) => {
    const { name, nextElementSibling: buttons } = event.target as Input;
    if ((event as KeyboardEvent).key === "Enter" && name === "api_key")
      buttons?.querySelector("button")?.click();
  });
  listen(root, "pointerdown", (event) => {
    pressed = (event as PointerEvent).button === 0; // A menu can swallow the release of other buttons.
  });
  listen(window, "pointerup pointercancel dragend contextmenu", () => {
    if (!pressed) return;
    setTimeout(() => {
      pressed = false;
      redraw();
    });
  });
  keepKeys(root, listen);
  const ticking = setInterval(() => since && redraw(), 1000);
  signal.addEventListener("abort", () => {
    inputs._finishAll();
    clearTimeout(saving);
    clearInterval(ticking);
    clearTimeout(again);
  });

  const hello = () => kernel._send({ kind: "hello" });
  addStyles(el, model.get("_styles"));
  root.className = "lamin-db";
  root.lang = "en";
  root.dir = "ltr";
  root.ariaLabel = "Lamin database server";
  redraw();
  el.append(root);
  hello();
  // A front end without buffers loses the first hello, so the second one has no buffer.
  const again = setTimeout(() => page._view.secrets === "unknown" && hello(), PATIENCE_MS);
  kernel._expect();
}

/** anywidget calls `render`, and the tests also call the others. */
export default { render, maskedUrl, mayHoldPassword };
