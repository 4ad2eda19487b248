/**
 * The view of DbServerWidget.
 *
 * Python decides and this page draws: it shows the trait `view` and the values of the
 * fields, and reports what the user does. Secrets leave as binary buffers, never as state.
 */

import { render as draw } from "lit-html";
import { copy } from "./copy";
import { isTyping, mayHoldPassword } from "./credentials";
import { form } from "./form";
import { connect } from "./kernel";
import { keepKeys } from "./keys";
import { listenUntil } from "./listen";
import type { Model, Received, Values } from "./model";
import { OTHER, type Page, type Spec } from "./page";
import { trouble } from "./trouble";
import { typedTexts } from "./typed";

export { maskedUrl } from "./url";
export { mayHoldPassword, typedTexts };

type Input = HTMLInputElement | HTMLSelectElement;
type WithSpec = HTMLElement & { spec?: Spec };

const SAVE_MS = 150;
const COPIED_MS = 1500;

function render({ model, el, signal }: { model: Model; el: HTMLElement; signal: AbortSignal }) {
  const root = document.createElement("section");
  const listen = listenUntil(signal);
  const typed = typedTexts(model);
  const kernel = connect(model, schedule);
  /** Secrets that were typed and not sent yet. */
  const unsent = new Set<string>();
  /** The field that is being typed in, and the message that it had before. */
  let [typing, before] = ["", ""];
  let [pressed, scheduled] = [false, false]; // pressed by a pointer: nothing may move under it
  let [saving, since] = [0, 0];

  const fields = () => model.get("view").fields ?? {};
  const isSecret = (name: string) => fields()[name]?.kind === "secret";
  const inputs = (name: string) => [...root.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)];
  const value = (name: string) => inputs(name)[0]?.value;

  const page: Page = {
    _uid: `lamin-db-${Math.random().toString(36).slice(2)}-`,
    _view: {},
    _panel: "",
    _trouble: "",
    _dead: false,
    _elapsed: 0,
    _revealed: false,
    _copied: "",
    _formats: {},
    _other: false,
    _text: typed._text,
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
  };

  // --- What the user does ---

  function edited(event: Event) {
    const { name, value: text, tagName } = event.target as Input;
    if (!name) {
      page._formats[page._panel] = text;
    } else if (tagName === "SELECT") {
      page._other = text === OTHER;
      fill({ [name]: page._other ? "" : text });
    } else {
      if (typing !== name) [typing, before] = [name, fields()[name]?.note?.text ?? ""];
      if (isSecret(name)) unsent.add(name);
      else typed._edit(name, text);
      page._other = page._other || Boolean(fields()[name]?.options);
      const whole = name === "paste" || (!isSecret(name) && mayHoldPassword(text));
      if (whole && !isTyping(event as InputEvent)) finish(name);
      saving ||= window.setTimeout(() => {
        saving = 0;
        typed._save();
      }, SAVE_MS);
    }
    update();
  }

  function left({ target, type }: Event) {
    const { name, value: text } = target as Input;
    if (type === "focusout") [typing, before, page._other] = ["", "", false];
    else if (text && isSecret(name)) unsent.add(name); // some password managers send no input event
    finish(name);
    schedule();
  }

  /** Hands over a field that was left, or is about to be used. */
  function finish(name: string) {
    if (isSecret(name)) {
      const text = value(name);
      if (name === "api_key" || !unsent.delete(name) || !text) return;
      if (name === "password") kernel._send({ kind: "password" }, text);
      else sendString(name, text);
      if (name === "paste") inputs(name)[0].value = "";
    } else {
      const text = typed._finish(name);
      if (text) sendString(name, text);
    }
  }

  const finishAll = () => [...typed._names(), ...unsent].forEach(finish);

  function sendString(field: string, text: string) {
    kernel._send({ kind: "connection-string", field, values: values() }, text);
  }

  /** Values ride along: ipywidgets holds state back while the kernel is busy, but no messages. */
  function values(): Values {
    const names = Object.keys(fields()).filter((name) => !isSecret(name));
    return Object.fromEntries(names.map((name) => [name, model.get(name)]));
  }

  function clicked({ target, detail }: Event & { detail?: number }) {
    const button = (target as Element).closest<WithSpec>("button");
    const spec = button?.spec;
    if (!spec) return;
    button.focus(); // Safari doesn't
    if ((detail ?? 0) > 1 || button.ariaDisabled) return; // a double click is one
    const { action, copy: text, focus: field, format, panel, values: filled } = spec;
    if (panel) {
      const same = !format || page._formats[panel] === format;
      if (format) page._formats[panel] = format;
      open(same && page._panel === panel ? "" : panel);
    }
    spec._run?.();
    if (filled) fill(filled);
    if (action) act(action);
    if (text) {
      copy(text, button).then((done) => {
        page._copied = done ? text : "";
        schedule();
        setTimeout(() => ((page._copied = ""), schedule()), COPIED_MS);
      });
    }
    update();
    if (field || filled) focus(field ?? Object.keys(filled as Values)[0]);
  }

  function open(panel: string) {
    finishAll();
    model.set("panel", panel);
    model.save_changes();
  }

  function fill(filled: Values) {
    for (const name in filled) {
      typed._edit(name, String(filled[name]));
      finish(name);
    }
  }

  function act(action: string) {
    finishAll();
    const key = action.startsWith("sign-in") ? value("api_key") : "";
    unsent.delete("api_key");
    kernel._send({ kind: "action", action, values: values() }, key);
    kernel._expect();
  }

  /** Moves the focus to a field and selects its text, so that typing replaces it. */
  function focus(name: string) {
    const panel = fields()[name]?.panel;
    if (panel && !inputs(name).length) open(panel);
    update();
    const input = inputs(name).at(-1);
    input?.focus({ preventScroll: true });
    input?.select?.();
    input?.scrollIntoView({ block: "nearest" });
  }

  /** Empties secret inputs. */
  function clear(names: string[]) {
    for (const name of names) {
      unsent.delete(name);
      for (const input of inputs(name)) input.value = "";
      if (name === "password") page._revealed = false;
    }
  }

  // --- What the kernel does ---

  function received(message: Received) {
    kernel._heard();
    if (message.kind === "clear-secrets") clear(message.fields.filter((name) => !unsent.has(name)));
    const active = focused() as HTMLInputElement | null; // another view, or another cell, keeps its focus
    if (message.kind === "focus" && active && active.name !== message.field) focus(message.field);
  }

  // --- Drawing ---

  function focused() {
    const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
    return root.contains(active) ? (active as WithSpec) : null;
  }

  function update() {
    scheduled = false;
    if (signal.aborted || pressed) return;
    const view = model.get("view");
    const active = focused();
    const label = active?.spec?.label;
    const place = active?.closest(".lamin-db-field, .lamin-db-panel, li, footer");
    page._view = view;
    page._panel = String(model.get("panel"));
    page._dead = kernel._state === "lost";
    page._trouble = trouble(kernel._state);
    if (page._dead) clear(Object.keys(fields()).filter(isSecret));
    since = view.running && !page._dead ? since || Date.now() : 0;
    page._elapsed = since && Math.floor((Date.now() - since) / 1000);
    draw(form(page), root);
    for (const input of root.querySelectorAll<Input>("[name]")) {
      if (!input.name || isSecret(input.name)) continue;
      const other = input.tagName === "SELECT" && input.nextElementSibling;
      const text = other ? OTHER : typed._text(input.name);
      if (input.value !== text) input.value = text;
    }
    if (active && (active.spec?.label !== label || !root.contains(active)))
      keepFocus(active, label, place);
  }

  /** Moves the focus on from an element that is gone, or is another button now. */
  function keepFocus(active: Element, label: string | undefined, place?: Element | null) {
    const near = place?.isConnected
      ? [...place.querySelectorAll<WithSpec>("input, select, button, a")]
      : [];
    const next =
      near.find(({ spec }) => spec?.label === label) ??
      (root.contains(active)
        ? active
        : (near[0] ?? root.querySelector(".lamin-db-primary, button")));
    if (next !== focused()) (next as HTMLElement).focus();
  }

  function schedule() {
    if (!scheduled) queueMicrotask(update);
    scheduled = true;
  }

  // --- Listening, until `signal` says that this view is closed ---

  function subscribe(event: string, listener: (message: Received) => void) {
    model.on(event, listener);
    signal.addEventListener("abort", () => model.off(event, listener));
  }

  subscribe("msg:custom", received);
  subscribe("change:view", kernel._heard);
  subscribe("comm_live_update", kernel._lost);
  for (const name of ["panel", ...Object.keys(values())]) subscribe(`change:${name}`, schedule);
  listen(root, "input", edited);
  listen(root, "change focusout", left);
  listen(root, "click", clicked);
  listen(root, "keydown", (event) => {
    if ((event as KeyboardEvent).key === "Enter" && (event.target as Input).name === "api_key") {
      inputs("api_key")[0].parentElement?.querySelector("button")?.click();
    }
  });
  listen(root, "pointerdown", (event) => {
    pressed = (event as PointerEvent).button === 0; // a menu may keep another's release
  });
  listen(window, "pointerup pointercancel dragend contextmenu", () => {
    if (pressed) setTimeout(() => ((pressed = false), update()));
  });
  keepKeys(root, listen);
  const ticking = setInterval(() => since && update(), 1000);
  listen(signal, "abort", () => {
    finishAll();
    clearTimeout(saving);
    clearInterval(ticking);
  });

  root.className = "lamin-db";
  root.lang = "en";
  root.dir = "ltr";
  root.ariaLabel = "Lamin database server";
  update();
  el.append(root);
  kernel._send({ kind: "hello" });
  if (model.get("view").secrets === "unknown") kernel._expect();
}

export default { render };
