/** Keeps the focus in the form while elements come and go. */

import type { Spec } from "./page";

type WithSpec = HTMLElement & { spec?: Spec };

/** Returns the element of the form that has the focus. */
export function focusedIn(root: HTMLElement): WithSpec | undefined {
  const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
  return root.contains(active) ? (active as WithSpec) : undefined;
}

/**
 * Remembers where the focus is, and returns a function that restores it after an update.
 *
 * If a button has moved, the focus follows the button. If the focused element is gone, the
 * focus goes to an element next to it, or else to the recommended button.
 */
export function rememberFocus(root: HTMLElement): () => void {
  const active = focusedIn(root);
  const label = active?.spec?.label;
  const places: Element[] = [];
  for (let node: Element | null | undefined = active; node; node = node.parentElement) {
    if (node.matches(".lamin-db-field, .lamin-db li, .lamin-db footer")) places.push(node);
  }
  return () => {
    if (!active || (active.spec?.label === label && root.contains(active))) return;
    const place = places.find((each) => each.isConnected);
    const near = [...(place?.querySelectorAll<WithSpec>("input, select, button, a") ?? [])];
    const moved = near.find(({ spec }) => spec && spec.label === label);
    // The button is the same, but has another label, such as Cancel instead of Diagnose.
    if (!moved && active.matches(".lamin-db li > button")) return;
    const next = moved ?? near[0] ?? root.querySelector<WithSpec>(".lamin-db-primary");
    (next ?? root.querySelector("button"))?.focus();
  };
}
