/** Separates keys for the form from shortcuts of the front end. */

import type { Listen } from "./listen";

type Key = Pick<
  KeyboardEvent,
  "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "getModifierState"
>;

const EDITING =
  /^([acvxyz]|shift [vz]|(shift )?( |arrow.*|home|end|page.*|backspace|delete|insert|enter|tab))$/i;

/** Returns whether a key is a shortcut, such as Ctrl+Shift+P or F1, and doesn't edit text. */
export const isShortcut = (event: Key): boolean =>
  /^F\d/.test(event.key) ||
  ((event.ctrlKey || event.metaKey || event.altKey) &&
    !event.getModifierState("AltGraph") &&
    !EDITING.test((event.shiftKey ? "shift " : "") + event.key));

/** Hides typing, the clipboard, and dragging from the page around the form. */
export function keepKeys(root: HTMLElement, listen: Listen): void {
  // Lumino (JupyterLab, Notebook 7) listens on the document, before the form gets the event.
  listen(window, "keydown", (event) =>
    root.toggleAttribute("data-lm-suppress-shortcuts", !isShortcut(event as KeyboardEvent)),
  );
  listen(root, "keydown keypress keyup paste copy cut dragstart dragover drop", (event) => {
    if (!("key" in event) || !isShortcut(event as KeyboardEvent)) event.stopPropagation();
  });
}
