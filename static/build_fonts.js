// The Arabic face. Latin comes from the machine.
import { copyFile, mkdir } from "node:fs/promises";

const font = new URL("../node_modules/@fontsource-variable/noto-sans-arabic/", import.meta.url);
const build = new URL("build/", import.meta.url);
await mkdir(build, { recursive: true });
await copyFile(
  new URL("files/noto-sans-arabic-arabic-wght-normal.woff2", font),
  new URL("noto-sans-arabic.woff2", build),
);
await copyFile(new URL("LICENSE", font), new URL("noto-sans-arabic.LICENSE.txt", build));
