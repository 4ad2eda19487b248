/** The inputs: what is typed, until the model or the kernel has it. */

import type { Kernel } from "./kernel";
import type { Model, Values } from "./model";
import { typedTexts } from "./typed";

export interface Inputs {
  _isSecret(name: string): boolean;
  /** Returns the elements of a field: "Other…" has a select and an input. */
  _elements(name: string): HTMLInputElement[];
  /** Returns the text that a field shows. */
  _text(name: string): string;
  /** Records a text that was typed. */
  _edit(name: string, text: string): void;
  /** Saves what is typed so far. */
  _save(): void;
  /** Hands over a field that was left, or is about to be used. */
  _finish(name: string): void;
  /** Hands over every field, and returns the values of those that are traits. */
  _finishAll(): Values;
  /** Returns the API key, which is handed over with an action. */
  _apiKey(): string | undefined;
  /** Empties secret inputs, by default all; what was typed since stays if `unlessTyped`. */
  _clear(names?: string[], unlessTyped?: boolean): void;
}

/** Connects the inputs inside `root` to the model and the kernel. */
export function connectInputs(root: HTMLElement, model: Model, kernel: Kernel): Inputs {
  const typed = typedTexts(model);
  /** Secrets that were typed and not sent yet. */
  const unsent = new Set<string>();
  const allNames = () => Object.keys(model.get("view").fields ?? {});

  /** Values ride along: ipywidgets holds state back while the kernel is busy, but no messages. */
  const values = (): Values =>
    Object.fromEntries(
      allNames()
        .filter((name) => !inputs._isSecret(name))
        .map((name) => [name, model.get(name)]),
    );

  function sendString(field: string, text: string) {
    kernel._send({ kind: "connection-string", field, values: values() }, text);
  }

  const inputs: Inputs = {
    _isSecret: (name) => model.get("view").fields?.[name]?.kind === "secret",
    _elements: (name) => [...root.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)],
    _text: typed._text,
    _save: typed._save,
    _edit(name, text) {
      if (inputs._isSecret(name)) unsent.add(name);
      else typed._edit(name, text);
    },
    _finish(name) {
      const text = typed._finish(name);
      if (text) sendString(name, text);
      const [input] = inputs._elements(name);
      if (name === "api_key" || !unsent.delete(name) || !input?.value) return;
      if (name === "password") kernel._send({ kind: "password" }, input.value);
      if (name !== "paste") return;
      sendString(name, input.value);
      input.value = "";
    },
    _finishAll() {
      [...typed._names(), ...unsent].forEach(inputs._finish);
      return values();
    },
    _apiKey() {
      unsent.delete("api_key");
      return inputs._elements("api_key")[0]?.value;
    },
    _clear(names = allNames().filter(inputs._isSecret), unlessTyped = false) {
      for (const name of names) {
        if (unlessTyped && unsent.has(name)) continue;
        unsent.delete(name);
        for (const input of inputs._elements(name)) input.value = "";
      }
    },
  };
  return inputs;
}
