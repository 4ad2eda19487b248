/** Recognizes text that might hold a password and must never become state. */

const LONGEST = 16_384;
/**
 * At least what Python reads: user:password@, a scheme, a command, an assignment, JSON or
 * YAML, and a line of .pgpass, which isn't an IPv6 address.
 */
const CREDENTIALS = [
  /^[^:]*:.*@/s,
  /(postgres(ql)?|pgsql|postgis)(\+\w+)?:\/\/|jdbc:/i,
  /\b(psql|pg\w{0,20})\s+\W*(-|postgres|host)/i,
  /(addr|cred\w+|dbname|dsn|host|id|login|port|ser|server|signature|ur[il]|wd|word)["']?\s*=/i,
  /(wd|word|["']\w{0,64}(host\w{0,4}|user\w{0,4})["'])["']?\s*:/i,
  /^(?![\da-f:.%[\]]*$)[^:]+:(\d+|\*):[^:]+:[^:]+:/i,
];
const ADDRESS =
  /^\s*(https?:\/\/(?!.*(x-amz|dbuser))[^@\s;]*|(s3|gs|gcs|az|abfss?|hf|file):\/\/[^@/?#\s]*([/?#][^\s;]*)?)\s*$/i;

/** Returns whether a text goes to the kernel as a connection string. */
export const mayHoldPassword = (text: string): boolean =>
  text.length > LONGEST || (CREDENTIALS.some((each) => each.test(text)) && !ADDRESS.test(text));

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
