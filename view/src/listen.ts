/** Listeners that end with the view. */

export type Listen = (
  target: EventTarget,
  events: string,
  listener: (event: Event) => void,
) => void;

/** Returns a function that adds listeners until `signal` aborts; on `window`, they come first. */
export const listenUntil =
  (signal: AbortSignal): Listen =>
  (target, events, listener) => {
    for (const name of events.split(" ")) {
      target.addEventListener(name, listener, { signal, capture: target === window });
    }
  };
