/** The connection URL with a mask in place of the password, as Python writes it. */

const MAY_BE_HOST = /^([\w.\u0080-\u{10ffff}-]{0,253}|\[?[\da-f]*:[\da-f:.]*(%[\w.-]*)?\]?)$/iu;
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** Returns the port as a number, or 0 if the text isn't a port. */
export function portOf(text: string): number {
  const port = /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : 0;
  return port < 65536 ? port : 0;
}

/** Returns three parts of the masked URL: the text before the host, the host, and the rest. */
export function maskedUrl(host: string, port: string): [string, string, string] {
  const trimmed = host.trim();
  const name = MAY_BE_HOST.test(trimmed) && !UNPRINTABLE.test(trimmed) ? trimmed : "";
  const address = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return [
    "postgresql://postgres:***@",
    address || "<your-host>",
    `:${portOf(port) || "<your-port>"}/postgres`,
  ];
}
