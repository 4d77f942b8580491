// The site without a network: its files are kept when it is first opened, and given back by name.
// It also adds the two headers without which a browser gives a page no threads, where the server
// that the site lies on does not send them.
/** @type {any} */
const worker = self;
const VERSION = "@VERSION@";
/** @type {string[]} */
const FILES = /* the site's files */ [];
const SHARED = "vernier-shared";

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(
    caches
      .open(VERSION)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith("vernier-") && name !== VERSION && name !== SHARED)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  const here = url.pathname.slice(new URL("./", location.href).pathname.length);
  if (event.request.method === "POST" && here === "share") event.respondWith(keep(event.request));
  else if (event.request.method === "GET" && !here.startsWith("profile/")) {
    event.respondWith(find(event.request));
  }
});

/** @param {Request} request */
async function find(request) {
  const cache = await caches.open(VERSION);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return isolated(kept);
  const fetched = await fetch(request);
  // WASM builds are many, and a device uses one: it is kept when it is used.
  if (fetched.ok && request.url.includes("/litert/")) await cache.put(request, fetched.clone());
  return isolated(fetched);
}

/** @param {Response} response */
function isolated(response) {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/**
 * A picture that another app shares: kept until the page asks for it.
 *
 * @param {Request} request
 */
async function keep(request) {
  const form = await request.formData();
  const picture = form.get("picture");
  if (picture instanceof Blob) {
    const cache = await caches.open(SHARED);
    await cache.put("shared", new Response(picture, { headers: { "content-type": picture.type } }));
  }
  return Response.redirect("./?shared", 303);
}
