// The view of DbServerWidget. Python decides, this page draws: it shows the traits of the
// model and reports what the person did. Secrets leave as binary buffers, never as state.

/** @typedef {"register" | "test" | "diagnose" | "sign-in" | "create-instance" | "cancel"} Action */
/** @typedef {{ kind: "password" | "connection-string" | "api-key" | "forget-password" | "hello" }
 *   | { kind: "action", action: Action, values: Record<string, unknown> }} Sent */
/** @typedef {{ kind: "clear-secrets" } | { kind: "focus", field: string }} Received */
/** @typedef {{ label: string, values: Record<string, unknown> }} Fix */
/** @typedef {{ level: "error" | "warning" | "info", text: string, fixes?: Fix[] }} Message */
/** @typedef {{ name: string, state: string, elapsed_s?: number, text?: string }} Step */
/** @typedef {{ state: string, title: string, action?: string, advice?: string, command?: string, cause?: string,
 *   field?: string, http_status?: number, elapsed_s?: number, at?: string, details?: string, steps?: Step[],
 *   stale?: boolean, report?: string }} Outcome */
/** @typedef {{ get(name: string): any, set(name: string, value: unknown): void, save_changes(): void,
 *   send(content: Sent, callbacks?: unknown, buffers?: ArrayBufferLike[]): void,
 *   on(name: string, callback: (...args: any[]) => void): void,
 *   off(name: string, callback: (...args: any[]) => void): void }} Model */
/** @typedef {Node | string | false | null | undefined | 0} Child */
/** @typedef {Record<string, string>} Words */

/** @type {Record<string, { label: string, hint?: string, secret?: true, panel?: string } & Record<string, unknown>>} */
const FIELDS = {
  name: { label: "Server name", hint: "Lamin will know the server by this name" },
  api_server_name: { label: "Region", placeholder: "prod-us-east-1" },
  host: { label: "Host", placeholder: "db.example.org", hint: "A DNS name or an IP address" },
  port: { label: "Port", placeholder: "5432", inputMode: "numeric", hint: "PostgreSQL's own is 5432" },
  password: { label: "Password", secret: true },
  api_url: { label: "API URL", panel: "advanced", hint: "Where the form is sent" },
  organization_id: { label: "Organization ID", panel: "advanced", hint: "Only if the API asks for it" },
  paste: { label: "Connection string", secret: true, panel: "paste", hint: "URI, key=value, JDBC, psql or DATABASE_URL. It fills the form and is not kept." },
  api_key: { label: "API key", secret: true, panel: "sign_in", hint: "or run “lamin login” in a terminal" },
  instance_name: { label: "Instance name", panel: "instance" },
  storage: { label: "Storage", panel: "instance", placeholder: "s3://my-bucket", hint: "Optional" },
  schema_str: { label: "Schema modules", panel: "instance", placeholder: "bionty", hint: "Optional, separated by commas" },
};
const PLAIN = Object.keys(FIELDS).filter((name) => !FIELDS[name].secret);
/** The fields that an action rests on; pressing its button shows their messages. @type {Words} */
const NEEDS = { register: "name api_server_name host port password api_url organization_id", test: "name api_url",
  diagnose: "host port password", "sign-in": "api_url", "create-instance": "instance_name name api_url" };
const PANELS = { paste: "Paste a connection string", advanced: "Advanced", details: "Details", activity: "Activity", code: "Show code",
  allow_list: "Allow-list", instance: "Create an instance" };
const FACTS = { registered: "Registered", lamin: "Reachable from Lamin", here: "Reachable from here" };
/** @type {Words} */
const WORDS = { register: "Registering", test: "Testing", diagnose: "Diagnosing", "sign-in": "Signing in",
  "create-instance": "Creating the instance", yes: "Yes", no: "No", unknown: "Unknown" };
/** @type {Words} */
const ICONS = { success: "✓", passed: "✓", yes: "✓", failure: "✕", failed: "✕", no: "✕", warning: "!", unknown: "?", skipped: "–", running: "…" };
const KERNEL_TRAITS = ["has_password", "password_note", "locked", "regions", "messages", "account", "progress", "outcome", "facts",
  "activity", "texts", "allow_list_note", "next_step"];
