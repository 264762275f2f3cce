// oidc-provider as a vendor's own sign-in: whoever comes with any password is let in, unless they were shut out.
// Words: the folder of the package, the port, where browsers go back to, where log-outs are told, and where else they may go back to.
// Lines on stdin: "disable NAME".
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, port, redirect, logout, ...more] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(join(folder, "node_modules/oidc-provider/lib/index.js")).href);
const disabled = new Set();

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "benchside-console",
    client_secret: "a client secret of thirty two letters",
    redirect_uris: [redirect, ...more],
    post_logout_redirect_uris: [],
    backchannel_logout_uri: logout,
    backchannel_logout_session_required: true,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
  }],
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  claims: { openid: ["sub"], profile: ["preferred_username", "name"], email: ["email", "email_verified"] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // it would not talk to loopback by itself
  findAccount: (_context, id) => disabled.has(id) ? undefined : {
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, name: `${id} Example`, email: `${id}@vendor.example`, email_verified: id !== "unverified" }),
  },
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const [word, name] = line.split(" ");
  if (word === "disable") disabled.add(name);
  console.log(`done ${line}`);
});
for (const name of ["backchannel.error", "server_error"]) provider.on(name, (_context, error) => console.error(name, error));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
