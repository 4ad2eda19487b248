// The view of DbServerWidget. Python decides, this page draws: it shows the traits of
// the model and reports what the person did. Secrets travel as binary buffers only.

/** @typedef {"register" | "test" | "diagnose" | "sign-in" | "cancel" | "create-instance"} Action */
/** @typedef {{ kind: "password" | "connection-string" | "api-key" | "forget-password" }
 *   | { kind: "action", action: Action, values: Record<string, unknown> }} Sent */
/** @typedef {{ kind: "clear-secrets" } | { kind: "focus", field: string }} Received */
/** @typedef {{ label: string, values: Record<string, unknown> }} Fix */
/** @typedef {{ level: "error" | "warning" | "info", text: string, fixes?: Fix[] }} Message */
/** @typedef {{ name: string, state: string, elapsed_s?: number | null, text?: string }} Step */
/** @typedef {{ state: "yes" | "no" | "unknown" | "", text: string, stale: boolean }} Fact */
/** @typedef {{ at: string, action: string, state: string, title: string }} Entry */
/** @typedef {{ state: string, title: string, action?: string, advice?: string, command?: string,
 *   cause?: string, field?: string, http_status?: number, elapsed_s?: number, at?: string,
 *   details?: string, steps?: Step[], stale?: boolean, report?: string }} Outcome */
/** @typedef {{ get(name: string): any, set(name: string, value: unknown): void, save_changes(): void,
 *   send(content: Sent, callbacks?: unknown, buffers?: ArrayBufferLike[]): void,
 *   on(name: string, callback: (...args: any[]) => void): void,
 *   off(name: string, callback: (...args: any[]) => void): void }} Model */

/** @type {Record<string, { label: string, hint?: string, secret?: boolean, panel?: string } & Record<string, unknown>>} */
const FIELDS = {
  name: { label: "Server name", hint: "Lamin will know the server by this name" },
  api_server_name: { label: "Region", placeholder: "prod-us-east-1" },
  host: { label: "Host", placeholder: "db.example.org" },
  port: { label: "Port", inputMode: "numeric", placeholder: "5432" },
  password: { label: "Password", secret: true },
  api_url: { label: "API URL", hint: "Where the details above are sent", panel: "advanced" },
  organization_id: { label: "Organization ID", hint: "A UUID; only if your API asks for it", panel: "advanced" },
  paste: { label: "Connection string", secret: true, panel: "paste", hint: "URI, key=value, JDBC, psql or DATABASE_URL: it fills the fields and is not kept" },
  api_key: { label: "API key", secret: true, panel: "sign_in", hint: "or run “lamin login” in a terminal" },
  instance_name: { label: "Instance name", panel: "instance" },
  storage: { label: "Storage", panel: "instance", placeholder: "s3://my-bucket", hint: "Optional" },
  schema_str: { label: "Schema modules", panel: "instance", placeholder: "bionty", hint: "Optional, separated by commas" },
};
const PLAIN = Object.keys(FIELDS).filter((name) => !FIELDS[name].secret);
const PANELS = { paste: "Paste a connection string", advanced: "Advanced", details: "Details", activity: "Activity",
  code: "Show code", allow_list: "Allow-list", instance: "Create an instance" };
const ACTIONS = /** @type {const} */ ({ register: "Register", test: "Test connection", diagnose: "Diagnose" });
/** @type {Record<string, string>} */
const DOING = { register: "Registering", test: "Testing", diagnose: "Diagnosing", "sign-in": "Signing in", "create-instance": "Creating the instance" };
const FACTS = { registered: "Registered", lamin: "Reachable from Lamin", here: "Reachable from here" };
/** @type {Record<string, string>} */
const ICONS = { success: "✓", passed: "✓", yes: "✓", failure: "✕", failed: "✕", no: "✕", warning: "!", unknown: "?", skipped: "–", running: "…" };
/** @type {Record<string, string>} */
const WORDS = { yes: "Yes", no: "No", unknown: "Unknown", "": "Not checked" };
const TRAITS = [...PLAIN, "panels", "has_password", "password_note", "locked", "regions", "messages", "account", "progress",
  "outcome", "facts", "activity", "texts", "allow_list_note", "next_step"];