const IDLE = "Diagnose connects from here and sends nothing to Lamin. Register hands the server over to Lamin. Test connection asks Lamin to connect to it.";
const LOST = "This form has lost its kernel. Run the cell again to go on.";
const SILENT = "The kernel has not answered yet: it is busy, or was restarted. If it was restarted, run the cell again.";
const STALE = "From before the last change";
const CREDENTIALS = /:\/\/.*@/s;
const CONNECTION_STRING = /:\/\/.*@|password\s*=|^\s*(postgres(ql)?:|psql\s|jdbc:|(export\s+)?database_url\s*=)/is;

/** The URL with a mask for the password, as Python's `masked_url` writes it.
 * @param {string} host @param {string | number} port */
export function maskedUrl(host, port) {
  const name = host.trim();
  const address = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `postgresql://postgres:***@${address || "<your-host>"}:${String(port).trim() || "<your-port>"}/postgres`;
}

/** An element; functions become listeners that end with `signal`, the rest properties or attributes.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {AbortSignal} signal @param {K} tag @param {Record<string, any>} props @param {Child[]} children */
function element(signal, tag, props, children) {
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

const present = (/** @type {Child[]} */ children) => /** @type {(Node | string)[]} */ (children.filter(Boolean));
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
  /** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Record<string, any>} [props] @param {Child[]} children */
  const h = (tag, props = {}, ...children) => element(signal, tag, props, children);
  const text = (/** @type {string} */ name) => String(model.get(name));
  /** @returns {Outcome} */
  const outcome = () => model.get("outcome") ?? {};

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
  if (text("host")) visited.add("host"); // given by the author of the notebook
  const answered = new Set(); // fields changed since the last outcome
  let passwordTyped = false; // and not sent yet
  let pressed = false; // a pointer is down: nothing may move away under it
  let [silent, lost, scheduled] = [false, false, false];
  let [saving, waiting] = [0, 0]; // timers
  let since = 0; // when the running action was first seen

  // --- Reporting what the person did ---
  /** @param {Sent} message @param {ArrayBufferLike[]} [buffers] */
  function send(message, buffers) {
    try {
      model.send(message, undefined, buffers);
    } catch { // the kernel was shut down, and the comm with it
      lose();
    }
  }
  /** @param {"password" | "connection-string" | "api-key"} kind @param {string} secret */
  const sendSecret = (kind, secret) => send({ kind }, [new TextEncoder().encode(secret).buffer]);
  /** May hold a password, now or when it is whole. @param {string} name */
  const risky = (name) => isConnectionString(name) || inputs[name].value.includes("://");
  const isConnectionString = (/** @type {string} */ name) => (name === "api_url" ? CREDENTIALS : CONNECTION_STRING).test(inputs[name].value);

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
    const { secret } = FIELDS[name];
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
    if (name === "password" && passwordTyped) {
      sendSecret("password", input.value);
      passwordTyped = false;
    }
    if (name === "paste" ? input.value : !FIELDS[name].secret && isConnectionString(name)) {
      sendSecret("connection-string", input.value);
      input.value = name === "paste" ? "" : text(name);
    }
    if (!FIELDS[name].secret && input.value !== text(name)) {
      pending.add(name);
      flush();
    }
    typed.delete(name);
    schedule();
  }

  /** @param {Action} action @param {HTMLElement} button */
  function act(action, button) {
    button.focus(); // Safari does not
    if (button.ariaDisabled === "true") return;
    if (action !== "cancel") starter = button;
    NEEDS[action]?.split(" ").forEach((name) => visited.add(name));
    [...PLAIN, "password"].forEach(commit);
    if (action === "sign-in" && inputs.api_key.value) sendSecret("api-key", inputs.api_key.value);
    // The values ride along: ipywidgets holds state back while the kernel is busy, but no messages.
    send({ kind: "action", action, values: Object.fromEntries(PLAIN.map((name) => [name, model.get(name)])) });
    waiting ||= setTimeout(() => ((silent = true), draw()), 3000);
  }

  function heard() {
    clearTimeout(waiting);
    waiting = 0;
    silent = lost = false;
    schedule();
  }

  /** A value that is not the person's typing. @param {string} name @param {string} value */
  function settle(name, value) {
    inputs[name].value = value;
    pending.delete(name);
    typed.delete(name);
  }

  /** @param {Fix} fix */
  function apply({ values }) {
    for (const name in values) {
      answered.add(name);
      model.set(name, values[name]);
      settle(name, text(name));
    }
    model.save_changes();
    inputs[Object.keys(values)[0]]?.focus();
  }

  /** @param {string} name @param {boolean} open */
  function setPanel(name, open) {
    const others = model.get("panels").filter((/** @type {string} */ panel) => panel !== name);
    model.set("panels", open ? [...others, name] : others);
    model.save_changes();
  }

  // --- The parts of the form ---
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
    const { label, hint: _, secret, panel: __, ...props } = FIELDS[name];
    const id = `${uid}-${name}`;
    inputs[name] = h("input", { id, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", autocapitalize: "off",
      spellcheck: false, "aria-describedby": `${id}-note`, input: (/** @type {Event} */ event) => edited(name, event),
      change: () => commit(name), blur: () => (visited.add(name), schedule()), ...props });
    notes[name] = h("p", { id: `${id}-note` });
    return h("div", { class: `field ${name}` }, h("label", { for: id }, label), h("div", { class: "row" }, inputs[name], ...beside), notes[name]);
  }

  /** @param {keyof typeof PANELS} name @param {Node[]} content */
  function disclosure(name, ...content) {
    const panel = h("div", { class: "panel", id: `${uid}-${name}-panel` }, ...content);
    const toggle = button(PANELS[name], () => setPanel(name, panel.hidden), "disclosure");
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

  /** A disclosure with one text of several. @param {"code" | "allow_list"} name */
  function variants(name) {
    const id = `${uid}-${name}`;
    const select = h("select", { id, change: draw });
    const listed = h("div");
    /** @returns {Words} */
    const texts = () => model.get("texts")[name] ?? {};
    disclosure(name, h("div", { class: "row" }, h("label", { for: id }, "Written as"), select, copyButton("Copy", () => texts()[select.value])), listed);
    return () => {
      redraw(select, Object.keys(texts()), (labels) => labels.map((label) => h("option", {}, label)));
      redraw(listed, texts()[select.value], (content) => [content && listing(PANELS[name], content)]);
    };
  }

  // --- The form, from top to bottom ---
  const fields = (/** @type {string[]} */ ...names) => names.map((name) => field(name));
  const badge = h("span", { class: "badge" }, "Sandbox: nothing leaves this machine");
  const account = h("p", { class: "note" });
  const signIn = field("api_key", actionButton("sign-in", "Sign in"));
  const show = button("Show password", () => reveal(inputs.password.type === "password"));
  const forget = button("Forget password", () => (clearSecrets(), send({ kind: "forget-password" })));
  const regions = h("datalist", { id: `${uid}-regions` });
  const url = h("p", { role: "group", "aria-label": "Connection URL" });
  /** @type {HTMLElement} */
  let starter = actionButton("register", "Register", "primary");
  const actions = h("div", { class: "row" }, starter, actionButton("test", "Test connection"), actionButton("diagnose", "Diagnose"));
  const live = h("div", { role: "status" });
  const elapsed = h("span", { class: "elapsed" });
  const cancel = button("Cancel", () => act("cancel", cancel));
  const evidence = h("div");
  const box = h("div", {}, h("div", { class: "row" }, live, elapsed, cancel), evidence);
  const facts = h("dl");
  const conclusion = h("p");
  const details = h("div");
  const activity = h("div");
  const source = h("p", { class: "note" });
  const paste = disclosure("paste", field("paste"));
  const form = h("div", { class: "grid" }, ...fields("name", "api_server_name", "host", "port"), field("password", show, forget));
  const advanced = disclosure("advanced", h("div", { class: "grid" }, ...fields("api_url", "organization_id")));
  disclosure("details", details);
  disclosure("activity", activity);
  const drawVariants = [variants("code"), variants("allow_list")];
  disclosures.allow_list.panel.append(source);
  disclosure("instance", h("div", { class: "grid" }, ...fields("instance_name", "storage", "schema_str")), actionButton("create-instance", "Create instance"));
  const below = Object.values(disclosures).slice(2);
  const root = h("section", { class: "lamin-db", "aria-label": "Lamin database server" },
    h("header", {}, h("div", { class: "row" }, h("strong", {}, "Lamin database server"), badge), account, signIn),
    paste.button, paste.panel, form, regions, advanced.button, advanced.panel,
    h("div", { class: "url" }, h("span", { class: "label", "aria-hidden": "true" }, "Connection URL"), url,
      h("p", { class: "note" }, "User and database are always postgres: Lamin requires it")),
    actions, box, facts, conclusion,
    h("div", { class: "row footer" }, ...below.flatMap((each) => [each.button, each.panel])));
  inputs.api_server_name.setAttribute("list", regions.id);

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
    for (const name in FIELDS) if (FIELDS[name].secret) inputs[name].value = "";
    passwordTyped = false;
    reveal(false);
  }

  /** The kernel's value, unless it is only an echo of what the person is still typing. @param {string} name */
  function drawValue(name) {
    const value = text(name);
    if (inputs[name].value === value) return;
    if (!typed.get(name)?.has(value)) settle(name, value);
    else if (!risky(name)) queue(name);
  }

  function drawField(/** @type {string} */ name) {
    if (!FIELDS[name].secret) drawValue(name);
    inputs[name].readOnly = model.get("locked").includes(name);
    const { field: blamed, state, stale, title } = outcome();
    const region = model.get("regions").find((/** @type {any} */ each) => each.api_server_name === inputs[name].value);
    const hint = { password: text("password_note"), api_server_name: region?.label }[name] ?? FIELDS[name].hint ?? "";
    /** @type {Message | undefined} */
    const message = visited.has(name) ? model.get("messages")[name] : undefined;
    const failed = blamed === name && state !== "success" && !stale && !answered.has(name) && message?.level !== "error";
    /** @type {{ level: string, text: string, fixes?: Fix[] }} */
    const said = message ?? { level: "hint", text: failed ? "" : hint };
    // What failed comes first; a warning may be the reason.
    const note = failed ? { ...said, level: "error", text: `${title} ${said.text}`.trim() } : said;
    if (name === "password") inputs[name].placeholder = model.get("has_password") ? "•••••••• (held)" : "";
    inputs[name].ariaInvalid = String(note.level === "error");
    notes[name].className = `note ${note.level}`;
    redraw(notes[name], note, () => [note.text, ...(note.fixes ?? []).map((fix) => button(fix.label, () => apply(fix), "small"))]);
  }

  function drawAccount() {
    const { state, handle, api_url, sandbox } = model.get("account");
    badge.hidden = !sandbox;
    redraw(account, [state, handle, api_url], () => state === "signed-in" ? ["Signed in as ", h("b", {}, handle), ` · ${api_url}`]
      : [state === "signed-out" ? `Not signed in · ${api_url}` : "Checking who is signed in…"]);
    showIf(signIn, state === "signed-out" || model.get("panels").includes("sign_in"), inputs.name);
    showIf(forget, model.get("has_password") && !inputs.password.readOnly, inputs.password);
  }

  /** What the result box says. @returns {Outcome} */
  function situation() {
    const { action, steps } = model.get("progress");
    if (lost) return { state: "failure", title: LOST };
    if (silent) return { state: "unknown", title: SILENT };
    if (action) return { state: "running", title: `${WORDS[action] ?? "Working"}…`, steps };
    return outcome().action ? outcome() : { state: "idle", title: "", advice: IDLE };
  }

  function drawResult() {
    const { state, title, advice, stale, at, command, steps = [], report } = situation();
    const busy = Boolean(model.get("progress").action) && !lost;
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
        h("span", {}, step.state + (step.text ? `: ${step.text}` : "")), step.state !== "skipped" && h("time", {}, seconds(step.elapsed_s))))),
      report && copyButton("Copy report", () => report)]);
  }

  function drawFacts() {
    const all = model.get("facts");
    facts.hidden = conclusion.hidden = !Object.keys(FACTS).some((name) => all[name]?.state);
    conclusion.textContent = all.conclusion ?? "";
    redraw(facts, all, () => Object.entries(FACTS).map(([name, label]) => {
      const { state = "", text: words = "", stale = false } = all[name] ?? {};
      return h("div", { class: stale ? "stale" : "" }, h("dt", {}, label), h("dd", {}, icon(state), h("b", {}, WORDS[state] ?? "Not checked"),
        h("span", { class: "note" }, joined(words, stale && STALE))));
    }));
  }

  function drawPanels() {
    const offered = model.get("next_step");
    for (const [name, { button: toggle, panel }] of Object.entries(disclosures)) {
      const open = model.get("panels").includes(name) && (name !== "instance" || offered);
      toggle.ariaExpanded = String(open);
      showIf(panel, open, toggle);
    }
    showIf(disclosures.instance.button, offered, starter);
    drawVariants.forEach((each) => each());
    redraw(source, model.get("allow_list_note"), ({ text: words, url: href }) => [words, " ",
      /^https?:/.test(href) && h("a", { href, target: "_blank", rel: "noopener noreferrer" }, "Source")]);
    redraw(details, outcome(), ({ action, cause, http_status: status, elapsed_s: time, at, details: more }) => [
      action ? h("p", {}, joined(cause, status && `HTTP ${status}`, seconds(time), clock(at))) : "Nothing has been done yet.",
      more && listing("Details", more), more && copyButton("Copy", () => more)]);
    redraw(activity, model.get("activity"), (/** @type {(Outcome & { at: string })[]} */ entries) => {
      const lines = entries.map((entry) => joined(clock(entry.at), entry.action, entry.title));
      return lines.length ? [h("ol", { "aria-label": "Activity" }, ...entries.map(({ state }, i) => h("li", {}, icon(state), h("span", {}, lines[i])))),
        copyButton("Copy", () => lines.join("\n"))] : ["Nothing has been done yet."];
    });
  }

  function draw() {
    scheduled = false;
    if (signal.aborted) return;
    if (!pressed) {
      Object.keys(FIELDS).forEach(drawField);
      redraw(regions, model.get("regions"), (all) => all.map((/** @type {any} */ each) => h("option", { value: each.api_server_name }, each.label)));
      [drawAccount, drawResult, drawFacts, drawPanels].forEach((part) => part());
    }
    url.textContent = maskedUrl(inputs.host.value, inputs.port.value);
  }

  function schedule() {
    if (!scheduled) queueMicrotask(draw);
    scheduled = true;
  }

  // --- Listening, until `signal` says that this view is closed ---
  function received(/** @type {Received} */ message) {
    heard();
    if (message.kind === "clear-secrets") clearSecrets();
    if (message.kind !== "focus" || !inputs[message.field]) return;
    const { panel } = FIELDS[message.field];
    const used = root.contains(focused()); // another view, or another cell, keeps its focus
    visited.add(message.field);
    if (used && panel && !model.get("panels").includes(panel)) setPanel(panel, true);
    draw();
    if (used) inputs[message.field].focus();
  }

  /** The kernel went away, and what was typed dies with it. */
  function lose() {
    lost = true;
    clearSecrets();
    schedule();
  }

  /** @type {[string, (...args: any[]) => void][]} */
  const subscriptions = [["msg:custom", received], ["comm_live_update", lose], ["change:outcome", () => answered.clear()]];
  for (const name of [...PLAIN, "panels"]) subscriptions.push([`change:${name}`, schedule]);
  for (const name of KERNEL_TRAITS) subscriptions.push([`change:${name}`, heard]);
  for (const [name, callback] of subscriptions) model.on(name, callback);
  const ticking = setInterval(() => since && drawResult(), 1000);
  // While the focus is here, keys and the clipboard are ours, not the notebook's.
  for (const name of ["keydown", "keypress", "keyup", "paste", "copy", "cut", "dragstart", "dragover", "drop"])
    root.addEventListener(name, (event) => event.stopPropagation(), { signal });
  root.addEventListener("pointerdown", () => (pressed = true), { signal });
  for (const name of ["pointerup", "pointercancel", "dragend"])
    window.addEventListener(name, () => setTimeout(() => ((pressed = false), draw())), { signal, capture: true });
  signal.addEventListener("abort", () => {
    flush();
    [saving, waiting, ticking].forEach(clearTimeout);
    for (const [name, callback] of subscriptions) model.off(name, callback);
  }, { once: true });

  draw();
  el.append(root);
  send({ kind: "hello" });
}

export default { render };
