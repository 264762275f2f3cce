/** Commands that a person types elsewhere: the same in every language. */
const authority = (...words: readonly string[]): string => ["benchside", "authority", "--dir", "DIR", ...words].join(" ");

export const REVIEW = authority("review", "benchside.proposal");
export const EXPORT = authority("export", "policy.bin");
export const RENEW = authority("renew", "--days", "90");
export const ENROL = ["benchside", "agent", "enrol", "--token-file", "-"].join(" ");
/** The operator's settings that say where alerts may go. */
export const ALERT_SETTINGS = { file: "server.toml", targets: "alert_targets", mail: "smtp" } as const;
