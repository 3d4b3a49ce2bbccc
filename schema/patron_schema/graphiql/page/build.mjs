// Bundles the page: what comes in is src/ and the pinned packages beside this file, what goes out is a folder of
// hashed assets, manifest.json (what to serve as what) and THIRD-PARTY-LICENSES.txt.
// Run by patron_schema/graphiql/build.py as: node build.mjs OUTPUT_FOLDER DIGEST_OF_THE_INPUTS

import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const [output, digest] = process.argv.slice(2);
if (!output || !digest) {
  console.error("Usage: node build.mjs OUTPUT_FOLDER DIGEST_OF_THE_INPUTS");
  process.exit(2);
}

const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};
const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};
const COMPRESSIBLE = new Set([".css", ".js", ".svg", ".ttf"]);

const COMMON = {
  bundle: true,
  minify: true,
  metafile: true,
  write: true,
  target: ["chrome111", "firefox114", "safari16.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none", // gathered in THIRD-PARTY-LICENSES.txt instead
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file", ".svg": "copy", ".woff": "dataurl", ".woff2": "dataurl" },
};

const assets = join(output, "assets");
await mkdir(assets, { recursive: true });

// Workers are classic scripts of their own: a module worker could not be built without knowing its chunks' addresses.
const workers = await build({ ...COMMON, outdir: assets, format: "iife", entryPoints: namedWorkers() });
const page = await build({
  ...COMMON,
  outdir: assets,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  // GraphiQL imports these two as the CommonJS files they were; loaded as a chunk those have a default export only.
  alias: { "prettier/parser-babel": "prettier/plugins/babel", "prettier/parser-graphql": "prettier/plugins/graphql" },
  entryPoints: { page: "src/page.jsx", style: "src/style.css", icon: "src/icon.svg" },
  define: { ...COMMON.define, PATRON_WORKERS: JSON.stringify(entryFiles(workers, WORKERS)) },
  plugins: [oneStyleSheet()],
});

await writeFile(join(output, "index.html"), await readFile("src/index.html"));
await writeFile(join(output, "THIRD-PARTY-LICENSES.txt"), await licences([workers.metafile, page.metafile]));
await writeFile(join(output, "manifest.json"), JSON.stringify(await manifest(), null, 2) + "\n");

function namedWorkers() {
  return Object.fromEntries(Object.entries(WORKERS).map(([name, module]) => [`${name}.worker`, module]));
}

/** The hashed file name of each entry, by the name it has in `entries`. */
function entryFiles(result, entries) {
  const files = Object.entries(result.metafile.outputs);
  return Object.fromEntries(
    Object.entries(entries).map(([name, module]) => {
      const [file] = files.find(([, made]) => made.entryPoint?.endsWith(module));
      return [name, basename(file)];
    }),
  );
}

async function manifest() {
  const entries = entryFiles(page, { script: "src/page.jsx", style: "src/style.css", icon: "src/icon.svg" });
  const names = (await readdir(assets)).sort();
  const files = {};
  for (const name of names) files[name] = await describe(name);
  return { digest, ...entries, files };
}

/** Style sheets come from style.css alone: the ones that packages' scripts import are in graphiql/style.css already. */
function oneStyleSheet() {
  return {
    name: "one-style-sheet",
    setup(bundler) {
      bundler.onResolve({ filter: /\.css$/ }, ({ kind, path }) =>
        kind === "import-statement" ? { path, namespace: "no-style" } : undefined,
      );
      bundler.onLoad({ filter: /.*/, namespace: "no-style" }, () => ({ contents: "", loader: "js" }));
    },
  };
}

/** What the server must know of an asset; a compressed twin is written beside what gets at least a tenth smaller. */
async function describe(name) {
  const type = CONTENT_TYPES[extname(name)];
  if (!type) throw new Error(`${name} has no content type in CONTENT_TYPES of build.mjs.`);
  if (!COMPRESSIBLE.has(extname(name))) return { type, gzip: false };
  const plain = await readFile(join(assets, name));
  const packed = gzipSync(plain, { level: 9 });
  const gzip = packed.length < plain.length * 0.9;
  if (gzip) await writeFile(join(assets, `${name}.gz`), packed);
  return { type, gzip };
}

/** The licence text of every package whose code is in the bundle, as their licences ask. */
async function licences(metafiles) {
  const folders = new Set();
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
      if (found) folders.add(found[1]);
    }
  }
  const parts = [];
  for (const folder of [...folders].sort()) parts.push(await licence(folder));
  return parts.join(`\n${"-".repeat(100)}\n`);
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder)).filter((entry) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(entry)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts, ...(files.length ? [] : ["(the package ships no licence file)"])].join("\n\n");
}
