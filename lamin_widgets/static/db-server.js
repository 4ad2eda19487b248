// The view of DbServerWidget. Python decides, this page draws: it shows the traits of the
// model and reports what the person did. Secrets leave as binary buffers, never as state.

/** @import { Action, Child, Field, Fix, Model, Note, Outcome, Received, Sent } from "./model" */

const PANELS = { paste: "Paste a connection string", advanced: "Advanced", details: "Details", activity: "Activity", code: "Show code",
  allow_list: "Allow-list", instance: "Create an instance" };
const FACTS = { registered: "Registered", lamin: "Reachable from Lamin", here: "Reachable from here" };
/** @type {Record<string, string>} */
const ICONS = { success: "✓", passed: "✓", yes: "✓", failure: "✕", failed: "✕", no: "✕", warning: "!", unknown: "?", skipped: "–", running: "…" };
const KERNEL_TRAITS = ["has_password", "hints", "locked", "regions", "messages", "account", "progress", "outcome", "facts", "activity",
  "texts", "allow_list_note", "next_step"];
/** What a model still says, once its kernel is gone, and is true no more. @type {Record<string, unknown>} */
const GONE = { has_password: false, hints: {}, messages: {}, progress: {}, facts: {}, next_step: false };
const IDLE = "Register hands the server over to Lamin. Test connection asks Lamin to connect to it. Diagnose connects from here and sends nothing to Lamin.";
const LOST = "This form has lost its kernel. Run its cell again, and those above it, to go on.";
const SILENT = "The kernel has not answered yet: it is busy, or was restarted. If it was restarted, run its cell again, and those above it.";
const STALE = "From before the last change";
const TYPED = "Held in memory once you leave the field.";
const CREDENTIALS = /:\/\/.*@/s;
const CONNECTION_STRING = /:\/\/.*@|password\s*=|^\s*(postgres(ql)?:|psql\s|jdbc:|(export\s+)?database_url\s*=)/is;

/** The URL with a mask for the password, as Python's `masked_url` writes it.
 * @param {string} host @param {string | number} port */
export function maskedUrl(host, port) {
  const name = host.trim();
  const address = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `postgresql://postgres:***@${address || "<your-host>"}:${String(port).trim() || "<your-port>"}/postgres`;
}

/** @param {Child[]} children */
const present = (children) => children.filter((child) => typeof child === "string" || child instanceof Node);
/** @param {unknown[]} parts */
const joined = (...parts) => parts.filter(Boolean).join(" · ");
const seconds = (/** @type {number | undefined} */ time) => (time == null ? "" : time < 0.1 ? "< 0.1 s" : `${time.toFixed(time < 10 ? 1 : 0)} s`);
const clock = (/** @type {string | undefined} */ at) => at && new Date(at).toLocaleTimeString();
/** Typed key by key; not pasted, dropped or filled in. @param {Event} event */
function isTyping(event) {
  const { inputType, data } = /** @type {InputEvent} */ (event);
  return /^(delete|history|insertComp)/.test(inputType) || (inputType === "insertText" && (data?.length ?? 0) < 3);
}

