// The view of DbServerWidget. Python decides, this page draws: it shows the traits of the
// model and reports what the person did. Secrets leave as binary buffers, never as state.

/** @import { Action, Child, Fix, Model, Outcome, Parts, Received, Sent } from "./model" */

const PANELS = { paste: "Paste a connection string", advanced: "Advanced", details: "Details", activity: "Activity", code: "Show code",
  allow_list: "Allow-list", instance: "Create an instance" };
const KERNEL_TRAITS = ["has_password", "hints", "locked", "regions", "messages", "account", "progress", "result", "facts", "activity",
  "texts", "allow_list_note", "next_step"];
/** What a model still says, once its kernel is gone, and is true no more. @type {Record<string, unknown>} */
const GONE = { has_password: false, hints: {}, messages: {}, progress: {}, next_step: false };
const LOST = "This form has lost its kernel. Run its cell again, and those above it, to go on.";
const SILENT = "The kernel has not answered yet: it is busy, or was restarted. If it was restarted, run its cell again, and those above it.";
const STALE = "From before the last change";
const TYPED = "Held in memory once you leave the field.";
const ADDRESS = /^\s*(https?:\/\/[^@]*$|(s3|gs|gcs|az|abfss?|hf|file):\/\/[^@/?#]*(\/|$))/i;
const MAY_BE_HOST = /^([\w.\u0080-\u{10ffff}-]*|\[?[\da-fA-F]*:[\da-fA-F:.]*(%[\w.-]*)?\]?)$/u;
const CREDENTIALS = /:\/\/.*@|[^\s:\/@=]+:.+@|\b(\w*password|host(addr)?|user|dbname|port)\s*=|^\W*(postgres(ql)?:|psql\s|jdbc:|(export\s+)?\w*(url|uri|dsn)\s*=)/is;

/** As Python's `masked_url` writes it. @param {string} host @param {string | number} port */
export function maskedUrl(host, port) {
  const name = MAY_BE_HOST.test(host.trim()) ? host.trim() : "";
  const address = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `postgresql://postgres:***@${address || "<your-host>"}:${String(port).trim() || "<your-port>"}/postgres`;
}

/** Whether a text may hold a password, and goes to Python as a secret, to be taken apart. @param {string} text */
export const mayHoldPassword = (text) => CREDENTIALS.test(text) && !ADDRESS.test(text);

const joined = (/** @type {unknown[]} */ ...parts) => parts.filter(Boolean).join(" · ");
const present = (/** @type {Child[]} */ children) => children.filter((child) => typeof child === "string" || child instanceof Node);
const seconds = (/** @type {number | undefined} */ time) => (time == null ? "" : time < 0.1 ? "< 0.1 s" : `${time.toFixed(time < 10 ? 1 : 0)} s`);
const clock = (/** @type {string | undefined} */ at) => at && new Date(at).toLocaleTimeString();
const isSeen = (/** @type {Element | null | undefined} */ node) => Boolean(node?.getClientRects().length);
/** Typed key by key; not pasted, dropped or filled in. @param {InputEvent} event */
const isTyping = ({ inputType, data }) => /^(delete|history|insertComp)/.test(inputType) || (inputType === "insertText" && (data ?? "").length < 3);

/** @param {{ model: Model, el: HTMLElement, signal: AbortSignal }} context */
function render({ model, el, signal }) {
  const uid = `lamin-db-${Math.random().toString(36).slice(2)}`; // two views share one page
  const fields = model.get("fields");
  const names = Object.keys(fields);
  const [plain, secrets] = [names.filter((name) => !fields[name].secret), names.filter((name) => fields[name].secret)];
  const get = (/** @type {string} */ name) => (lost && name in GONE ? GONE[name] : model.get(name));
  const text = (/** @type {string} */ name) => String(get(name));

  // --- What this view knows beyond the model ---
  /** @type {Parts} */
  const { inputs, notes, disclosures, typed, drawn } = { inputs: {}, notes: {}, disclosures: {}, typed: new Map(), drawn: new WeakMap() };
  let [pressed, silent, lost, scheduled] = [false, false, false, false]; // pressed is a pointer: nothing may move away under it
  let [saving, waiting, since] = [0, 0, 0]; // timers: to save what is typed, for the kernel's answer; when an action was first seen
  // Fields whose messages may be shown; a host is there if the author of the notebook gave it.
  const visited = new Set(["paste", "api_key", text("host") && "host", get("result").field]);

  // --- Reporting what the person did ---
  /** @param {Sent} message @param {ArrayBufferLike[]} [buffers] */
  function send(message, buffers) {
    try {
      model.send(message, undefined, buffers);
    } catch { // the kernel was shut down, and the comm with it
      lose();
    }
  }
  /** @param {"password" | "connection-string" | "api-key"} kind @param {string} field */
  const sendSecret = (kind, field) => send({ kind, field, values: values() }, [new TextEncoder().encode(inputs[field].value).buffer]);
  /** They ride along: ipywidgets holds state back while the kernel is busy, but no messages. */
  const values = () => Object.fromEntries(plain.map((name) => [name, model.get(name)]));

  const isConnectionString = (/** @type {string} */ name, { value } = inputs[name]) =>
    fields[name].secret ? name === "paste" && value !== "" : mayHoldPassword(value);
  /** What is typed reaches the model soon; what may hold a password waits until it is whole. @param {string} name @param {InputEvent} event */
  function edited(name, event) {
    if (!typed.has(name)) typed.set(name, new Set([text(name)]));
    if (isConnectionString(name) && !isTyping(event)) commit(name);
    else saving ||= setTimeout(saveTyped, 150);
    draw();
  }
  function saveTyped() {
    saving = 0;
    for (const name of typed.keys()) if (!isConnectionString(name) && !inputs[name].value.includes(":")) save(name);
  }
  /** A field is finished: it was left, or is about to be used. @param {string} name */
  function commit(name) {
    if (name === "password" && typed.has(name)) sendSecret("password", name);
    if (isConnectionString(name)) {
      sendSecret("connection-string", name);
      inputs[name].value = name === "paste" ? "" : text(name);
    }
    save(name);
    if (name !== "api_key") typed.delete(name); // a key is new until it was used
    schedule();
  }
  function save(/** @type {string} */ name, { value } = inputs[name]) {
    if (fields[name].secret || value === text(name)) return;
    model.set(name, name === "port" && /^\d{1,15}$/.test(value) ? Number(value) : value);
    typed.get(name)?.add(text(name));
    model.save_changes();
  }

  /** @param {Action | "cancel"} action @param {HTMLElement} button */
  function act(action, button) {
    button.focus(); // Safari does not
    if (button.ariaDisabled === "true") return;
    if (action !== "cancel") starter = button;
    for (const name of names) if (fields[name].needed_by.some((each) => each === action)) visited.add(name);
    [...plain, "password"].forEach(commit);
    if (action === "sign-in" && inputs.api_key.value) sendSecret("api-key", "api_key");
    if (action === "sign-in") typed.delete("api_key"); // its verdict may be shown now
    send({ kind: "action", action, values: values() });
    waiting ||= setTimeout(() => ((silent = true), draw()), 3000);
    box.scrollIntoView({ block: "nearest" });
  }

  function apply(/** @type {Fix} */ { values }) {
    for (const name in values) {
      inputs[name].value = String(values[name]);
      commit(name);
    }
    inputs[Object.keys(values)[0]]?.focus();
  }

  // --- The parts of the form ---
  /** An element: functions become listeners that end with `signal`, the rest properties or attributes.
   * @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Record<string, any>} [props] @param {Child[]} children */
  function h(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (typeof value === "function") node.addEventListener(key, value, { signal });
      else if (key in node) Object.assign(node, { [key]: value });
      else node.setAttribute(key, value);
    }
    // Notebook 7 hears keys before anybody else, but lets a marked element have its own.
    if (node.tabIndex >= 0) node.setAttribute("data-lm-suppress-shortcuts", "true");
    node.append(...present(children));
    return node;
  }

  /** @param {string} label @param {(event: any) => void} click @param {string} [style] */
  const button = (label, click, style = "") => h("button", { type: "button", class: style, click }, label);
  /** @param {Action} action @param {string} label */
  const actionButton = (action, label) =>
    button(label, ({ currentTarget, detail }) => detail < 2 && act(action, currentTarget), `action ${action}`); // a double click is one

  function field(/** @type {string} */ name) {
    const { label, secret, placeholder, inputMode } = fields[name];
    const id = `${uid}-${name}`;
    inputs[name] = h("input", { id, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", autocapitalize: "off",
      spellcheck: false, placeholder, inputMode, "aria-describedby": `${id}-note`, change: () => commit(name),
      keydown: (/** @type {KeyboardEvent} */ { key }) => name === "api_key" && key === "Enter" && beside.api_key[0].click(),
      input: (/** @type {InputEvent} */ event) => edited(name, event), blur: () => (visited.add(name), schedule()) });
    notes[name] = h("p", { id: `${id}-note` });
    return h("div", { class: `field ${name}` }, h("label", { for: id }, label), h("div", { class: "row" }, inputs[name], ...beside[name] ?? []), notes[name]);
  }
  const grid = (/** @type {string} */ panel) => h("div", { class: "grid" }, ...names.filter((name) => fields[name].panel === panel).map(field));

  /** @param {keyof typeof PANELS} name @param {Node[]} content */
  function disclosure(name, ...content) {
    const panel = h("div", { class: "panel", id: `${uid}-${name}-panel` }, ...content);
    const click = () => {
      const others = get("panels").filter((/** @type {string} */ each) => each !== name);
      model.set("panels", panel.hidden ? [...others, name] : others);
      model.save_changes();
    };
    const toggle = h("button", { type: "button", class: "disclosure", "aria-controls": panel.id, click }, PANELS[name]);
    disclosures[name] = { toggle, panel };
    return [toggle, panel];
  }

  /** Where the clipboard is closed to us, the text is shown and selected. @param {string} value @param {string} [label] */
  function copyButton(value, label = "Copy") {
    const copy = button(label, async () => {
      try {
        await navigator.clipboard.writeText(value);
        copy.textContent = "Copied";
        setTimeout(() => (copy.textContent = label), 1500);
      } catch {
        const area = h("textarea", { readOnly: true, rows: 6, value, "aria-label": "Text to copy", blur: () => area.remove() });
        copy.after(area);
        area.select();
      }
    }, "small");
    return copy;
  }

  /** @param {string} label @param {string} content */
  const listing = (label, content) => h("div", { class: "row" },
    h("pre", { tabIndex: 0, role: "group", "aria-label": label }, content), copyButton(content));
  const icon = (/** @type {string} */ state) => h("span", { class: `icon ${state}`, "aria-hidden": "true" });

  /** A disclosure with one text of several. @param {"code" | "allow_list"} name @param {Node[]} below */
  function variants(name, ...below) {
    const id = `${uid}-${name}`;
    const [select, listed] = [h("select", { id, change: draw }), h("div")];
    const choice = h("div", { class: "row" }, h("label", { for: id }, "Written as"), select);
    parts.push(() => {
      const texts = get("texts")[name] ?? {};
      choice.hidden = !Object.keys(texts).length;
      redraw(select, Object.keys(texts), (labels) => labels.map((label) => h("option", { selected: label === select.value }, label)));
      redraw(listed, texts[select.value], (content) => [content && listing(PANELS[name], content)]);
    });
    return disclosure(name, choice, listed, ...below);
  }

  // --- The form, from top to bottom ---
  const parts = [drawAccount, drawResult, drawFacts, drawPanels];
  const badge = h("span", { class: "badge" }, "Sandbox: nothing leaves this machine");
  const show = button("Show password", () => reveal(inputs.password.type === "password"));
  const forget = button("Forget password", () => (clear(["password"]), send({ kind: "forget-password" })));
  const beside = /** @type {Record<string, HTMLElement[]>} */ ({ password: [show, forget], api_key: [actionButton("sign-in", "Sign in")] });
  const [account, signIn, regions] = [h("p", { class: "note" }), field("api_key"), h("datalist", { id: `${uid}-regions` })];
  const url = h("p", { role: "group", "aria-label": "Connection URL" });
  let starter = /** @type {HTMLElement} */ (actionButton("register", "Register")); // the focus goes back to it
  const cancel = button("Cancel", () => act("cancel", cancel));
  const [live, elapsed, evidence] = [h("div", { role: "status" }), h("span", { class: "elapsed" }), h("div")];
  const box = h("div", {}, h("div", { class: "row" }, live, elapsed, cancel), evidence);
  const [facts, conclusion, details, activity, source] = [h("dl"), h("p"), h("div"), h("div"), h("p", { class: "note" })];
  const root = h("section", { class: "lamin-db", lang: "en", dir: "ltr", "aria-label": "Lamin database server" },
    h("header", {}, h("div", { class: "row" }, h("strong", {}, "Lamin database server"), badge), account, signIn),
    ...disclosure("paste", field("paste")), grid(""), regions, ...disclosure("advanced", grid("advanced")),
    h("div", { class: "url" }, h("span", { class: "label", "aria-hidden": "true" }, "Connection URL"), url,
      h("p", { class: "note" }, "User and database are always postgres: Lamin requires it")),
    h("div", { class: "row" }, actionButton("diagnose", "Diagnose"), starter, actionButton("test", "Test connection")), box, facts, conclusion,
    h("div", { class: "row footer" }, ...disclosure("details", details), ...disclosure("activity", activity),
      ...variants("code"), ...variants("allow_list", source),
      ...disclosure("instance", grid("instance"), actionButton("create-instance", "Create instance"))));
  inputs.api_server_name.setAttribute("list", regions.id);
  const focused = () => /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement;

  // --- Drawing the model ---
  /** Rebuild what a node holds, only when that has changed.
   * @template T @param {HTMLElement} node @param {T} shown @param {(shown: T) => Child[]} build */
  function redraw(node, shown, build) {
    const key = JSON.stringify(shown) ?? "";
    if (drawn.get(node) === key) return;
    drawn.set(node, key);
    node.replaceChildren(...present(build(shown)));
  }

  function reveal(/** @type {boolean} */ visible) {
    inputs.password.type = visible ? "text" : "password";
    show.ariaPressed = String(visible);
  }
  /** Empty secret inputs. @param {string[]} which */
  function clear(which) {
    for (const name of which) inputs[name].value = "";
    for (const name of which) typed.delete(name);
    if (which.includes("password")) reveal(false);
  }

  function drawField(/** @type {string} */ name) {
    const input = inputs[name];
    if (!fields[name].secret && !typed.get(name)?.has(text(name))) input.value = text(name); // else it is an echo of what is typed
    const typing = fields[name].secret && typed.has(name);
    input.readOnly = lost || get("locked").includes(name);
    if (name === "password") input.placeholder = get("has_password") ? "•••••••• (held)" : "";
    const hint = typing && name === "password" ? TYPED : get("hints")[name] ?? "";
    const note = (visited.has(name) && !typing && get("messages")[name]) || { level: "hint", text: hint };
    input.ariaInvalid = String(note.level === "error");
    notes[name].className = `note ${note.level}`;
    redraw(notes[name], note, ({ text: said, fixes = [] }) =>
      [said, ...fixes.map((/** @type {Fix} */ fix) => button(fix.label, () => apply(fix), "small"))]);
  }

  function drawAccount() {
    const { state, handle, api_url, sandbox } = get("account");
    badge.hidden = !sandbox;
    redraw(account, [state, handle, api_url], () => state === "signed-in" ? ["Signed in as ", h("b", {}, handle), ` · ${api_url}`]
      : [state === "signed-out" ? `Not signed in · ${api_url}` : "Checking who is signed in…"]);
    signIn.hidden = state !== "signed-out" && !get("panels").includes("sign_in");
    const unseen = get("has_password") && !inputs.password.value; // the page has nothing to show
    if (unseen) reveal(false);
    show.hidden = unseen;
    forget.hidden = !get("has_password") || inputs.password.readOnly;
  }

  /** What the result box says. @returns {Outcome} */
  function situation() {
    if (lost || silent) return { state: lost ? "failure" : "unknown", title: lost ? LOST : SILENT };
    const { action, title, steps } = get("progress");
    return action ? { state: "running", title, steps } : get("result");
  }

  function drawResult() {
    const { state, title, advice, stale, at, command, steps = [], report } = situation();
    const busy = Boolean(get("progress").action);
    since = busy ? since || Date.now() : 0;
    elapsed.textContent = busy ? `${Math.floor((Date.now() - since) / 1000)} s` : "";
    cancel.hidden = !busy;
    for (const each of root.querySelectorAll(".action")) each.ariaDisabled = String(busy || lost);
    box.className = `result ${state} ${stale ? "stale" : ""}`;
    redraw(live, [state, title, advice, stale, at], () => [
      title && h("p", { class: "title" }, icon(state), title, stale && h("em", {}, STALE)), advice && h("p", {}, advice)]);
    redraw(evidence, [command, steps, report], () => [
      command && listing("Command", command),
      steps.length && h("ol", { "aria-label": "Steps" }, ...steps.map((step) => h("li", {}, icon(step.state), h("b", {}, step.name),
        h("span", {}, step.state + (step.text ? `: ${step.text}` : "")), !["skipped", "running"].includes(step.state) && h("time", {}, seconds(step.elapsed_s))))),
      report && copyButton(report, "Copy report")]);
  }

  function drawFacts() {
    const { conclusion: said, next, ...each } = get("facts");
    conclusion.textContent = lost ? "" : said;
    for (const action of root.querySelectorAll(".action")) action.classList.toggle("primary", action.classList.contains(next));
    redraw(facts, [each, lost], () => Object.values(each).map(({ label, ...fact }) => {
      const { state, text: words, stale } = lost ? { state: "unknown" } : fact;
      return h("div", { class: stale ? "stale" : "" }, h("dt", {}, label), h("dd", {}, icon(state), h("b", {}, state),
        h("span", { class: "note" }, words)));
    }));
  }

  function drawPanels() {
    const offered = get("next_step");
    for (const [name, { toggle, panel }] of Object.entries(disclosures)) {
      const open = get("panels").includes(name) && (name !== "instance" || offered);
      toggle.ariaExpanded = String(open);
      panel.hidden = !open;
    }
    disclosures.instance.toggle.hidden = !offered;
    redraw(source, get("allow_list_note"), ({ text: words, url: href = "" }) => [words, " ",
      /^https?:/.test(href) && h("a", { href, target: "_blank", rel: "noopener noreferrer" }, "Source")]);
    redraw(details, get("result"), ({ action, cause, http_status: status, elapsed_s: time, at, details: more }) => [
      action ? h("p", {}, joined(cause, status && `HTTP ${status}`, seconds(time), clock(at))) : "Nothing has been done yet.",
      more && listing("Details", more)]);
    redraw(activity, get("activity"), (/** @type {(Outcome & { at: string })[]} */ entries) => {
      const lines = entries.map((entry) => joined(clock(entry.at), entry.action, entry.title));
      return lines.length ? [h("ol", { "aria-label": "Activity" }, ...entries.map(({ state }, i) => h("li", {}, icon(state), h("span", {}, lines[i])))),
        copyButton(lines.join("\n"))] : ["Nothing has been done yet."];
    });
  }

  function draw() {
    scheduled = false;
    if (signal.aborted) return;
    const held = root.contains(focused()) ? focused() : null;
    const near = held?.closest(".field")?.querySelector("input");
    if (!pressed) {
      names.forEach(drawField);
      redraw(regions, get("regions"), (all) => all.map((/** @type {any} */ each) => h("option", { value: each.api_server_name }, each.label)));
      parts.forEach((part) => part());
    }
    url.textContent = maskedUrl(inputs.host.value, inputs.port.value);
    if (held && !isSeen(held)) [near, starter, inputs.name].find(isSeen)?.focus(); // it is never lost
  }

  function schedule() {
    if (!scheduled) queueMicrotask(draw);
    scheduled = true;
  }

  // --- Listening, until `signal` says that this view is closed ---
  function heard() {
    clearTimeout(waiting);
    [waiting, silent, lost] = [0, false, false];
    schedule();
  }

  function received(/** @type {Received} */ message) {
    heard();
    if (message.kind === "clear-secrets") clear(message.fields.filter((name) => !typed.has(name))); // what was typed since is another one
    if (message.kind !== "focus" || !inputs[message.field]) return;
    visited.add(message.field);
    const used = root.contains(focused()); // another view, or another cell, keeps its focus
    draw();
    const input = inputs[message.field];
    if (!used || focused() === input) return;
    input.focus({ preventScroll: true });
    input.select(); // so that what is typed now takes the place of what was wrong
    for (const part of [box, input]) part.scrollIntoView({ block: "nearest" });
  }

  /** The kernel went away, and what was typed dies with it. */
  function lose() {
    lost = true;
    clear(secrets);
    schedule();
  }

  /** @param {string} event @param {(...args: any[]) => void} callback */
  function listen(event, callback) {
    model.on(event, callback);
    signal.addEventListener("abort", () => model.off(event, callback), { once: true });
  }

  listen("msg:custom", received);
  listen("comm_live_update", lose);
  for (const name of [...plain, "panels"]) listen(`change:${name}`, schedule);
  for (const name of KERNEL_TRAITS) listen(`change:${name}`, heard);
  const ticking = setInterval(() => since && draw(), 1000);
  // While the focus is here, keys and the clipboard are ours, not the notebook's: Shift+Enter would make another form.
  for (const name of ["keydown", "keypress", "keyup", "paste", "copy", "cut", "dragstart", "dragover", "drop"])
    root.addEventListener(name, (event) => event.stopPropagation(), { signal });
  root.addEventListener("pointerdown", ({ button: which }) => (pressed = which === 0), { signal }); // a menu may keep the release of another
  for (const name of ["pointerup", "pointercancel", "dragend", "contextmenu"])
    window.addEventListener(name, () => setTimeout(() => ((pressed = false), draw())), { signal, capture: true });
  signal.addEventListener("abort", () => (plain.forEach(commit), [saving, waiting, ticking].forEach(clearTimeout)), { once: true });

  draw();
  el.append(root);
  send({ kind: "hello" });
}

export default { render };
