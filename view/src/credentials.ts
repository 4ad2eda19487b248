/** Recognizes text that might hold a password, because such text must never become state. */

const LONGEST = 16_384;
/**
 * These patterns find all texts that Python reads as a connection string: user:password@,
 * a scheme, a command, an assignment, JSON or YAML, and a line of .pgpass. An IPv6 address
 * isn't a line of .pgpass.
 */
const CREDENTIALS = [
  /^[^:]*:.*@/s,
  /(postgres(ql)?|pgsql|postgis)(\+\w+)?:\/\/|jdbc:/i,
  /\b(psql|pg\w{0,20})\s+\W*(-|postgres|host)/i,
  /(addr|cred\w+|dbname|dsn|host|id|login|pass|phrase|port|psw|ser|server|signature|ur[il]|wd|word)["']?\s*=/i,
  /(pass|phrase|psw|wd|word|["']\w{0,64}(host\w{0,4}|user\w{0,4})["'])["']?\s*:/i,
  /^(?![\da-f:.%[\]]*$)[^:]+:(\d+|\*):[^:]+:[^:]+:/i,
];
const ADDRESS =
  /^\s*(https?:\/\/(?!.*(x-amz|dbuser))[^@\s;]*|(s3|gs|gcs|az|abfss?|hf|file):\/\/[^@/?#\s]*([/?#][^\s;]*)?)\s*$/i;

/** Returns whether a text goes to the kernel as a connection string. */
export const mayHoldPassword = (text: string): boolean =>
  text.length > LONGEST || (CREDENTIALS.some((each) => each.test(text)) && !ADDRESS.test(text));

/** Returns whether the user typed an input, instead of pasting, dropping, or autofilling it. */
export const isTyping = ({
  inputType,
  data,
}: {
  inputType?: string;
  data?: string | null;
}): boolean =>
  /^(delete|history|insertComp)/.test(inputType ?? "") ||
  (inputType === "insertText" && (data ?? "").length < 3);
