/** Both catalogues hold the same ids, with the same places to fill in, and every id that the code names. */
import { SEVERITIES, STATES } from "../src/api/fleet";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCatalogue } from "../build/po";
import { KINDS } from "../src/api/admin_model";
import { REFUSALS } from "../src/errors";
import { ALERT_STATES, ALERT_WHYS } from "../src/pages/admin/alert_states";
import { ADVISORY_STATES, ANSWER_STATES } from "../src/pages/admin/meant";
import { DEVICE_STATES, PERSON_STATES } from "../src/pages/admin/states";
import { WHYS } from "../src/pages/admin/sheets";
import { SPECIAL_KEYS } from "../src/viewer/keys";
import { CAPABILITIES } from "../src/wire/capability";
import { SESSION_ENDS } from "../src/wire/session";

const source = join(process.cwd(), "src");
const catalogues = { en: readCatalogue(join(source, "locale/en.po")), es: readCatalogue(join(source, "locale/es.po")) };
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
const code = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|svelte)$/.test(name))
  .map((name) => readFileSync(join(source, name), "utf8")).join("\n");

/** ChangeKind of the protocol. */
const CHANGE_KINDS = [
  "raised", "changed", "cleared", "latched", "acknowledged", "shelved", "unshelved", "latch_reset", "suppressed", "unsuppressed",
  "out_of_service", "in_service", "flapping", "steady", "folded", "popped_up", "started", "stopped", "clock_jumped",
];

describe("catalogues", () => {
  it("hold the same ids in both languages", () => expect(Object.keys(catalogues.es).sort()).toEqual(Object.keys(catalogues.en).sort()));
  it("fill in the same places", () => {
    for (const [id, text] of Object.entries(catalogues.en)) expect([id, places(catalogues.es[id] ?? "")]).toEqual([id, places(text)]);
  });
  it("say by whose midnight a last day ends, wherever one is entered or shown", () => {
    const ids = [
      "admin.person.until_hint", "admin.person.trainings_hint", "admin.people.lead", "admin.kind_hint.people", "admin.kind_hint.trainings",
      "admin.policy.renew", "admin.advisories.until_hint", "officer.people.lead", "key.good_until",
    ];
    for (const each of Object.values(catalogues)) for (const id of ids) expect(each[id], id).toContain("UTC");
  });
  it("hold every id that is named in the code", () => {
    const named = [...code.matchAll(/\bt\("([a-z_0-9.]+)"/g)].map(([, id]) => id ?? "");
    const counted = [...code.matchAll(/\bcount\("([a-z_0-9.]+)"/g)].flatMap(([, id]) => [`${id}.one`, `${id}.other`]);
    expect(named.length).toBeGreaterThan(150);
    for (const id of [...named, ...counted]) expect(catalogues.en, id).toHaveProperty([id]);
  });
  it("hold a sentence for every word that the other end may say", () => {
    const words = [
      ...REFUSALS.map((word) => `refusal.${word}`), ...[...SESSION_ENDS, "replaced", "refused"].map((word) => `end.${word}`),
      ...["revoked", "given_back", "expired", "unanswered", "view_ended", "session_ended"].map((word) => `grant_end.${word}`),
      ...CAPABILITIES.map((word) => `capability.${word}`), ...SPECIAL_KEYS.map(({ id }) => `keys.${id}`),
      ...PERSON_STATES.map((word) => `admin.state.${word}`), ...DEVICE_STATES.map((word) => `admin.device_state.${word}`), ...KINDS.flatMap((word) => [`admin.kind.${word}`, `admin.kind_hint.${word}`]),
        ...["went_back", "ahead", "copied", "old_key"].map((word) => `admin.held.${word}`),
      ...[...WHYS, "empty_cell"].map((word) => `admin.why.${word}`),
      ...SEVERITIES.map((word) => `severity.${word}`), ...STATES.map((word) => `fleet.state.${word}`),
      ...ADVISORY_STATES.map((word) => `admin.advisory_state.${word}`), ...ANSWER_STATES.map((word) => `admin.answer.${word}`),
      ...ALERT_STATES.map((word) => `admin.alert_state.${word}`), ...ALERT_WHYS.map((word) => `admin.alert_why.${word}`), "admin.alerts.way.mail", "admin.alerts.way.service",
      "language.long.en", "language.long.es",
      ...SEVERITIES.map((word) => `advisory.severity.${word}`), "advisory.preview.en", "advisory.preview.es",
      ...["all_sites", "all_models", "n_sites.one", "n_sites.other", "n_models.one", "n_models.other"].map((word) => `admin.where.${word}`),
      ...CHANGE_KINDS.map((word) => `change.${word}`),
      ...["none", "waiting", "exact", "paused", "lost"].map((word) => `picture.${word}`),
    ];
    for (const id of words) expect(catalogues.en, id).toHaveProperty([id]);
  });
  it("hold nothing that nobody says", () => {
    const families = /^(admin\.(held|advisory_state|alert_state|alert_why|alerts\.way|answer|where\.(all|n)_[a-z]+|state|kind|kind_hint|why|refused|role|role_hint|page|field|change|change_text|what|term|training|token_state|device_state|site_state|mail_language|tokens\.for|groups\.(all|n)_[a-z]+)|fleet\.state|advisory\.(severity|preview)|severity|change|hours\.fault|officer\.(page|stored\.field)|sign_in\.back|type\.ended|quality|covered|attention|refusal|end|event|detail|grant_end|capability|keys|picture|state|source|purpose|grant|language|title)\./;
    const unused = Object.keys(catalogues.en).filter((id) => !families.test(id) && !code.includes(`"${id.replace(/\.(one|other)$/, "")}"`));
    expect(unused).toEqual([]);
  });
});
