/** The inputs, and their texts until the model or the kernel has them. */

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
  /** Saves the unfinished texts. */
  _save(): void;
  /** Saves or sends the text of a field that the user left, or that an action needs. */
  _finish(name: string): void;
  /** Saves or sends the texts of all fields. */
  _finishAll(): void;
  /** Returns the values for a message: those that the user has edited. */
  _values(): Values;
  /** Returns the API key, which is sent with an action. */
  _apiKey(): string | undefined;
  /** Empties secret inputs, by default all. With `unlessTyped`, newly typed text stays. */
  _clear(names?: string[], unlessTyped?: boolean): void;
}

/** Connects the inputs inside `root` to the model and the kernel. */
export function connectInputs(root: HTMLElement, model: Model, kernel: Kernel): Inputs {
  const typed = typedTexts(model);
  /** The names of fields with secrets that weren't sent yet. */
  const unsent = new Set<string>();
  /** The names of other fields that were edited. */
  const edited = new Set<string>();
  const allNames = () => Object.keys(model.get("view").fields ?? {});

  function sendString(field: string, text: string) {
    kernel._send({ kind: "connection-string", field, values: inputs._values() }, text);
    // Until the kernel replies, the model has the values that the string replaces.
    edited.clear();
    typed._drop("port"); // It stays if it isn't a port.
  }

  const inputs: Inputs = {
    _isSecret: (name) => model.get("view").fields?.[name]?.kind === "secret",
    _elements: (name) => [...root.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)],
    _text: typed._text,
    _save: typed._save,
    _edit(name, text) {
      (inputs._isSecret(name) ? unsent : edited).add(name);
      if (edited.has(name)) typed._edit(name, text);
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
    },
    // Messages include values, because ipywidgets delays state while the kernel is busy.
    _values: () => Object.fromEntries([...edited].map((name) => [name, model.get(name)])),
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
