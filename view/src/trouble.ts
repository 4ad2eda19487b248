/** Sentences for a kernel that doesn't answer. */

import type { View } from "./view";

const CELLS = "run this cell and the cells above it again.";
const PAGE = "reload the page."; // Voilà shows no cells.

/** Returns the reason why the form doesn't work at the moment, or "". */
export function trouble(kernel: "" | "silent" | "lost", { closed }: View): string {
  const voila = document.querySelector("body[data-voila]");
  if (kernel === "lost") {
    return `The form is disconnected from the kernel. To continue, ${voila ? PAGE : CELLS}`;
  }
  if (closed) return "This form is closed. Run its cell again.";
  if (!kernel) return "";
  if (!voila && document.querySelector("script[type$='widget-state+json']")) {
    return "This is a copy of a form, without a kernel. To use the form, run the notebook.";
  }
  const next = voila ? `this persists, ${PAGE}` : `you restarted it, ${CELLS}`;
  return `Waiting for the kernel. It might be busy. If ${next}`;
}
