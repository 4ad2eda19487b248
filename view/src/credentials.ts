/** Recognizes text that might hold a password and must never become state. */

const LONGEST = 16_384;
/** A user, an assignment, JSON, a scheme, or a line of .pgpass, but no IPv6 address. */
const CREDENTIALS =
  /:.*@|[={]|password\s*:|^\W*(postgres(ql)?:|psql\s|jdbc:)|^(?![\da-f:.]*$)[^:]*:[^:]*:[^:]*:[^:]*:/is;
const ADDRESS = /^\s*(https?:\/\/[^@]*$|(s3|gs|gcs|az|abfss?|hf|file):\/\/[^@/?#]*(\/|$))/i;

/** Returns whether a text goes to the kernel as a connection string. */
export const mayHoldPassword = (text: string): boolean =>
  text.length > LONGEST || (CREDENTIALS.test(text) && !ADDRESS.test(text));

/** Returns whether a key press made the input, not a paste, a drop, or autofill. */
export const isTyping = ({
  inputType,
  data,
}: {
  inputType?: string;
  data?: string | null;
}): boolean =>
  /^(delete|history|insertComp)/.test(inputType ?? "") ||
  (inputType === "insertText" && (data ?? "").length < 3);
