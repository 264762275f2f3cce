/** Who is signed in, as the server says, and the key that this browser holds for them. */
import * as api from "../api/calls";
import type { Me } from "../api/model";
import * as vault from "../api/vault";
import { RefusedError } from "../errors";
import { proof } from "./proof.svelte";
import { requests } from "./requests.svelte";

type State = { readonly at: "asking" } | { readonly at: "out"; readonly ended: boolean } | { readonly at: "unreachable" } | { readonly at: "in"; readonly me: Me };

let signed = $state.raw<State>({ at: "asking" });
let key = $state.raw<vault.KeptKey | null>(null);
/** Whether `key` was looked for; before that its absence means nothing. */
let isKeyKnown = $state(false);

const isOfficerOnly = (me: Me): boolean => me.officer_of !== null && !me.is_administrator && me.name === null && me.key === null;

export const account = {
  get state(): State { return signed; },
  get me(): Me | null { return signed.at === "in" ? signed.me : null; },
  /** A customer's officer who is nothing else: requests, keys and what an engineer may see do not concern them. */
  get isOfficerOnly(): boolean { return signed.at === "in" && isOfficerOnly(signed.me); },
  get key(): vault.KeptKey | null { return key; },
  get isKeyKnown(): boolean { return isKeyKnown; },
  /** This browser's key is the one the server knows. */
  get isKeyHere(): boolean { return signed.at === "in" && !!key && signed.me.key?.fingerprint === key.fingerprint; },

  async load(): Promise<void> {
    try {
      const me = await api.me();
      signed = { at: "in", me };
      if (me.must_change || me.needs_factor || me.needs_location || isOfficerOnly(me)) requests.stop();
      else requests.start();
      key = await vault.key(me.account, me.key?.fingerprint ?? null).catch(() => null);
      isKeyKnown = true;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 401) this.lost(false);
      else signed = { at: "unreachable" };
    }
  },

  async makeKey(): Promise<void> {
    if (signed.at !== "in") return;
    const made = await vault.makeKey(signed.me.account);
    await proof.for(() => api.putKey(made.spki));
    await this.load();
  },

  async signOut(): Promise<void> {
    await api.signOut().catch(() => undefined);
    this.lost(false);
  },

  /** The server no longer knows this sign-in. */
  lost(ended: boolean): void {
    requests.stop();
    key = null;
    isKeyKnown = false;
    signed = { at: "out", ended };
  },
};
