// Between the wall and the network: where a wall can't be loaded (the machine was switched on before the server, a proxy
// answers in its place), the browser's own error page would stay for ever. This shows one that waits and comes back.

const version = new URL(location.href).searchParams.get("version");
const KEPT = `alrt-wall-${version}`;
const WAITING = "/wall/waiting";
const PATIENCE = 20_000;

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forget().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(file(request));
});

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    // What a proxy says in our place; our own 503 waits by itself.
    if (answer.status < 500) return answer;
  } catch {
    // No network, or no server.
  }
  return (await caches.match(WAITING)) ?? Response.error();
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** The waiting page, with everything that it needs. */
async function keep() {
  const cache = await caches.open(KEPT);
  const answer = await fetch(WAITING);
  if (!answer.ok) throw new Error(answer.status);
  const html = await answer.clone().text();
  const files = [...html.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map(([, address]) => address);
  // What the script imports.
  const script = files.find((address) => address.endsWith("/wall/waiting.js"));
  await cache.addAll([...files, script.replace("/wall/waiting.js", "/live/reload.js")]);
  await cache.put(WAITING, answer);
}

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("alrt-wall-") && name !== KEPT).map((name) => caches.delete(name)));
}
