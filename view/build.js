/**
 * Bundles the view into lamin_widgets/static.
 *
 * `--check` fails if the committed files differ from a new build, `--tests` bundles the
 * unit tests into .cache/view.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const STATIC = path("../lamin_widgets/static/");
const FILES = { "view.js": path("src/index.ts"), "view.css": path("src/view.css") };

/** Drops the indentation of templates, the only lines that minified code has. */
const collapse = (code) =>
  code
    .trim()
    .replace(/(?<=>)\s*\n\s*|\s*\n\s*(?=[<>]|\$\{)/g, "")
    .replace(/\s*\n\s*/g, " ");

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["es2022", "chrome120", "firefox128", "safari18"],
    charset: "utf8",
    legalComments: "none",
    conditions: ["production"],
    mangleProps: /^_/, // properties of our own, and of lit-html, that no one else reads
  });
  return `${collapse(outputFiles[0].text)}\n`;
}

if (process.argv.includes("--tests")) {
  const tests = readdirSync(path("tests")).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => path(`tests/${name}`)),
    outdir: path("../.cache/view"),
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
} else {
  for (const [name, entry] of Object.entries(FILES)) {
    const code = await bundle(entry);
    if (!process.argv.includes("--check")) writeFileSync(STATIC + name, code);
    else if (readFileSync(STATIC + name, "utf8") !== code) {
      console.error(`${name} is out of date. Run npm run build.`);
      process.exitCode = 1;
    }
    console.log(`${name}: ${new TextEncoder().encode(code).length} bytes`);
  }
}
