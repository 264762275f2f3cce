/** What this browser keeps in IndexedDB: the associate's key, which cannot be read out, and the identities of PCs seen. */
import { fingerprint, makeIdentity } from "../trust/keys";
import { toHex, type Bytes } from "../trust/bytes";

const NAME = "benchside";
const KEYS = "keys";
const DEVICES = "devices";

export interface KeptKey { readonly privateKey: CryptoKey; readonly spki: Bytes; readonly fingerprint: string; readonly madeUtcMs: number }
/** The identity of a PC, as this browser has met it. */
export interface KeptDevice { readonly fingerprint: string; readonly firstUtcMs: number; readonly lastUtcMs: number }

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(KEYS);
      opening.result.createObjectStore(DEVICES);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error("this browser keeps no data"));
  });
}

async function work<T>(store: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("this browser keeps no data"));
    });
  } finally {
    db.close();
  }
}

/** Where a key rests until the server has taken it; no account has a space in it. */
const next = (account: string): string => `${account} next`;

/**
 * The key of this account in this browser; null when there is none yet. `registered`: the fingerprint that the server
 * knows. Where that is the key which was made last, it takes the place of the one before now.
 */
export async function key(account: string, registered: string | null): Promise<KeptKey | null> {
  const made = (await work(KEYS, "readonly", (store) => store.get(next(account)))) as KeptKey | undefined;
  if (made && made.fingerprint === registered) {
    await work(KEYS, "readwrite", (store) => {
      store.delete(next(account));
      return store.put(made, account);
    });
    return made;
  }
  return ((await work(KEYS, "readonly", (store) => store.get(account))) as KeptKey | undefined) ?? null;
}

/** Make a key for this account; the one before is there until the server has taken this one. Takes up to two seconds. */
export async function makeKey(account: string): Promise<KeptKey> {
  const { privateKey, spki } = await makeIdentity();
  const made: KeptKey = { privateKey, spki, fingerprint: toHex(fingerprint(spki)), madeUtcMs: Date.now() };
  await work(KEYS, "readwrite", (store) => store.put(made, next(account)));
  // Browsers may clear unused sites; asking to be kept costs nothing and may be refused.
  await navigator.storage?.persist?.().catch(() => false);
  return made;
}

/** Per server as well as per device: one browser may know several servers under one address over time. */
export const device = async (id: string): Promise<KeptDevice | null> =>
  ((await work(DEVICES, "readonly", (store) => store.get(id))) as KeptDevice | undefined) ?? null;

/** Remember the identity of a PC with which a code was proved, or that a person accepted. */
export async function rememberDevice(id: string, seen: string): Promise<void> {
  const before = await device(id);
  const now = Date.now();
  const kept: KeptDevice = { fingerprint: seen, firstUtcMs: before?.fingerprint === seen ? before.firstUtcMs : now, lastUtcMs: now };
  await work(DEVICES, "readwrite", (store) => store.put(kept, id));
}
