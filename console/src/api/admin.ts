/**
 * Each call of the API that administrators make; what changes something may be answered `step_up` (parts/proof.svelte.ts).
 * `seen`: the version of what is replaced, null for something new; answered `changed` when somebody was quicker.
 */
import type {
  Customer, CustomerGiven, Device, Group, GroupGiven, Imported, Kind, Model, Person, PersonGiven, Policy, Site, SiteGiven, Token,
} from "./admin_model";
import { call, callFile } from "./http";

const at = (what: string, id: string): string => `/api/admin/${what}/${encodeURIComponent(id)}`;

export const people = async () => (await call<{ people: Person[] }>("GET", "/api/admin/people")).people;
export const putPerson = (id: string, given: PersonGiven, seen: string | null) => call<Person>("PUT", at("people", id), given, seen);
export const removePerson = (id: string, seen: string) => call<null>("DELETE", at("people", id), undefined, seen);
export const groups = async () => (await call<{ groups: Group[] }>("GET", "/api/admin/groups")).groups;
export const putGroup = (id: string, given: GroupGiven, seen: string | null) => call<null>("PUT", at("groups", id), given, seen);
export const removeGroup = (id: string, seen: string) => call<null>("DELETE", at("groups", id), undefined, seen);
export const customers = async () => (await call<{ customers: Customer[] }>("GET", "/api/admin/customers")).customers;
export const putCustomer = (id: string, given: CustomerGiven, seen: string | null) => call<null>("PUT", at("customers", id), given, seen);
export const removeCustomer = (id: string, seen: string) => call<null>("DELETE", at("customers", id), undefined, seen);
export const sites = async () => (await call<{ sites: Site[] }>("GET", "/api/admin/sites")).sites;
export const putSite = (id: string, given: SiteGiven, seen: string | null) => call<null>("PUT", at("sites", id), given, seen);
export const models = async () => (await call<{ models: Model[] }>("GET", "/api/admin/models")).models;
export const putModel = (given: Model) => call<null>("PUT", "/api/admin/models", given);
export const devices = async () => (await call<{ devices: Device[] }>("GET", "/api/admin/devices")).devices;
export const revokeDevice = (id: string) => call<null>("DELETE", at("devices", id));
/** Let one that is held go on: `number`, as its window shows it, where several came. */
export const releaseDevice = (id: string, number: string | null, withOldKey: boolean) =>
  call<null>("POST", `${at("devices", id)}/release`, { number, with_old_key: withOldKey });
export const rotateDevice = (id: string) => call<null>("POST", `${at("devices", id)}/rotation`);
export const tokens = async () => (await call<{ tokens: Token[] }>("GET", "/api/admin/tokens")).tokens;
export const makeToken = (site: string, hours: number) => call<{ token: string; expires_utc_ms: number }>("POST", "/api/admin/tokens", { site, hours });
export const revokeToken = (id: string) => call<null>("DELETE", at("tokens", id));
export const policy = () => call<Policy>("GET", "/api/admin/policy");
export const proposal = () => callFile("/api/admin/policy/proposal");
export const installPolicy = (file: Blob) => call<{ version: number }>("POST", "/api/admin/policy", file);
/** What the table would change, and the version of that. */
export const lookAtTable = (kind: Kind, table: Blob) => call<Imported>("POST", `/api/admin/import/${kind}`, table);
/** Change it, exactly as it was shown. */
export const importTable = (kind: Kind, table: Blob, shown: string) => call<Imported>("POST", `/api/admin/import/${kind}?apply=true`, table, shown);
