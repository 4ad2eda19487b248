/** The model that anywidget hands to a view, and the messages on the wire. */

import type { View } from "./view";

/** Values of the editable fields, by the names of their traits. */
export type Values = Record<string, string | number>;

/** A message to the kernel. A secret is its one binary buffer. */
export type Sent =
  | { kind: "hello" | "password" | "forget-password" }
  | { kind: "connection-string"; field: string; values: Values }
  | { kind: "action"; action: string; values: Values };

/** A message from the kernel. Other kinds are ignored. */
export type Received =
  | { kind: "clear-secrets"; fields: string[] }
  | { kind: "focus"; field: string };

/** The part of anywidget's model that every front end has. */
export interface Model {
  get(name: "view"): View;
  get(name: "_styles"): string;
  get(name: string): string | number;
  set(name: string, value: string | number): void;
  save_changes(): void;
  send(message: Sent, callbacks?: unknown, buffers?: ArrayBufferLike[]): void;
  on(event: string, listener: (message: Received) => void): void;
  off(event: string, listener: (message: Received) => void): void;
}