const IDLE = "Diagnose connects from here and sends nothing to Lamin. Register hands the server over to Lamin. Test connection asks Lamin to connect to it.";
const LOST = "This form has lost its kernel. Run the cell again to go on.";
const SILENT = "The kernel has not answered yet: it is busy, or was restarted. If it was restarted, run the cell again.";
const STALE = "From before the last change";
const CREDENTIALS = /:\/\/.*@/s;
const CONNECTION_STRING = /:\/\/.*@|password\s*=|^\s*(postgres(ql)?:|psql\s|jdbc:|(export\s+)?database_url\s*=)/is;

/** The URL with the password masked, as `lamin_widgets.connection.masked_url` writes it.
 * @param {string} host @param {string | number} port */
export function maskedUrl(host, port) {
  const address = host.trim();
  const name = address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
  return `postgresql://postgres:***@${name || "<your-host>"}:${String(port).trim() || "<your-port>"}/postgres`;
}

/** An element: functions become listeners that end with `signal`, the rest attributes or properties.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {AbortSignal} signal @param {K} tag @param {Record<string, any>} props
 * @param {(Node | string)[]} children @returns {HTMLElementTagNameMap[K]} */
function element(signal, tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(key, value, { signal });
    else if (key in node) Object.assign(node, { [key]: value });
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** @param {{ model: Model, el: HTMLElement, signal: AbortSignal }} context */
function render({ model, el, signal }) {
  const uid = `lamin-db-${Math.random().toString(36).slice(2)}`;
  /** @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag @param {Record<string, any>} [props] @param {(Node | string)[]} children */
  const h = (tag, props = {}, ...children) => element(signal, tag, props, ...children);
  /** @param {string} name */
  const text = (name) => String(model.get(name) ?? "");

  // --- What this view knows beyond the model ---------------------------------------
  /** @type {Record<string, HTMLInputElement>} */
  const inputs = {};
  /** @type {Record<string, HTMLElement>} */
  const notes = {};
  /** @type {Record<string, { button: HTMLButtonElement, panel: HTMLElement }>} */
  const disclosures = {};
  const visited = new Set(["paste", "api_key"]); // fields whose messages may be shown
  const pending = new Set(); // fields typed in and not saved yet
  const answered = new Set(); // fields changed since the last outcome
  /** @type {Map<string, Set<string>>} the model's values that are the person's own typing, by field */
  const typed = new Map();
  /** @type {WeakMap<Node, string>} */
  const drawn = new WeakMap();
  let passwordTyped = false; // and not sent yet
  let pressed = false; // a pointer is down: nothing may move under it
  let silent = false;
  let lost = false;
  let since = 0; // when the running action was first seen
  let saving = 0;
  let waiting = 0;
  let scheduled = false;

  // --- Reporting what the person did -------------------------------------------------
  /** @param {string} name @param {unknown} value */
  const save = (name, value) => (model.set(name, value), model.save_changes());
  /** @param {"password" | "connection-string" | "api-key"} kind @param {string} secret */
  const sendSecret = (kind, secret) => model.send({ kind }, undefined, [new TextEncoder().encode(secret).buffer]);
  /** @param {string} name */
  const value = (name) => (name === "port" && /^\d{1,15}$/.test(inputs.port.value) ? Number(inputs.port.value) : inputs[name].value);
  /** @param {string} name */
  const isConnectionString = (name) => (name === "api_url" ? CREDENTIALS : CONNECTION_STRING).test(inputs[name].value);

  function flush() {
    clearTimeout(saving);
    saving = 0;
    for (const name of pending) {
      model.set(name, value(name));
      typed.get(name)?.add(text(name));
    }
    pending.clear();
    model.save_changes();
  }

  /** @param {string} name */
  function queue(name) {
    if (!typed.has(name)) typed.set(name, new Set([text(name)]));
    pending.add(name);
    saving ||= setTimeout(flush, 150);
  }

  /** Typing reaches the model soon; what may hold a password never does.
   * @param {string} name @param {Event} event */
  function edited(name, event) {
    answered.add(name);
    if (name === "password") passwordTyped = true;
    else if (FIELDS[name].secret) { if (name === "paste" && !isTyping(event)) committed(name); }
    else if (isConnectionString(name) || inputs[name].value.includes("://")) {
      pending.delete(name);
      typed.set(name, new Set([text(name)]));
      if (!isTyping(event)) committed(name);
    } else queue(name);
    draw();
  }

  /** A field is finished: left, or about to be used. @param {string} name */
  function committed(name) {
    const input = inputs[name];
    if (name === "password") {
      if (passwordTyped) sendSecret("password", input.value);
      passwordTyped = false;
    } else if (name === "paste" ? input.value : !FIELDS[name].secret && isConnectionString(name)) {
      sendSecret("connection-string", input.value);
      input.value = name === "paste" ? "" : text(name);
    } else if (!FIELDS[name].secret && input.value !== text(name)) {
      pending.add(name);
      flush();
    }
    if (!FIELDS[name].secret) typed.delete(name);
    schedule();
  }

  /** @param {Action} action @param {HTMLElement} button */
  function act(action, button) {
    button.focus(); // Safari does not focus a clicked button
    if (button.ariaDisabled === "true") return;
    if (action !== "cancel") starter = button;
    for (const name of [...PLAIN, "password"]) committed(name);
    if (action === "sign-in" && inputs.api_key.value) sendSecret("api-key", inputs.api_key.value);
    else if (action in ACTIONS || action === "create-instance") Object.keys(FIELDS).forEach((name) => visited.add(name));
    // The values ride along: a front end may hold back a change while the kernel is busy.
    model.send({ kind: "action", action, values: Object.fromEntries(PLAIN.map((name) => [name, model.get(name)])) });
    waiting ||= setTimeout(() => ((silent = true), draw()), 3000);
    schedule();
  }

  function heard() {
    clearTimeout(waiting);
    waiting = 0;
    silent = false;
    schedule();
  }

  /** @param {Fix} fix */
  function apply({ values }) {
    for (const [name, fixed] of Object.entries(values)) {
      pending.delete(name);
      typed.delete(name);
      answered.add(name);
      model.set(name, fixed);
    }
    model.save_changes();
    inputs[Object.keys(values)[0]]?.focus();
  }

  /** @param {string} name @param {boolean} [open] */
  function toggle(name, open) {
    /** @type {string[]} */
    const others = model.get("panels").filter((/** @type {string} */ panel) => panel !== name);
    const isOpen = others.length < model.get("panels").length;
    if (open !== isOpen) save("panels", isOpen ? others : [...others, name]);
  }

  // --- The parts ---------------------------------------------------------------------
  /** @param {string} name @param {Node[]} beside */
  function field(name, ...beside) {
    const { label, hint: _, secret, panel: __, ...props } = FIELDS[name];
    const input = (inputs[name] = h("input", {
      id: `${uid}-${name}`, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off",
      autocapitalize: "off", spellcheck: false, "aria-describedby": `${uid}-${name}-note`, ...props,
      input: (/** @type {Event} */ event) => edited(name, event),
      change: () => committed(name),
      blur: () => (visited.add(name), schedule()),
    }));
    notes[name] = h("p", { class: "note", id: `${uid}-${name}-note` });
    return h("div", { class: `field ${name}` }, h("label", { for: input.id }, label), h("div", { class: "row" }, input, ...beside), notes[name]);
  }

  /** @param {Exclude<Action, "cancel">} action @param {string} label @param {string} [style] */
  const actionButton = (action, label, style = "") => {
    const button = h("button", { type: "button", class: style, click: () => act(action, button) }, label);
    actionButtons.push(button);
    return button;
  };

  /** @param {keyof typeof PANELS} name @param {Node[]} content */
  function disclosure(name, ...content) {
    const panel = h("div", { class: "panel", id: `${uid}-${name}-panel` }, ...content);
    const button = h("button", { type: "button", class: "disclosure", "aria-controls": panel.id, click: () => toggle(name) }, PANELS[name]);
    disclosures[name] = { button, panel };
    return disclosures[name];
  }

  /** Where the clipboard is closed to us, the text is shown and selected. @param {string} label @param {() => string} source */
  function copyButton(label, source) {
    const button = h("button", { type: "button", class: "small", click: async () => {
      try {
        await navigator.clipboard.writeText(source());
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = label), 1500);
      } catch {
        const area = h("textarea", { readOnly: true, rows: 6, value: source(), "aria-label": "Text to copy", blur: () => area.remove() });
        button.after(area);
        area.select();
      }
    } }, label);
    return button;
  }

  /** @param {string} label @param {string} content */
  const listing = (label, content) => h("pre", { tabIndex: 0, role: "group", "aria-label": label }, content);
  /** @param {string} state */
  const icon = (state) => h("span", { class: `icon ${state}`, "aria-hidden": "true" }, ICONS[state] ?? "·");
  /** @param {number | null} [time] */
  const seconds = (time) => (time == null ? "" : `${time < 10 ? time.toFixed(1) : Math.round(time)} s`);
  /** @param {string} [at] */
  const clock = (at) => (at ? new Date(at).toLocaleTimeString() : "");

  /** @param {"code" | "allow_list"} name @param {string} label */
  function choice(name, label) {
    const select = h("select", { id: `${uid}-${name}`, change: () => draw() });
    const listed = h("div");
    /** @returns {Record<string, string>} */
    const texts = () => model.get("texts")[name] ?? {};
    const panel = disclosure(name, h("div", { class: "row" }, h("label", { for: select.id }, label), select, copyButton("Copy", () => texts()[select.value] ?? "")), listed);
    return { ...panel, draw() {
      const labels = Object.keys(texts());
      redraw(select, labels, () => labels.map((option) => h("option", {}, option)));
      redraw(listed, texts()[select.value], (content) => [listing(PANELS[name], content ?? "")]);
    } };
  }

  // --- The form, from top to bottom ----------------------------------------------------
  /** @type {HTMLButtonElement[]} */
  const actionButtons = [];
  const buttons = /** @type {[keyof typeof ACTIONS, string][]} */ (Object.entries(ACTIONS))
    .map(([action, label]) => actionButton(action, label, action === "register" ? "primary" : ""));
  /** @type {HTMLElement} */
  let starter = buttons[0];
  const badge = h("span", { class: "badge" }, "Sandbox: nothing leaves this machine");
  const account = h("p", { class: "note" });
  const signIn = h("div", { class: "sign-in" }, field("api_key", actionButton("sign-in", "Sign in")));
  const show = h("button", { type: "button", "aria-pressed": "false", click: () => reveal(inputs.password.type === "password") }, "Show password");
  const forget = h("button", { type: "button", click: () => {
    clearSecrets();
    model.send({ kind: "forget-password" });
  } }, "Forget password");
  const regions = h("datalist", { id: `${uid}-regions` });
  const url = h("output", { id: `${uid}-url`, "aria-label": "Connection URL", "aria-live": "off" });
  const live = h("div", { role: "status" });
  const elapsed = h("span", { class: "elapsed" });
  const cancel = h("button", { type: "button", click: () => act("cancel", cancel) }, "Cancel");
  const result = h("div");
  const facts = h("dl", { class: "facts" });
  const conclusion = h("p", { class: "conclusion" });
  const box = h("div", { class: "result" }, h("div", { class: "row" }, live, elapsed, cancel), result);
  const details = h("div");
  const activity = h("div");
  const source = h("p", { class: "note" });
  const paste = disclosure("paste", field("paste"));
  const advanced = disclosure("advanced", h("div", { class: "grid" }, field("api_url"), field("organization_id")));
  const code = choice("code", "Written as");
  const allowList = choice("allow_list", "Written as");
  allowList.panel.append(source);
  const instance = disclosure("instance", h("div", { class: "grid" }, ...["instance_name", "storage", "schema_str"].map((name) => field(name))),
    actionButton("create-instance", "Create instance"));
  const footer = [disclosure("details", details), disclosure("activity", activity), code, allowList, instance];
  const root = h("section", { class: "lamin-db", "aria-label": "Lamin database server", "data-lm-suppress-shortcuts": "true" },
    h("header", {}, h("div", { class: "row" }, h("strong", {}, "Lamin database server"), badge), account, signIn),
    paste.button, paste.panel,
    h("div", { class: "grid" }, ...["name", "api_server_name", "host", "port"].map((name) => field(name)), field("password", show, forget)),
    regions, advanced.button, advanced.panel,
    h("div", { class: "url" }, h("span", { class: "label", "aria-hidden": "true" }, "Connection URL"), url,
      h("p", { class: "note" }, "User and database are always postgres: Lamin requires it")),
    h("div", { class: "actions row" }, ...buttons),
    box, facts, conclusion,
    h("div", { class: "footer row" }, ...footer.map(({ button }) => button)), ...footer.map(({ panel }) => panel));
  inputs.api_server_name.setAttribute("list", regions.id);

  // --- Drawing the model -----------------------------------------------------------------
  const focused = () => /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement;

  /** Rebuild what a node holds, only if what it shows has changed, without losing the focus.
   * @template T @param {HTMLElement} node @param {T} shown @param {(shown: T) => (Node | string)[]} build */
  function redraw(node, shown, build) {
    const key = JSON.stringify(shown) ?? "";
    if (drawn.get(node) === key) return;
    drawn.set(node, key);
    const held = node.contains(focused());
    node.replaceChildren(...build(shown));
    if (held && !node.contains(focused())) (node.closest(".field")?.querySelector("input") ?? starter).focus();
  }

  /** @param {HTMLElement} node @param {boolean} visible @param {HTMLElement} refuge takes the focus */
  function showIf(node, visible, refuge) {
    const held = !visible && node.contains(focused());
    node.hidden = !visible;
    if (held) refuge.focus();
  }

  /** @param {boolean} visible */
  function reveal(visible) {
    inputs.password.type = visible ? "text" : "password";
    show.ariaPressed = String(visible);
  }

  function clearSecrets() {
    for (const name in FIELDS) if (FIELDS[name].secret) inputs[name].value = "";
    passwordTyped = false;
    reveal(false);
  }

  /** @param {string} name */
  function drawField(name) {
    const input = inputs[name];
    const own = typed.get(name);
    if (!FIELDS[name].secret && input.value !== text(name)) {
      if (own?.has(text(name))) { if (!pending.has(name) && !input.value.includes("://") && !isConnectionString(name)) queue(name); }
      else {
        input.value = text(name);
        pending.delete(name);
        typed.delete(name);
      }
    }
    input.readOnly = model.get("locked").includes(name);
    /** @type {Outcome} */
    const outcome = model.get("outcome");
    /** @type {Message | undefined} */
    const message = visited.has(name) ? model.get("messages")[name] : undefined;
    const blamed = outcome.field === name && outcome.state !== "success" && !outcome.stale && !answered.has(name);
    const hint = name === "password" ? text("password_note") : name === "api_server_name"
      ? model.get("regions").find((/** @type {any} */ region) => region.api_server_name === input.value)?.label : FIELDS[name].hint;
    const shown = message ?? (blamed ? { level: "error", text: outcome.title } : { level: "hint", text: hint ?? "" });
    input.ariaInvalid = String(shown.level === "error");
    notes[name].className = `note ${shown.level}`;
    redraw(notes[name], shown, () => [shown.text, ...(message?.fixes ?? []).map((fix) =>
      h("button", { type: "button", class: "small", click: () => apply(fix) }, fix.label))]);
  }

  function drawAccount() {
    const { state, handle, api_url, sandbox } = model.get("account");
    badge.hidden = !sandbox;
    redraw(account, [state, handle, api_url], () => state === "signed-in" ? ["Signed in as ", h("b", {}, handle), ` · ${api_url}`]
      : [state === "signed-out" ? `Not signed in · ${api_url}` : "Checking who is signed in…"]);
    showIf(signIn, state === "signed-out" || model.get("panels").includes("sign_in"), inputs.name);
  }

  /** What the result box says, in order of urgency. @returns {Outcome} */
  function situation() {
    const { progress, outcome } = { progress: model.get("progress"), outcome: model.get("outcome") };
    if (lost) return { state: "failure", title: LOST };
    if (silent) return { state: "unknown", title: SILENT };
    if (progress.action) return { state: "running", title: `${DOING[progress.action] ?? "Working"}…`, steps: progress.steps };
    return outcome.action ? outcome : { state: "idle", title: "", advice: IDLE };
  }

  function drawResult() {
    const now = situation();
    const busy = Boolean(model.get("progress").action);
    since = busy ? since || Date.now() : 0;
    elapsed.textContent = busy ? `${Math.floor((Date.now() - since) / 1000)} s` : "";
    showIf(cancel, busy && !lost, starter);
    for (const button of actionButtons) button.ariaDisabled = String(busy || lost);
    box.className = `result ${now.state} ${now.stale ? "stale" : ""}`;
    redraw(live, [now.state, now.title, now.advice, now.stale, now.at], () => [
      h("p", { class: "title" }, ...(now.title ? [icon(now.state), h("span", {}, now.title)] : []), ...(now.stale ? [h("em", {}, STALE)] : [])),
      ...(now.advice ? [h("p", {}, now.advice)] : [])]);
    redraw(result, [now.command, now.steps, now.report], () => [
      ...(now.command ? [h("div", { class: "row" }, listing("Command", now.command), copyButton("Copy", () => now.command ?? ""))] : []),
      ...(now.steps?.length ? [h("ol", { "aria-label": "Steps" }, ...now.steps.map((step) => h("li", {}, icon(step.state),
        h("b", {}, step.name), h("span", {}, `${step.state}${step.text ? `: ${step.text}` : ""}`), h("time", {}, seconds(step.elapsed_s)))))] : []),
      ...(now.report ? [copyButton("Copy report", () => now.report ?? "")] : [])]);
  }

  function drawFacts() {
    const all = model.get("facts");
    const known = Object.keys(FACTS).some((name) => all[name]?.state);
    facts.hidden = !known;
    redraw(facts, all, () => Object.entries(FACTS).map(([name, label]) => {
      /** @type {Fact} */
      const fact = all[name] ?? { state: "", text: "", stale: false };
      return h("div", { class: fact.stale ? "stale" : "" }, h("dt", {}, label), h("dd", {}, icon(fact.state), h("b", {}, WORDS[fact.state]),
        h("span", { class: "note" }, [fact.text, fact.stale ? STALE : ""].filter(Boolean).join(" · "))));
    }));
    redraw(conclusion, known ? all.conclusion : "", (words) => [words ?? ""]);
  }

  function drawPanels() {
    for (const [name, { button, panel }] of Object.entries(disclosures)) {
      const open = model.get("panels").includes(name) && (name !== "instance" || model.get("next_step"));
      button.ariaExpanded = String(open);
      showIf(panel, open, button);
    }
    showIf(instance.button, model.get("next_step"), starter);
    code.draw();
    allowList.draw();
    const from = model.get("allow_list_note") ?? {};
    redraw(source, from, () => [from.text ?? "", " ", ...(/^https?:/.test(from.url) ? [h("a", { href: from.url, target: "_blank", rel: "noopener noreferrer" }, "Source")] : [])]);
    /** @type {Outcome} */
    const last = model.get("outcome");
    redraw(details, last, () => last.action ? [h("p", {}, [last.cause, last.http_status && `HTTP ${last.http_status}`, seconds(last.elapsed_s), clock(last.at)].filter(Boolean).join(" · ")),
      ...(last.details ? [listing("Details", last.details), copyButton("Copy", () => last.details ?? "")] : [])] : ["Nothing has been done yet."]);
    /** @type {Entry[]} */
    const entries = model.get("activity");
    const lines = entries.map((entry) => `${clock(entry.at)}  ${entry.action}: ${entry.title}`);
    redraw(activity, entries, () => lines.length ? [h("ol", { "aria-label": "Activity" }, ...entries.map((entry, i) => h("li", {}, icon(entry.state), lines[i]))),
      copyButton("Copy", () => lines.join("\n"))] : ["Nothing has been done yet."]);
  }

  function draw() {
    scheduled = false;
    if (signal.aborted) return;
    url.textContent = maskedUrl(inputs.host.value, inputs.port.value);
    if (pressed) return;
    Object.keys(FIELDS).forEach(drawField);
    url.textContent = maskedUrl(inputs.host.value, inputs.port.value);
    redraw(regions, model.get("regions"), (all) => all.map((/** @type {any} */ region) => h("option", { value: region.api_server_name }, region.label)));
    showIf(forget, model.get("has_password") && !model.get("locked").includes("password"), inputs.password);
    drawAccount();
    drawResult();
    drawFacts();
    drawPanels();
  }

  function schedule() {
    if (!scheduled) queueMicrotask(draw);
    scheduled = true;
  }

  // --- Listening, until `signal` says that this view is closed --------------------------
  /** @param {Received} message */
  function received(message) {
    heard();
    if (message.kind === "clear-secrets") clearSecrets();
    if (message.kind !== "focus" || !inputs[message.field]) return;
    visited.add(message.field);
    const { panel } = FIELDS[message.field];
    const mine = root.contains(focused()); // the view that was used last, and no other
    if (panel && mine) toggle(panel, true);
    draw();
    if (mine) inputs[message.field].focus();
  }

  /** @type {[string, (...args: any[]) => void][]} */
  const subscriptions = [...TRAITS.map((name) => /** @type {[string, () => void]} */ ([`change:${name}`, schedule])),
    ...["progress", "outcome", "messages"].map((name) => /** @type {[string, () => void]} */ ([`change:${name}`, heard])),
    ["change:outcome", () => answered.clear()], ["msg:custom", received]];
  for (const [name, callback] of subscriptions) model.on(name, callback);

  // Jupyter marks the node of a view whose comm is gone; what was typed dies with the kernel.
  const watch = new MutationObserver(() => {
    const dead = el.closest(".jupyter-widgets-disconnected") !== null;
    if (dead && !lost) clearSecrets();
    lost = dead;
    schedule();
  });
  watch.observe(el, { attributes: true, attributeFilter: ["class"] });
  lost = el.closest(".jupyter-widgets-disconnected") !== null;
  const ticking = setInterval(() => since && drawResult(), 1000);

  // Keys and the clipboard are ours while a field has the focus, not the notebook's.
  for (const name of ["keydown", "keypress", "keyup", "paste", "copy", "cut", "dragstart", "dragover", "drop"])
    root.addEventListener(name, (event) => event.stopPropagation(), { signal });
  root.addEventListener("pointerdown", () => (pressed = true), { signal });
  for (const name of ["pointerup", "pointercancel", "dragend"])
    window.addEventListener(name, () => setTimeout(() => ((pressed = false), draw())), { signal, capture: true });

  signal.addEventListener("abort", () => {
    flush();
    watch.disconnect();
    [saving, waiting, ticking].forEach(clearTimeout);
    for (const [name, callback] of subscriptions) model.off(name, callback);
  }, { once: true });

  el.append(root);
  draw();
}

/** Typed key by key, not pasted, dropped or filled in. @param {Event} event */
const isTyping = (event) => /^(insertText|insertComposition|delete|history)/.test(/** @type {InputEvent} */ (event).inputType ?? "");

export default { render };
