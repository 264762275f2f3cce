/** What a relay says in the clear: text messages of one word, and the codes with which it closes. */

export const WAITING = "waiting";
export const PAIRED = "paired";

export const RelayClose = {
  MALFORMED: 4400, TICKET_REFUSED: 4401, TICKET_USED: 4403, NO_TICKET: 4408, REPLACED: 4409, PEER_LEFT: 4410,
  TOO_LARGE: 4413, TOO_MANY: 4429, GOING_AWAY: 4503,
} as const;
