import { copyFile, mkdir } from "node:fs/promises";

const build = new URL("build/", import.meta.url);
await mkdir(build, { recursive: true });
await copyFile(new URL("../node_modules/htmx.org/dist/htmx.min.js", import.meta.url), new URL("htmx.min.js", build));
