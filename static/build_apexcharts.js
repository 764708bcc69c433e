// The last version under the MIT licence: from 5.0.0 on the package's LICENSE asks companies and redistributors to pay.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const apexcharts = new URL("../node_modules/apexcharts/", import.meta.url);
const build = new URL("build/", import.meta.url);

const licence = await readFile(new URL("LICENSE", apexcharts), "utf8");
if (!licence.startsWith("The MIT License")) throw new Error("This version of ApexCharts is not under the MIT licence.");
await mkdir(build, { recursive: true });
await copyFile(new URL("dist/apexcharts.min.js", apexcharts), new URL("apexcharts.min.js", build));

// In a layer, so that css/charts.css can say otherwise.
const styles = await readFile(new URL("dist/apexcharts.css", apexcharts), "utf8");
await writeFile(new URL("apexcharts.css", build), `@layer base {\n${styles}\n}\n`);
