// What the view and the kernel say to each other. Python's side is control/wire.py.

export type Action = "register" | "test" | "diagnose" | "sign-in" | "create-instance";

/** From the view. The secret itself is the message's one buffer. */
export type Sent =
  | { kind: "password" | "connection-string" | "api-key"; field: string; values: Record<string, unknown> }
  | { kind: "forget-password" | "hello" }
  | { kind: "action"; action: Action | "cancel"; values: Record<string, unknown> };

/** From the kernel. */
export type Received = { kind: "clear-secrets"; fields: string[] } | { kind: "focus"; field: string };

/** The part of anywidget's model that every front end has. */
export interface Model {
  get(name: "fields"): Record<string, Field>;
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: Sent, callbacks?: unknown, buffers?: ArrayBufferLike[]): void;
  on(name: string, callback: (...args: any[]) => void): void;
  off(name: string, callback: (...args: any[]) => void): void;
}

// --- Traits ---

export interface Field {
  label: string;
  placeholder: string;
  inputMode: string;
  secret: boolean;
  panel: string;
  needed_by: Action[];
}

export interface Fix {
  label: string;
  values: Record<string, unknown>;
}

export interface Note {
  level: "error" | "warning" | "info" | "hint";
  text: string;
  fixes?: Fix[];
}

export interface Step {
  name: string;
  state: string;
  elapsed_s?: number;
  text?: string;
}

export interface Outcome {
  state: string;
  title: string;
  action?: Action;
  advice?: string;
  command?: string;
  cause?: string;
  field?: string;
  http_status?: number;
  elapsed_s?: number;
  at?: string;
  details?: string;
  steps?: Step[];
  stale?: boolean;
  report?: string;
}

// --- The view itself ---

/** What it holds, by the names of fields and panels. */
export interface Parts {
  inputs: Record<string, HTMLInputElement>;
  notes: Record<string, HTMLElement>;
  disclosures: Record<string, { toggle: HTMLElement; panel: HTMLElement }>;
  /** Fields that are being typed in, with the model's values before and since. */
  typed: Map<string, Set<string>>;
  /** What a node was last drawn from, as JSON. */
  drawn: WeakMap<Node, string>;
}

export type Child = Node | string | false | null | undefined | 0;
