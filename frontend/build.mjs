// Builds the card as one file for browsers, with the licence of what is bundled; `script/frontend` calls it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const BUILT = new URL("../custom_components/temix/frontend/temix-card.js", import.meta.url);
const [task] = process.argv.slice(2);

function banner() {
  const { version } = JSON.parse(readFileSync("node_modules/lit/package.json", "utf8"));
  const licence = readFileSync("node_modules/lit/LICENSE", "utf8").trim();
  return `/*! TeMIX card for Home Assistant. Apache-2.0. Built by script/frontend from frontend/: change it there.

Contains lit ${version} (https://lit.dev):

${licence}
*/`;
}

async function card() {
  const { outputFiles } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    banner: { js: banner() },
    write: false,
  });
  return outputFiles[0].contents;
}

if (task === "--tests") {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => `test/${name}`),
    bundle: true,
    format: "esm",
    platform: "node",
    outdir: "../.run/frontend",
    outExtension: { ".js": ".mjs" },
  });
} else if (task === "--check") {
  if (!Buffer.from(await card()).equals(readFileSync(BUILT))) {
    console.error("temix-card.js is not what frontend/ makes: run script/frontend, and commit what it writes");
    process.exit(1);
  }
  console.log("temix-card.js is what frontend/ makes");
} else {
  const built = await card();
  writeFileSync(BUILT, built);
  console.log(`temix-card.js: ${built.length} bytes`);
}
