/** What a technician allowed in a session, from its events. */
import type { SessionEventRow } from "../../api/model";
import { CAPABILITIES } from "../../wire/capability";

export const allowed = (events: readonly SessionEventRow[]): readonly string[] =>
  CAPABILITIES.filter((word) => events.some(({ kind, details }) => kind === "capability_granted" && details["capability"] === word));
