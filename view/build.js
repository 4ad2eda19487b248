/**
 * Bundles the view into lamin_widgets/static.
 *
 * `--check` fails if the committed files differ from a new build. `--tests` bundles the
 * unit tests into .cache/view.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { build, transform } from "esbuild";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const STATIC = path("../lamin_widgets/static/");
const FILES = { "view.js": path("src/index.ts"), "view.css": path("src/view.css") };

/** Removes spaces that esbuild keeps, in custom properties and around operators. */
const tighten = (css) => css.replace(/(--[\w-]+:|,) /g, "$1").replace(/ ([/*]) /g, "$1");

/** Removes the line breaks and indentation of templates, which esbuild keeps. */
const collapse = (code) =>
  code
    .trim()
    .replace(/(?<=>)\s*\n\s*|\s*\n\s*(?=[<>]|\$\{)/g, "")
    .replace(/\s*\n\s*/g, " ");

/**
 * Compresses a module into one that unpacks itself, because Jupyter doesn't compress it.
 *
 * Jupyter loads the module again for each form. Unpacking takes longer than drawing the
 * form, so a page unpacks the module once, and all forms share it.
 */
async function pack(code) {
  const unpacking = `
const packed = "${deflateRawSync(code, { level: 9, memLevel: 9 }).toString("base64")}";
async function unpack() {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const code = await new Response(stream).blob();
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  return import(url).finally(() => URL.revokeObjectURL(url));
}
const views = (globalThis[Symbol.for("lamin_widgets")] ??= {});
const { default: view } = await (views[packed] ??= unpack());
export default view;`;
  const { code: small } = await transform(unpacking, { minify: true, format: "esm" });
  return `// Built by view/build.js.\n${small}`;
}

/** Returns the code in a file, because other versions of Node.js compress to other bytes. */
function unpack(code) {
  const [, packed] = /"([\w+/=]{999,})"/.exec(code) ?? [];
  return packed ? inflateRawSync(Buffer.from(packed, "base64")).toString() : code;
}

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
    mangleProps: /^_/, // Only the view and lit-html read these properties.
  });
  const code = collapse(outputFiles[0].text);
  return `${entry.endsWith(".css") ? tighten(code) : code}\n`;
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
    const file = name === "view.js" ? await pack(code) : code;
    if (!process.argv.includes("--check")) writeFileSync(STATIC + name, file);
    else if (unpack(readFileSync(STATIC + name, "utf8")) !== code) {
      console.error(`${name} is out of date. Run npm run build.`);
      process.exitCode = 1;
    }
    console.log(`${name}: ${new TextEncoder().encode(file).length} bytes`);
  }
}
