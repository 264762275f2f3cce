/**
 * A server, a relay and a PC of the console's own, for clicking through it without the real ones.
 *
 * `npm run world -- PORT [SCREEN]`, with SCREEN 1280×800 raw B, G, R, X. The console comes from where the build puts
 * it, under the same headers as the real server's. Account `m.ferrer`, password `given-password`. POST /world tells the
 * technician what to do: {"do": "yes"}, and so on below.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { Channel } from "../../src/wire/channel";
import { hex } from "../pc";
import { FakePc } from "./pc";

const port = Number(process.argv[2] ?? 20700);
const screenFile = process.argv[3];
const root = join(process.cwd(), "../src/benchside/transport/web/pages");
const CODE = "C9JPWRV8EDMP*";
/** What stands behind the # of a link from e-mail, in a world in which somebody signs in from elsewhere. */
const LINK = "L".repeat(43);
const DEVICE = "101112131415161718191a1b1c1d1e1f";

interface World { code: string; provider: string | null; hasLocal: boolean; isStale: boolean; password: string; mustChange: boolean; isIn: boolean; hasFactor: boolean; isElsewhere: boolean; isLinkSent: boolean; linkWhy: string | null; linkWaitS: number; key: string | null; isInPolicy: boolean; deviceKey: string }
const world: World = { code: "", provider: null, hasLocal: true, isStale: false, password: "given-password", mustChange: true, isIn: false, hasFactor: true, isElsewhere: false, isLinkSent: true, linkWhy: null, linkWaitS: 60, key: null, isInPolicy: false, deviceKey: createHash("sha256").update(hex("pc_key")).digest("hex") };
interface Row { id: string; device: string; site_name: string; technician: string; reason: string; since: number; state: string; by: string | null; mayNot: string | null; online: boolean; model: string; patient: boolean; condition: unknown }
const rows = new Map<string, Row>();
const pcs = new Map<string, FakePc>();
const streams = new Set<ServerResponse>();
const tickets = new Map<string, { id: string; channel: Channel }>();
let eventId = 0;

function add(over: Partial<Row>): Row {
  const row: Row = { id: randomBytes(16).toString("hex"), device: "CX200-PC-12", site_name: "Hospital del Mar, Laboratorio 4", technician: "Aina Ferrer", reason: "The scatter plot stays empty after the daily start-up", since: Date.now() - 250_000, state: "queued", by: null, mayNot: null, online: true, model: "CX-200", patient: true, condition: null, ...over };
  rows.set(row.id, row);
  push("request", shown(row));
  return row;
}

const shown = (row: Row) => ({
  id: row.id, device_id: DEVICE, device: row.device, site: "site-4", site_name: row.site_name, instrument: { id: "I-0042", model: row.model, serial: "SN 0077-1", patient_data: row.patient },
  technician: row.technician, reason: row.reason, condition: row.condition, waiting_since_utc_ms: row.since, state: row.state, claimed_by: row.by, claimed_by_me: row.by === "m.ferrer",
  may_claim: row.state === "queued" && !row.mayNot, why_not: row.mayNot, online: row.online,
});
const session = (row: Row) => ({ id: row.id, request: shown(row), device_id: DEVICE, device_key: world.deviceKey, state: row.state, opened_utc_ms: row.since, ended_utc_ms: null, outcome: null, associate: row.by, events: events(row.since) });
const past = (n: number) => ({ id: n.toString(16).padStart(32, "0"), device_id: DEVICE, device: "CX200-PC-12", site_name: "Hospital del Mar, Laboratorio 4", technician: "Jordi Puig", reason: ["Calibration fails at level 2", "Export to the LIS stops", "Printer prints blank pages"][n % 3], associate: "Marta Ferrer", state: "ended", opened_utc_ms: Date.now() - n * 86_400_000 * 3, ended_utc_ms: Date.now() - n * 86_400_000 * 3 + 840_000, outcome: ["left", "stopped", "line_lost"][n % 3] });
const events = (since: number) => [
  ["request_opened", "pc", { technician: "Aina Ferrer", reason: "The scatter plot stays empty" }], ["request_claimed", "server", { associate: "m.ferrer" }], ["code_made", "pc", {}],
  ["code_accepted", "pc", { associate: "Marta Ferrer" }], ["capability_asked", "pc", { capability: "view", purpose: "Look at the problem together" }], ["capability_granted", "pc", { capability: "view", seconds: "1800", scope: "monitor 0" }],
  ["grant_ended", "pc", { capability: "view", cause: "given_back" }], ["session_ended", "pc", { cause: "left" }],
].map(([kind, source, details], i) => ({ sequence: i + 1, at_utc_ms: since + i * 21_000, kind, source, details, commitment: createHash("sha256").update(String(i)).digest("hex") }));

