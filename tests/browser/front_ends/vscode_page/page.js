/**
 * Cells and their outputs, as the webview of VS Code shows them: its own widget manager,
 * on a kernel of the Jupyter server that serves this page.
 */
import { KernelManager, ServerConnection } from "@jupyterlab/services";
import { activate } from "@vscode/jupyter-ipywidgets8";

const WIDGET = "application/vnd.jupyter.widget-view+json";

activate();
window.vscIPyWidgets8.load();

/** Keys that reach the editor, which would run its shortcuts. */
window.reachedEditor = [];
window.addEventListener("keydown", (event) => window.reachedEditor.push(event.key));

const scripts = {
  widgetsRegisteredInRequireJs: new Set(),
  successHandler() {},
  errorHandler(_class, _module, _version, error) {
    throw error;
  },
  async loadWidgetScript(module) {
    window.requirejs.config({
      paths: { [module]: `/nbextensions/${module}/index` },
    });
    this.widgetsRegisteredInRequireJs.add(module);
  },
};

async function start() {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: window.location.origin,
    wsUrl: window.location.origin.replace("http", "ws"),
  });
  const kernels = new KernelManager({ serverSettings });
  return kernels.startNew({ name: "python3" });
}

async function show(manager, modelId, output) {
  output.classList.add("cell-output-ipywidget-background");
  const model = await manager.get_model(modelId);
  const view = await manager.create_view(model, { el: output });
  await manager.display_view({}, view, { node: output });
}

/** Run one cell for each source, and show the widgets. */
window.run = async (sources, theme) => {
  document.body.className = theme;
  const kernel = await start();
  const manager = new window.vscIPyWidgets.WidgetManager(
    kernel,
    document.body,
    scripts,
    () => {},
  );
  for (const code of sources) {
    const output = document.createElement("div");
    output.className = "output";
    document.body.append(output);
    const future = kernel.requestExecute({ code });
    future.onIOPub = ({ content }) => {
      const widget = content.data?.[WIDGET];
      if (widget) show(manager, widget.model_id, output);
      else if (content.text ?? content.ename)
        output.append(content.text ?? content.traceback.join("\n"));
    };
    await future.done;
  }
};