/** @param {{ model: Model, el: HTMLElement, signal: AbortSignal }} context */
function render({ model, el, signal }) {
  const uid = `lamin-db-${Math.random().toString(36).slice(2)}`; // two views share one page
  /** @type {Record<string, Field>} */
  const fields = model.get("fields");
  const plain = Object.keys(fields).filter((name) => !fields[name].secret);

  // --- What this view knows beyond the model ---
  /** @type {Record<string, HTMLInputElement>} */
  const inputs = {};
  /** @type {Record<string, HTMLElement>} */
  const notes = {};
  /** @type {Record<string, { button: HTMLElement, panel: HTMLElement }>} */
  const disclosures = {};
  /** @type {HTMLElement[]} */
  const actionButtons = [];
  /** @type {Map<string, Set<string>>} values of the model that came from typing here, by field */
  const typed = new Map();
  /** @type {WeakMap<Node, string>} */
  const drawn = new WeakMap();
  const pending = new Set(); // fields typed in and not saved yet
  const visited = new Set(["paste", "api_key"]); // fields whose messages may be shown
  const answered = new Set(); // fields changed since the last outcome
  let passwordTyped = false; // and not sent yet
  let pressed = false; // a pointer is down: nothing may move away under it
  let [silent, lost, scheduled] = [false, false, false];
  let [saving, waiting] = [0, 0]; // timers
  let since = 0; // when the running action was first seen

  const get = (/** @type {string} */ name) => (lost && name in GONE ? GONE[name] : model.get(name));
  const text = (/** @type {string} */ name) => String(get(name));
  /** @returns {Outcome} */
  const outcome = () => get("outcome") ?? {};
  if (text("host")) visited.add("host"); // given by the author of the notebook

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
  const sendSecret = (kind, field) => send({ kind, field }, [new TextEncoder().encode(inputs[field].value).buffer]);
  const isConnectionString = (/** @type {string} */ name) => (name === "api_url" ? CREDENTIALS : CONNECTION_STRING).test(inputs[name].value);
  /** May hold a password, now or when it is whole. @param {string} name */
  const risky = (name) => isConnectionString(name) || inputs[name].value.includes("://");

  function flush() {
    clearTimeout(saving);
    saving = 0;
    for (const name of pending) {
      const { value } = inputs[name];
      model.set(name, name === "port" && /^\d{1,15}$/.test(value) ? Number(value) : value);
      typed.get(name)?.add(text(name));
    }
    if (pending.size) model.save_changes();
    pending.clear();
  }

  const queue = (/** @type {string} */ name) => (pending.add(name), (saving ||= setTimeout(flush, 150)));

  /** What is typed reaches the model soon; what may hold a password waits until it is whole.
   * @param {string} name @param {Event} event */
  function edited(name, event) {
    const { secret } = fields[name];
    const held = name === "paste" || (!secret && risky(name));
    answered.add(name);
    passwordTyped ||= name === "password";
    if (!secret && !typed.has(name)) typed.set(name, new Set([text(name)]));
    if (held) pending.delete(name);
    else if (!secret) queue(name);
    if (held && !isTyping(event)) commit(name);
    draw();
  }

  /** A field is finished: it was left, or is about to be used. @param {string} name */
  function commit(name) {
    const input = inputs[name];
    const { secret } = fields[name];
    if (name === "password" && passwordTyped) sendSecret("password", name);
    if (name === "password") passwordTyped = false;
    if (name === "paste" ? input.value : !secret && isConnectionString(name)) {
      sendSecret("connection-string", name);
      input.value = name === "paste" ? "" : text(name);
    }
    if (!secret && input.value !== text(name)) {
      pending.add(name);
      flush();
    }
    typed.delete(name);
    schedule();
  }

  /** @param {Action | "cancel"} action @param {HTMLElement} button */
  function act(action, button) {
    button.focus(); // Safari does not
    if (button.ariaDisabled === "true") return;
    if (action !== "cancel") starter = button;
    for (const name in fields) if (fields[name].needed_by.some((each) => each === action)) visited.add(name);
    [...plain, "password"].forEach(commit);
    if (action === "sign-in" && inputs.api_key.value) sendSecret("api-key", "api_key");
    // The values ride along: ipywidgets holds state back while the kernel is busy, but no messages.
    send({ kind: "action", action, values: Object.fromEntries(plain.map((name) => [name, model.get(name)])) });
    waiting ||= setTimeout(() => ((silent = true), draw()), 3000);
    box.scrollIntoView({ block: "nearest" });
  }

  /** @param {Fix} fix */
  function apply({ values }) {
    for (const name in values) {
      inputs[name].value = String(values[name]);
      answered.add(name);
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

  /** @param {string} label @param {() => void} click @param {string} [style] */
  const button = (label, click, style = "") => h("button", { type: "button", class: style, click }, label);
  /** @param {Action} action @param {string} label @param {string} [style] */
  function actionButton(action, label, style) {
    const made = button(label, () => act(action, made), style);
    actionButtons.push(made);
    return made;
  }

  /** @param {string} name @param {Node[]} beside */
  function field(name, ...beside) {
    const { label, secret, placeholder, inputMode } = fields[name];
    const id = `${uid}-${name}`;
    inputs[name] = h("input", { id, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", autocapitalize: "off",
      spellcheck: false, placeholder, inputMode, "aria-describedby": `${id}-note`, change: () => commit(name),
      input: (/** @type {Event} */ event) => edited(name, event), blur: () => (visited.add(name), schedule()) });
    notes[name] = h("p", { id: `${id}-note` });
    return h("div", { class: `field ${name}` }, h("label", { for: id }, label), h("div", { class: "row" }, inputs[name], ...beside), notes[name]);
  }
  const grid = (/** @type {Node[]} */ ...content) => h("div", { class: "grid" }, ...content);

  /** @param {keyof typeof PANELS} name @param {Node[]} content */
  function disclosure(name, ...content) {
    const panel = h("div", { class: "panel", id: `${uid}-${name}-panel` }, ...content);
    const toggle = button(PANELS[name], () => {
      const others = get("panels").filter((/** @type {string} */ each) => each !== name);
      model.set("panels", panel.hidden ? [...others, name] : others);
      model.save_changes();
    }, "disclosure");
    toggle.setAttribute("aria-controls", panel.id);
    return (disclosures[name] = { button: toggle, panel });
  }

  /** Where the clipboard is closed to us, the text is shown and selected. @param {string} label @param {() => string | undefined} source */
  function copyButton(label, source) {
    const copy = button(label, async () => {
      const value = source() ?? "";
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
  const listing = (label, content) => h("pre", { tabIndex: 0, role: "group", "aria-label": label }, content);
  const icon = (/** @type {string} */ state) => h("span", { class: `icon ${state}`, "aria-hidden": "true" }, ICONS[state] ?? "·");

  /** A disclosure with one text of several; returns what draws it. @param {"code" | "allow_list"} name @param {Node[]} below */
  function variants(name, ...below) {
    const id = `${uid}-${name}`;
    const select = h("select", { id, change: draw });
    const listed = h("div");
    /** @returns {Record<string, string>} */
    const texts = () => get("texts")[name] ?? {};
    const copy = copyButton("Copy", () => texts()[select.value]);
    disclosure(name, h("div", { class: "row" }, h("label", { for: id }, "Written as"), select, copy), listed, ...below);
    return () => {
      redraw(select, Object.keys(texts()), (labels) => labels.map((label) => h("option", {}, label)));
      redraw(listed, texts()[select.value], (content) => [content && listing(PANELS[name], content)]);
    };
  }

  // --- The form, from top to bottom ---
  const badge = h("span", { class: "badge" }, "Sandbox: nothing leaves this machine");
  const account = h("p", { class: "note" });
  const signIn = field("api_key", actionButton("sign-in", "Sign in"));
  const paste = disclosure("paste", field("paste"));
  const show = button("Show password", () => reveal(inputs.password.type === "password"));
  const forget = button("Forget password", () => (clearSecrets(), send({ kind: "forget-password" })));
  const regions = h("datalist", { id: `${uid}-regions` });
  const form = grid(...["name", "api_server_name", "host", "port"].map((name) => field(name)), field("password", show, forget));
  inputs.api_server_name.setAttribute("list", regions.id);
  const advanced = disclosure("advanced", grid(field("api_url"), field("organization_id")));
  const url = h("p", { role: "group", "aria-label": "Connection URL" });
  /** @type {HTMLElement} the button that the focus goes back to */
  let starter = actionButton("register", "Register", "primary");
  const actions = h("div", { class: "row" }, starter, actionButton("test", "Test connection"), actionButton("diagnose", "Diagnose"));
  const live = h("div", { role: "status" });
  const elapsed = h("span", { class: "elapsed" });
  const cancel = button("Cancel", () => act("cancel", cancel));
  const evidence = h("div");
  const box = h("div", {}, h("div", { class: "row" }, live, elapsed, cancel), evidence);
  const facts = h("dl");
  const conclusion = h("p");
  const [details, activity, source] = [h("div"), h("div"), h("p", { class: "note" })];
  const above = Object.keys(disclosures).length;
  disclosure("details", details);
  disclosure("activity", activity);
  const drawVariants = [variants("code"), variants("allow_list", source)];
  disclosure("instance", grid(field("instance_name"), field("storage"), field("schema_str")), actionButton("create-instance", "Create instance"));
  const footer = Object.values(disclosures).slice(above).flatMap((each) => [each.button, each.panel]);
  const root = h("section", { class: "lamin-db", "aria-label": "Lamin database server" },
    h("header", {}, h("div", { class: "row" }, h("strong", {}, "Lamin database server"), badge), account, signIn),
    paste.button, paste.panel, form, regions, advanced.button, advanced.panel,
    h("div", { class: "url" }, h("span", { class: "label", "aria-hidden": "true" }, "Connection URL"), url,
      h("p", { class: "note" }, "User and database are always postgres: Lamin requires it")),
    actions, box, facts, conclusion, h("div", { class: "row footer" }, ...footer));

  // --- Drawing the model ---
  const focused = () => /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement;

  /** Rebuild what a node holds, only when that has changed, and without losing the focus.
   * @template T @param {HTMLElement} node @param {T} shown @param {(shown: T) => Child[]} build */
  function redraw(node, shown, build) {
    const key = JSON.stringify(shown) ?? "";
    if (drawn.get(node) === key) return;
    drawn.set(node, key);
    const held = node.contains(focused());
    node.replaceChildren(...present(build(shown)));
    if (held && !node.contains(focused())) (node.closest(".field")?.querySelector("input") ?? starter).focus();
  }

  /** @param {HTMLElement} node @param {boolean} visible @param {HTMLElement} refuge where the focus goes if it was in there */
  function showIf(node, visible, refuge) {
    const held = !visible && node.contains(focused());
    node.hidden = !visible;
    if (held) refuge.focus();
  }

  function reveal(/** @type {boolean} */ visible) {
    inputs.password.type = visible ? "text" : "password";
    show.ariaPressed = String(visible);
  }

  function clearSecrets() {
    for (const name in fields) if (fields[name].secret) inputs[name].value = "";
    passwordTyped = false;
    reveal(false);
  }

  /** The kernel's value, unless it is only an echo of what the person is still typing. @param {string} name */
  function drawValue(name) {
    const value = text(name);
    if (inputs[name].value === value) return;
    if (typed.get(name)?.has(value)) return risky(name) || queue(name);
    inputs[name].value = value;
    pending.delete(name);
    typed.delete(name);
  }

  function drawField(/** @type {string} */ name) {
    const input = inputs[name];
    if (!fields[name].secret) drawValue(name);
    input.readOnly = lost || get("locked").includes(name);
    if (name === "password") input.placeholder = get("has_password") ? "•••••••• (held)" : "";
    const typing = name === "password" && passwordTyped;
    const { field: blamed, state, stale, title } = outcome();
    /** @type {Note | undefined} */
    const message = visited.has(name) && !typing ? get("messages")[name] : undefined;
    const failed = blamed === name && state !== "success" && !stale && !lost && !answered.has(name) && message?.level !== "error";
    // What failed comes first; a warning may be the reason.
    const shown = message ?? { level: "hint", text: failed ? "" : typing ? TYPED : get("hints")[name] ?? "" };
    /** @type {Note} */
    const note = failed ? { ...shown, level: "error", text: `${title} ${shown.text}`.trim() } : shown;
    input.ariaInvalid = String(note.level === "error");
    notes[name].className = `note ${note.level}`;
    redraw(notes[name], note, ({ text: said, fixes = [] }) => [said, ...fixes.map((fix) => button(fix.label, () => apply(fix), "small"))]);
  }

  function drawAccount() {
    const { state, handle, api_url, sandbox } = get("account");
    badge.hidden = !sandbox;
    redraw(account, [state, handle, api_url], () => state === "signed-in" ? ["Signed in as ", h("b", {}, handle), ` · ${api_url}`]
      : [state === "signed-out" ? `Not signed in · ${api_url}` : "Checking who is signed in…"]);
    showIf(signIn, state === "signed-out" || get("panels").includes("sign_in"), inputs.name);
    const unseen = get("has_password") && !inputs.password.value; // the page has nothing to show
    if (unseen) reveal(false);
    showIf(show, !unseen, inputs.password);
    showIf(forget, get("has_password") && !inputs.password.readOnly, inputs.password);
  }

  /** What the result box says. @returns {Outcome} */
  function situation() {
    const { action, title, steps } = get("progress");
    if (lost) return { state: "failure", title: LOST };
    if (silent) return { state: "unknown", title: SILENT };
    if (action) return { state: "running", title, steps };
    return outcome().action ? outcome() : { state: "idle", title: "", advice: IDLE };
  }

  function drawResult() {
    const { state, title, advice, stale, at, command, steps = [], report } = situation();
    const busy = Boolean(get("progress").action);
    since = busy ? since || Date.now() : 0;
    elapsed.textContent = busy ? `${Math.floor((Date.now() - since) / 1000)} s` : "";
    showIf(cancel, busy, starter);
    for (const each of actionButtons) each.ariaDisabled = String(busy || lost);
    box.className = `result ${state} ${stale ? "stale" : ""}`;
    redraw(live, [state, title, advice, stale, at], () => [
      title && h("p", { class: "title" }, icon(state), title, stale && h("em", {}, STALE)), advice && h("p", {}, advice)]);
    redraw(evidence, [command, steps, report], () => [
      command && h("div", { class: "row" }, listing("Command", command), copyButton("Copy", () => command)),
      steps.length && h("ol", { "aria-label": "Steps" }, ...steps.map((step) => h("li", {}, icon(step.state), h("b", {}, step.name),
        h("span", {}, step.state + (step.text ? `: ${step.text}` : "")), !["skipped", "running"].includes(step.state) && h("time", {}, seconds(step.elapsed_s))))),
      report && copyButton("Copy report", () => report)]);
  }

  function drawFacts() {
    const all = get("facts");
    conclusion.textContent = all.conclusion ?? "";
    redraw(facts, all, () => Object.entries(FACTS).map(([name, label]) => {
      const { state = "unknown", text: words = "", stale = false } = all[name] ?? {};
      return h("div", { class: stale ? "stale" : "" }, h("dt", {}, label), h("dd", {}, icon(state), h("b", {}, state),
        h("span", { class: "note" }, joined(words, stale && STALE))));
    }));
  }

  function drawPanels() {
    const offered = get("next_step");
    for (const [name, { button: toggle, panel }] of Object.entries(disclosures)) {
      const open = get("panels").includes(name) && (name !== "instance" || offered);
      toggle.ariaExpanded = String(open);
      showIf(panel, open, toggle);
    }
    showIf(disclosures.instance.button, offered, starter);
    drawVariants.forEach((each) => each());
    redraw(source, get("allow_list_note"), ({ text: words, url: href }) => [words, " ",
      /^https?:/.test(href) && h("a", { href, target: "_blank", rel: "noopener noreferrer" }, "Source")]);
    redraw(details, outcome(), ({ action, cause, http_status: status, elapsed_s: time, at, details: more }) => [
      action ? h("p", {}, joined(cause, status && `HTTP ${status}`, seconds(time), clock(at))) : "Nothing has been done yet.",
      more && listing("Details", more), more && copyButton("Copy", () => more)]);
    redraw(activity, get("activity"), (/** @type {(Outcome & { at: string })[]} */ entries) => {
      const lines = entries.map((entry) => joined(clock(entry.at), entry.action, entry.title));
      return lines.length ? [h("ol", { "aria-label": "Activity" }, ...entries.map(({ state }, i) => h("li", {}, icon(state), h("span", {}, lines[i])))),
        copyButton("Copy", () => lines.join("\n"))] : ["Nothing has been done yet."];
    });
  }

  function draw() {
    scheduled = false;
    if (signal.aborted) return;
    if (!pressed) {
      Object.keys(fields).forEach(drawField);
      redraw(regions, get("regions"), (all) => all.map((/** @type {any} */ each) => h("option", { value: each.api_server_name }, each.label)));
      [drawAccount, drawResult, drawFacts, drawPanels].forEach((part) => part());
    }
    url.textContent = maskedUrl(inputs.host.value, inputs.port.value);
  }

  function schedule() {
    if (!scheduled) queueMicrotask(draw);
    scheduled = true;
  }

  // --- Listening, until `signal` says that this view is closed ---
  function heard() {
    clearTimeout(waiting);
    waiting = 0;
    silent = lost = false;
    schedule();
  }

  function received(/** @type {Received} */ message) {
    heard();
    if (message.kind === "clear-secrets") clearSecrets();
    if (message.kind !== "focus" || !inputs[message.field]) return;
    visited.add(message.field);
    const used = root.contains(focused()); // another view, or another cell, keeps its focus
    draw();
    if (used) inputs[message.field].focus();
  }

  /** The kernel went away, and what was typed dies with it. */
  function lose() {
    lost = true;
    clearSecrets();
    schedule();
  }

  /** @param {string} event @param {(...args: any[]) => void} callback */
  function listen(event, callback) {
    model.on(event, callback);
    signal.addEventListener("abort", () => model.off(event, callback), { once: true });
  }

  listen("msg:custom", received);
  listen("comm_live_update", lose);
  listen("change:outcome", () => answered.clear());
  for (const name of [...plain, "panels"]) listen(`change:${name}`, schedule);
  for (const name of KERNEL_TRAITS) listen(`change:${name}`, heard);
  const ticking = setInterval(() => since && drawResult(), 1000);
  // While the focus is here, keys and the clipboard are ours, not the notebook's.
  for (const name of ["keydown", "keypress", "keyup", "paste", "copy", "cut", "dragstart", "dragover", "drop"])
    root.addEventListener(name, (event) => event.stopPropagation(), { signal });
  root.addEventListener("pointerdown", () => (pressed = true), { signal });
  for (const name of ["pointerup", "pointercancel", "dragend"])
    window.addEventListener(name, () => setTimeout(() => ((pressed = false), draw())), { signal, capture: true });
  signal.addEventListener("abort", () => (flush(), [saving, waiting, ticking].forEach(clearTimeout)), { once: true });

  draw();
  el.append(root);
  send({ kind: "hello" });
}

export default { render };
