/** The conversation on `main` once its keys exist: asking, grants and their ends. */
import { REFUSALS } from "../errors";
import { Capability, GrantEnd, GrantScope } from "./capability";
import { Bytes16, Bytes32 } from "./handshake";
import { bool, Family, int, list, message, oneOf, optional, struct, type Infer, type MessageOf } from "./schema";
import { Line, Name } from "./text";

const Seconds = int(0, 8 * 3600);
const Sent = int(0, 2 ** 53);

export const SESSION_ENDS = [
  "stopped", "left", "cancelled", "code_expired", "line_lost", "desk_lost", "indicator_lost", "host_lost", "agent_lost",
  "pc_slept", "pc_locked", "display_lost", "policy_changed", "peer_fault", "too_long", "journal_failed", "program_error",
  "device_held",
] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

/** One instrument of the PC. */
export const InstrumentInfo = struct({ id: Line, model: Line, serial: Line, patient_data: bool });
export type Instrument = Infer<typeof InstrumentInfo>;

const kinds = [
  message("ask", { capability: Capability, purpose: Line }),
  message("give_back", { capability: Capability }),
  message("leave", {}),
  message("pc", {
    site: Line, device: Line, technician: Name, instruments: list(InstrumentInfo, 0, 16), offered: list(Capability, 0, 5),
  }),
  message("asked", { capability: Capability, answer_within_s: Seconds }),
  message("granted", { capability: Capability, grant: Bytes16, secret: Bytes32, ends_in_s: Seconds, scope: GrantScope }),
  message("not_granted", { capability: Capability, reason: oneOf(REFUSALS), again_in_s: optional(Seconds) }),
  message("extended", { capability: Capability, grant: Bytes16, ends_in_s: Seconds }),
  message("ended", { capability: Capability, grant: Bytes16, reason: GrantEnd }),
  message("paused", { paused: bool }),
  message("over", { reason: oneOf(SESSION_ENDS) }),
  message("ping", { sent_ms: Sent }),
  message("pong", { sent_ms: Sent }),
] as const;

export type SessionMessage = MessageOf<(typeof kinds)[number]>;
export const SESSION = new Family("session", 32 * 1024, kinds);
