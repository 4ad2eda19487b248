/** Typed texts, until the model has them. */

import { mayHoldPassword } from "./credentials";
import type { Model } from "./model";
import { portOf } from "./url";

interface Typed {
  /** Returns the text that a field shows. */
  _text(name: string): string;
  /** Records the text of an input. */
  _edit(name: string, text: string): void;
  /** Returns the fields with a text that the model might not have. */
  _names(): string[];
  /** Saves unfinished texts, except parts of a connection string. */
  _save(): void;
  /** Forgets a text. */
  _drop(name: string): void;
  /** Saves a finished text. If it might hold a password, returns it instead. */
  _finish(name: string): string;
}

/** Keeps typed texts, which have priority over the model's values. */
export function typedTexts(model: Model): Typed {
  /** The text, and the model's values before and since typing. These don't replace the text. */
  const entries = new Map<string, [text: string, ...seen: string[]]>();
  const value = (name: string) => String(model.get(name) ?? "");

  /** Writes a text. If the text of Port isn't a port, writes "", because it might be a password. */
  function write(name: string, entry: string[]) {
    const text = name === "port" ? portOf(entry[0]) || "" : entry[0];
    if (String(text) === value(name)) return;
    model.set(name, text);
    entry.push(value(name));
    model.save_changes();
  }

  return {
    _text(name) {
      const entry = entries.get(name);
      if (entry && entry.indexOf(value(name), 1) > 0) return entry[0];
      entries.delete(name); // Python wrote another value meanwhile.
      return value(name);
    },
    _edit(name, text) {
      const entry = entries.get(name);
      if (entry) entry[0] = text;
      else entries.set(name, [text, value(name)]);
    },
    _drop: (name) => entries.delete(name),
    _names: () => [...entries.keys()],
    _save() {
      for (const [name, entry] of entries) {
        if (!mayHoldPassword(entry[0]) && !entry[0].includes(":")) write(name, entry);
      }
    },
    _finish(name) {
      const entry = entries.get(name);
      if (!entry) return "";
      const secret = mayHoldPassword(entry[0]) ? entry[0] : "";
      if (secret) entry[0] = entry[1]; // This also removes the part that was already saved.
      write(name, entry);
      if (name !== "port" || secret || portOf(entry[0]) || !entry[0].trim()) entries.delete(name);
      return secret;
    },
  };
}
