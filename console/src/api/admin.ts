/** Each call of the API that administrators make; what changes something may be answered `step_up` (parts/proof.svelte.ts). */
import type {
  Customer, CustomerGiven, Device, Group, GroupGiven, Imported, Kind, Model, Person, PersonGiven, Policy, Site, SiteGiven, Token,
} from "./admin_model";
import { call, callFile } from "./http";

const at = (what: string, id: string): string => `/api/admin/${what}/${encodeURIComponent(id)}`;

export const people = async () => (await call<{ people: Person[] }>("GET", "/api/admin/people")).people;
export const putPerson = (id: string, given: PersonGiven) => call<Person>("PUT", at("people", id), given);
export const removePerson = (id: string) => call<null>("DELETE", at("people", id));
export const groups = async () => (await call<{ groups: Group[] }>("GET", "/api/admin/groups")).groups;
export const putGroup = (id: string, given: GroupGiven) => call<null>("PUT", at("groups", id), given);
export const removeGroup = (id: string) => call<null>("DELETE", at("groups", id));
export const customers = async () => (await call<{ customers: Customer[] }>("GET", "/api/admin/customers")).customers;
export const putCustomer = (id: string, given: CustomerGiven) => call<null>("PUT", at("customers", id), given);
export const removeCustomer = (id: string) => call<null>("DELETE", at("customers", id));
export const sites = async () => (await call<{ sites: Site[] }>("GET", "/api/admin/sites")).sites;
export const putSite = (id: string, given: SiteGiven) => call<null>("PUT", at("sites", id), given);
export const models = async () => (await call<{ models: Model[] }>("GET", "/api/admin/models")).models;
export const putModel = (given: Model) => call<null>("PUT", "/api/admin/models", given);
export const devices = async () => (await call<{ devices: Device[] }>("GET", "/api/admin/devices")).devices;
export const revokeDevice = (id: string) => call<null>("DELETE", at("devices", id));
/** Let one that is held go on: `number`, as its window shows it, where several came. */
export const releaseDevice = (id: string, number: string | null) => call<null>("POST", `${at("devices", id)}/release`, { number });
export const rotateDevice = (id: string) => call<null>("POST", `${at("devices", id)}/rotation`);
export const tokens = async () => (await call<{ tokens: Token[] }>("GET", "/api/admin/tokens")).tokens;
export const makeToken = (site: string, hours: number) => call<{ token: string; expires_utc_ms: number }>("POST", "/api/admin/tokens", { site, hours });
export const revokeToken = (id: string) => call<null>("DELETE", at("tokens", id));
export const policy = () => call<Policy>("GET", "/api/admin/policy");
export const proposal = () => callFile("/api/admin/policy/proposal");
export const installPolicy = (file: Blob) => call<{ version: number }>("POST", "/api/admin/policy", file);
/** Without `apply` it only tells what the table would change. */
export const importTable = (kind: Kind, table: Blob, apply: boolean) => call<Imported>("POST", `/api/admin/import/${kind}?apply=${apply}`, table);
