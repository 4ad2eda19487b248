/**
 * The view: everything that the browser draws, apart from the values of the fields.
 *
 * `lamin_widgets/session/view.py` has the same types, with their documentation.
 */

export interface Button {
  label: string;
  action?: string;
  values?: Record<string, string | number>;
  panel?: string;
  format?: string;
  focus?: string;
  copy?: string;
  href?: string;
  primary?: boolean;
  disabled?: boolean;
}

export interface NoteView {
  level: "error" | "warning" | "info";
  text: string;
  buttons?: Button[];
}

export interface FieldView {
  label: string;
  hint?: string;
  placeholder?: string;
  kind?: "number" | "secret" | "select";
  options?: [value: string, label: string][];
  panel?: string;
  readonly?: boolean;
  held?: boolean;
  note?: NoteView;
}

export interface AccountView {
  state: "checking" | "signed-in" | "signed-out";
  text?: string;
  note?: string;
  buttons?: Button[];
}

export interface CommandView {
  label: string;
  text: string;
}

export interface DiagnosisStepView {
  name: string;
  state: "passed" | "failed" | "skipped" | "warning" | "running";
  text?: string;
}

export interface StepView {
  id: "diagnose" | "register" | "test";
  state:
    | "idle"
    | "next"
    | "running"
    | "waiting"
    | "passed"
    | "warned"
    | "failed"
    | "unknown"
    | "question";
  stale?: boolean;
  title: string;
  time?: string;
  text?: string;
  button?: Button;
  commands?: CommandView[];
  diagnosis?: DiagnosisStepView[];
  buttons?: Button[];
}

export interface EntryView {
  at: string;
  state: string;
  text: string;
}

export interface PanelView {
  id: string;
  texts?: Record<string, string>;
  format?: string;
  note?: string;
  link?: Button;
  entries?: EntryView[];
  diagnosis?: DiagnosisStepView[];
  buttons?: Button[];
}

export interface View {
  badge?: string;
  account?: AccountView;
  fields?: Record<string, FieldView>;
  steps?: StepView[];
  footer?: Button[];
  panel?: PanelView;
  announcement?: string;
  running?: string;
  secrets?: "unknown" | "ok" | "unsupported";
  closed?: boolean;
}
