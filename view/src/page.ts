/** The data of the templates, apart from the view. */

import type { Button, FieldView, NoteView, View } from "./view";

/** A button of the view, or one that runs a function of the page. */
export interface Spec extends Button {
  _run?(): void;
  _pressed?: boolean;
}

export interface Page {
  /** Start of every id, because two views can be in one document. */
  _uid: string;
  _view: View;
  /** Id of the open panel, or "". */
  _panel: string;
  /** The reason why the form doesn't work at the moment, or "". */
  _trouble: string;
  /** Whether the kernel is gone. */
  _dead: boolean;
  /** Seconds since the running action was first seen. */
  _elapsed: number;
  /** Whether the password is shown. */
  _revealed: boolean;
  /** The text that was copied just now. */
  _copied?: string;
  /** Formats that the user chose, by panel. */
  _formats: Record<string, string>;
  /** Whether "Other…" is selected as the region. */
  _other: boolean;
  /** Returns the text in a field. */
  _text(name: string): string;
  /** Returns the message that a field shows at the moment. */
  _note(name: string, field: FieldView): NoteView | undefined;
  _reveal(): void;
  _forget(): void;
}

/** Value of the option "Other…". */
export const OTHER = "…";

const MARKS: Record<string, string> = {
  running: "…",
  waiting: "…",
  passed: "✓",
  success: "✓",
  warned: "!",
  warning: "!",
  failed: "✕",
  failure: "✕",
  error: "✕",
  unknown: "?",
  question: "?",
  skipped: "–",
};

/** Returns the mark of a state, or undefined. The mark also determines the color. */
export const markOf = (state = "") => MARKS[state];
