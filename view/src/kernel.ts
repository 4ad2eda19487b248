/** The connection to the kernel: its messages, and whether the kernel answers. */

import type { Model, Sent } from "./model";

export const PATIENCE_MS = 3000;

export interface Kernel {
  /** "" if the kernel answers, "silent" if it hasn't yet, "lost" if it's gone. */
  _state: "" | "silent" | "lost";
  /** Whether the kernel has ever answered. A saved page can show the form of another kernel. */
  _met?: boolean;
  /** Sends a message. Secrets wait until the kernel has confirmed that it can receive one. */
  _send(message: Sent, secret?: string): void;
  /** Expects an answer soon. */
  _expect(): void;
  _heard(): void;
  _lost(): void;
  /** Discards a password that waits to be sent. */
  _forget(): void;
}

/** Connects to the kernel, and calls `changed` if the kernel answers, is silent, or is gone. */
export function connect(model: Model, changed: () => void): Kernel {
  let timer = 0;
  let greeted = false;
  let queue: [message: Sent, secret?: string][] = [];

  function settle(state: Kernel["_state"]) {
    clearTimeout(timer);
    timer = 0;
    kernel._state = state;
    changed();
  }

  const kernel: Kernel = {
    _state: "",
    _send(message, secret) {
      const { secrets } = model.get("view");
      const hello = message.kind === "hello";
      if (!hello && secrets !== "ok" && (secret || queue.length)) {
        queue.push([message, secret]);
        return;
      }
      // Four bytes show the kernel whether this front end carries buffers.
      const first = hello && !greeted;
      greeted ||= first;
      const buffer = secret ? new TextEncoder().encode(secret) : new Uint8Array([1, 2, 3, 4]);
      try {
        model.send(message, undefined, secret || first ? [buffer.buffer] : []);
      } catch {
        kernel._lost(); // The kernel was shut down, which also closed the comm.
      }
    },
    _expect() {
      timer ||= window.setTimeout(settle, PATIENCE_MS, "silent");
    },
    _heard() {
      kernel._met = true;
      settle("");
      const { secrets } = model.get("view");
      if (secrets === "ok") for (const each of queue.splice(0)) kernel._send(...each);
      if (secrets === "unsupported") queue = [];
    },
    _lost() {
      queue = [];
      settle("lost");
    },
    _forget() {
      queue = queue.filter(([{ kind }]) => kind !== "password");
    },
  };
  return kernel;
}
