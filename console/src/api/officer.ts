/** Each call of the API that a customer's security officer makes: all of them only read. */
import type { Admitted, Device, OfficerSession, Site, Stored } from "./admin_model";
import { call } from "./http";
import type { SessionSummary } from "./model";

const at = encodeURIComponent;

export const devices = async () => (await call<{ devices: Device[] }>("GET", "/api/officer/devices")).devices;
export const stored = (id: string) => call<Stored>("GET", `/api/officer/devices/${at(id)}/stored`);
export const admitted = () => call<{ people: Admitted[]; sites: Site[] }>("GET", "/api/officer/admitted");
export const session = (id: string) => call<OfficerSession>("GET", `/api/officer/sessions/${at(id)}`);
export const verify = (id: string) => call<{ intact: boolean; events: number }>("GET", `/api/officer/sessions/${at(id)}/verify`);

export function sessions(filter: { device?: string; before?: number; limit: number }) {
  const query = new URLSearchParams({ limit: String(filter.limit) });
  if (filter.device) query.set("device", filter.device);
  if (filter.before) query.set("before", String(filter.before));
  return call<{ sessions: SessionSummary[]; more: boolean }>("GET", `/api/officer/sessions?${query}`);
}
