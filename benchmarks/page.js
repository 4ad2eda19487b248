// Runs in JupyterLab's page, and measures there.
(() => {
  const URL_SHOWN = /postgresql:\/\/postgres:\*\*\*@(.*):\d*\/postgres/;
  const notebook = () => window.jupyterapp.shell.currentWidget.content;
  const cell = (index) => notebook().widgets[index].node;
  const visible = (node) => node.offsetParent !== null && !node.disabled;
  const frame = () => new Promise(requestAnimationFrame);
  const settled = () => new Promise(requestIdleCallback);

  async function until(condition, limit = 20000) {
    const end = performance.now() + limit;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited for ${condition}`);
      await frame();
    }
  }

  function usable(node) {
    const inputs = [...node.querySelectorAll("input, select")].filter(visible);
    const buttons = [...node.querySelectorAll("button")].filter(visible);
    return inputs.length >= 5 && buttons.some((b) => b.textContent.trim() === "Test connection")
      && URL_SHOWN.test(node.textContent);
  }

  const run = (index) => {
    notebook().activeCellIndex = index;
    return window.jupyterapp.commands.execute("notebook:run-cell");
  };

  /**
   * Milliseconds from running a cell to a form that was painted and can be used.
   *
   * No other output is on the page: a form above another one would have to move it.
   */
  async function display(index) {
    notebook().activeCellIndex = index;
    await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
    await until(() => !usable(cell(index)));
    await settled();
    const started = performance.now();
    const done = run(index);
    await until(() => usable(cell(index)));
    await frame();
    const took = performance.now() - started;
    await done;
    return took;
  }

  const kernel = () => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;

  /** The value of a Python expression in the kernel, as its repr. */
  async function ask(expression) {
    const future = kernel().requestExecute({ code: "", silent: true, user_expressions: { it: expression } });
    const { content } = await future.done;
    return content.user_expressions.it.data["text/plain"];
  }

  /** Record keys and previews of the form in a cell, and what else happens meanwhile. */
  async function record(index) {
    const node = cell(index);
    const input = node.querySelector('input[placeholder="db.example.org"]');
    const listening = new AbortController();
    const { signal } = listening;
    const found = { keys: [], previews: [], long: [], messages: 0, started: performance.now() };
    let pressed = 0;
    input.focus();
    input.select();
    await settled(); // JupyterLab has moved to this cell, which isn't part of typing
    input.addEventListener("keydown", (event) => (pressed = event.timeStamp), { signal, capture: true });
    input.addEventListener("input", () => found.keys.push([pressed, input.value]), { signal, capture: true });
    const look = () => {
      const shown = URL_SHOWN.exec(node.textContent)?.[1];
      if (shown !== found.previews.at(-1)?.[1]) found.previews.push([performance.now(), shown]);
    };
    const observer = new MutationObserver(look);
    observer.observe(node, { subtree: true, childList: true, characterData: true });
    const tasks = new PerformanceObserver((list) => found.long.push(...list.getEntries().map((e) => e.duration)));
    tasks.observe({ type: "longtask" });
    window.bench.count = () => found.messages++;
    window.bench.stop = async () => {
      await until(() => found.previews.at(-1)?.[1] === input.value);
      await new Promise((resolve) => setTimeout(resolve, 600)); // what is held back is sent
      listening.abort();
      observer.disconnect();
      tasks.disconnect();
      window.bench.count = () => {};
      return { ...found, value: input.value };
    };
  }

  /** Milliseconds of the long tasks while `work` is done. */
  async function longTasks(work) {
    const long = [];
    const tasks = new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration)));
    tasks.observe({ type: "longtask" });
    await work();
    await new Promise((resolve) => setTimeout(resolve, 300));
    tasks.disconnect();
    return long;
  }

  async function press(index, label) {
    const buttons = [...cell(index).querySelectorAll("button")];
    buttons.find((b) => b.textContent.trim() === label).click();
  }

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (text.includes('"comm_msg"')) window.bench.count();
    return send.call(this, data);
  };

  window.bench = {
    count: () => {}, display, record, run, longTasks, press,
    ask, execute: (code) => kernel().requestExecute({ code, silent: true }).done.then(() => {}),
    text: (index) => cell(index).textContent,
    busy: () => until(() => kernel().status === "busy"),
    idle: () => until(() => kernel().status === "idle", 60000),
    until, cell,
  };
})();