function push(name: string, data: unknown): void {
  for (const stream of streams) stream.write(`id: ${++eventId}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
function change(row: Row, over: Partial<Row>): void {
  Object.assign(row, over);
  push("request", shown(row));
}

const DO: Record<string, (given: Record<string, unknown>) => unknown> = {
  reset: () => {
    for (const id of [...rows.keys()]) DO["gone"]?.({ id });
    each((pc) => pc.stop());
    pcs.clear();
  },
  add: (given) => add(given as Partial<Row>).id,
  change: ({ id, ...over }) => { const row = rows.get(String(id)); if (row) change(row, over as Partial<Row>); },
  gone: ({ id }) => { rows.delete(String(id)); push("gone", { id }); },
  policy: ({ yes }) => (world.isInPolicy = yes !== false),
  device_key: ({ value }) => (world.deviceKey = String(value)),
  must_change: ({ yes }) => (world.mustChange = yes !== false),
  sign_out: () => (world.isIn = false),
  ways: ({ provider, local }) => Object.assign(world, { provider: provider ?? null, hasLocal: local !== false }),
  factor: ({ yes, code }) => Object.assign(world, { hasFactor: yes !== false, code: code ?? "" }),
  elsewhere: ({ yes }) => Object.assign(world, { isElsewhere: yes !== false, isLinkSent: true, linkWhy: null, linkWaitS: 60 }),
  link: ({ sent, why, wait_s }) => Object.assign(world, { isLinkSent: sent, linkWhy: why ?? null, linkWaitS: wait_s }),
  stale: ({ yes }) => (world.isStale = yes !== false),
  streams: () => { for (const stream of streams) stream.end(); },
  yes: () => each((pc) => pc.answer(true)),
  no: () => each((pc) => pc.answer(false)),
  revoke: ({ capability }) => each((pc) => pc.revoke(capability as "view", "revoked")),
  pause: ({ yes }) => each((pc) => pc.pause(yes !== false)),
  hold: ({ yes }) => each((pc) => pc.hold(yes === false ? "nothing" : "prompt")),
  drop: () => each((pc) => pc.drop()),
  forge: () => each((pc) => pc.forge()),
  spoil: () => each((pc) => pc.spoil()),
  stop: () => each((pc) => pc.end("stopped")),
  view: ({ messages }) => [...pcs.values()].map((pc) => pc.tell(messages as Record<string, unknown>[])).at(-1) ?? 0,
  shown: () => [...pcs.values()].flatMap((pc) => pc.shown),
  readies: () => [...pcs.values()].flatMap((pc) => pc.readies),
  viewers: () => [...pcs.values()].reduce((sum, pc) => sum + pc.viewers, 0),
  received: () => [...pcs.values()].flatMap((pc) => pc.received),
};
const each = (act: (pc: FakePc) => void): void => { for (const pc of pcs.values()) act(pc); };

// --- HTTP

/** Port 0 asks the system for a free one. */
const own = (): number => (server.address() as AddressInfo).port;
const policy = (): string => `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self' ws://localhost:${own()} ws://127.0.0.1:${own()}; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'`;
const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".svg": "image/svg+xml" };

function answer(response: ServerResponse, status: number, content?: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(content === undefined ? undefined : JSON.stringify(content));
}
const refuse = (response: ServerResponse, status: number, reason: string, wait: number | null = null): void => answer(response, status, { error: { reason, wait_s: wait } });

function files(path: string, response: ServerResponse): void {
  const wanted = join(root, normalize(path));
  const file = path !== "/" && wanted.startsWith(root) && existsSync(wanted) ? wanted : join(root, "index.html");
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": policy(), "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin" });
  response.end(readFileSync(file));
}

async function api(request: IncomingMessage, response: ServerResponse, path: string, body: Record<string, unknown>): Promise<void> {
  const [, , noun = "", id = "", verb = ""] = path.split("/");
  const row = rows.get(id);
  if (request.method !== "GET" && request.headers["x-benchside"] !== "1") return refuse(response, 403, "not_authorised");
  if (noun === "sign-in" && request.method === "GET") return answer(response, 200, { provider: world.provider, local: world.hasLocal });
  if (noun === "sign-in") {
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (body["account"] !== "m.ferrer" || body["password"] !== world.password) return refuse(response, 401, "sign_in", 4);
    if (world.code !== "" && world.hasFactor && body["code"] === "") return refuse(response, 403, "second_factor");
    if (world.hasFactor && body["code"] !== world.code) return refuse(response, 401, "sign_in");
    world.isIn = true;
    return answer(response, 200, { must_change: world.mustChange, needs_factor: !world.hasFactor });
  }
  if (noun === "location" && id === "denial") {
    if (body["token"] !== LINK) return refuse(response, 403, "link_expired");
    world.isIn = false;
    return answer(response, 204);
  }
  if (!world.isIn) return refuse(response, 401, "sign_in");
  if (noun === "location" && id === "mail") {
    if (world.linkWhy === "no_mail") return answer(response, 200, { sent: false, wait_s: 0 });
    Object.assign(world, { isLinkSent: true, linkWhy: null, linkWaitS: 60 });
    return answer(response, 200, { sent: true, wait_s: 60 });
  }
  if (noun === "location") {
    if (body["token"] !== LINK) return refuse(response, 403, "link_expired");
    world.isElsewhere = false;
    return answer(response, 204);
  }
  if (noun === "sign-out") { world.isIn = false; return answer(response, 204); }
  if (noun === "second-factor" && request.method === "POST") return answer(response, 200, { secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri: "otpauth://totp/Benchside:m.ferrer?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Benchside" });
  if (noun === "second-factor") {
    if (body["code"] !== "123456") return refuse(response, 403, "second_factor");
    world.hasFactor = true;
    return answer(response, 204);
  }
  if (noun === "confirm") {
    if (body["password"] !== world.password || body["code"] !== world.code) return refuse(response, 403, "sign_in");
    world.isStale = false;
    return answer(response, 204);
  }
  if (noun === "password") {
    if (body["old"] !== world.password) return refuse(response, 403, "sign_in");
    world.password = String(body["new"]);
    world.mustChange = false;
    return answer(response, 204);
  }
  if (noun === "me" && id === "key") {
    world.key = createHash("sha256").update(Buffer.from(String(body["spki"]), "base64")).digest("hex");
    world.isInPolicy = false;
    return answer(response, 200, { fingerprint: world.key });
  }
  if (noun === "me") return answer(response, 200, { account: "m.ferrer", name: "Marta Ferrer", organisation: "Cytolux Service", must_change: world.mustChange, region: "global", server_name: "world", is_local: world.provider === null, needs_factor: !world.hasFactor, needs_location: world.isElsewhere, link_goes_to: world.isElsewhere ? "m…@cytolux.example" : null, link_sent: world.isElsewhere ? world.isLinkSent : null, link_why: world.isElsewhere ? world.linkWhy : null, link_wait_s: world.isElsewhere ? world.linkWaitS : null, is_administrator: false, officer_of: null, key: world.key ? { fingerprint: world.key, in_policy: world.isInPolicy, expires_utc_ms: world.isInPolicy ? Date.now() + 180 * 86_400_000 : null } : null });
  if (noun === "stream") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(`event: snapshot\ndata: ${JSON.stringify({ requests: [...rows.values()].map(shown) })}\n\n`);
    streams.add(response);
    return void response.on("close", () => streams.delete(response));
  }
  if (noun === "requests" && !row) return id ? refuse(response, 404, "no_request") : answer(response, 200, { requests: [...rows.values()].map(shown) });
  if (noun === "requests" && row && verb === "claim") {
    if (world.isStale) return refuse(response, 403, "step_up");
    if (row.by && row.by !== "m.ferrer") return refuse(response, 409, "claimed");
    change(row, { by: "m.ferrer", state: "claimed" });
    return answer(response, 200, session(row));
  }
  if (noun === "requests" && row && verb === "release") { change(row, { by: null, state: "queued" }); return answer(response, 204); }
  if (noun === "requests" && row && verb === "tickets") {
    if (!world.isInPolicy) return refuse(response, 403, "not_in_policy");
    const ticket = randomBytes(200);
    tickets.set(ticket.toString("hex"), { id: row.id, channel: body["channel"] as Channel });
    return answer(response, 200, { ticket: ticket.toString("base64"), relay_url: `ws://${request.headers.host}/v1/relay` });
  }
  if (noun === "sessions" && verb === "verify") return answer(response, 200, { intact: true, events: 8 });
  if (noun === "sessions" && id) {
    if (row) return answer(response, 200, session(row));
    const n = Number.parseInt(id, 16);
    const old = past(n);
    const ended = add({}); // a row to borrow a request from, not part of the list
    rows.delete(ended.id);
    push("gone", { id: ended.id });
    return answer(response, 200, { ...session({ ...ended, reason: old.reason ?? "", technician: old.technician }), id, ...{ state: "ended", ended_utc_ms: old.ended_utc_ms, opened_utc_ms: old.opened_utc_ms, outcome: old.outcome, associate: old.associate } });
  }
  if (noun === "sessions") return answer(response, 200, { sessions: Array.from({ length: 7 }, (_, i) => past(i + 1)), more: true });
  return refuse(response, 404, "no_request");
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://x").pathname;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length ? (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>) : {};
    if (path === "/world") return answer(response, 200, { result: DO[String(body["do"])]?.(body) ?? null });
    if (path.startsWith("/api/")) return void api(request, response, path, body);
    return files(path, response);
  });
});

// --- relay

new WebSocketServer({ server, path: "/v1/relay" }).on("connection", (socket: WebSocket) => {
  socket.once("message", (data: Buffer) => {
    const ticket = tickets.get(data.toString("hex"));
    tickets.delete(data.toString("hex"));
    if (!ticket) return socket.close(4401);
    const pc = pcs.get(ticket.id) ?? new FakePc(Uint8Array.from(Buffer.from(ticket.id, "hex")), Uint8Array.from(Buffer.from(DEVICE, "hex")), CODE, screenFile);
    pcs.set(ticket.id, pc);
    const pipe = { send: (frame: Uint8Array) => socket.send(frame), close: (code: number) => socket.close(code), onFrame: null as ((frame: Uint8Array) => void) | null };
    socket.on("message", (frame: Buffer) => pipe.onFrame?.(Uint8Array.from(frame)));
    socket.send("waiting");
    setTimeout(() => {
      socket.send("paired");
      pc.accept(ticket.channel, pipe);
    }, 20);
  });
});

server.listen(port, "127.0.0.1", () => process.stdout.write(`ready http://127.0.0.1:${own()} code ${CODE}\n`));
