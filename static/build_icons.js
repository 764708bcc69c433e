// One sprite of exactly the icons that the templates name as icon("…"): a name that Lucide lacks fails the build.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";

const templates = new URL("../templates/", import.meta.url);
const lucide = new URL("../node_modules/lucide-static/icons/", import.meta.url);
const build = new URL("build/", import.meta.url);

async function namedIcons() {
  const files = (await readdir(templates, { recursive: true })).filter((file) => file.endsWith(".html"));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, templates), "utf8")));
  const names = texts.flatMap((text) => [...text.matchAll(/\bicon\("([a-z0-9-]+)"/g)].map((match) => match[1]));
  return [...new Set(names)].sort();
}

async function symbol(name) {
  const svg = await readFile(new URL(`${name}.svg`, lucide), "utf8");
  const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

const symbols = await Promise.all((await namedIcons()).map(symbol));
const licence = "<!-- Lucide, ISC licence, https://lucide.dev/license -->";
await mkdir(build, { recursive: true });
await writeFile(
  new URL("icons.svg", build),
  `${licence}\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
);
