/** How conditions are said: the PC's sentence in the person's language, or what there is. */
import type { Severity } from "../../api/fleet";
import { language } from "../../parts/text.svelte";

export const TONES: Readonly<Record<Severity, { readonly chip: string; readonly icon: "alert" | "bell" | "info" }>> = {
  critical: { chip: "chip danger", icon: "alert" },
  serious: { chip: "chip danger", icon: "bell" },
  warning: { chip: "chip warn", icon: "bell" },
  info: { chip: "chip primary", icon: "info" },
};

export function sentenceOf(texts: Readonly<Record<string, string>>, code: string | null, subject: string | null): string {
  return texts[language()] ?? texts["en"] ?? Object.values(texts)[0] ?? [code, subject].filter(Boolean).join(": ");
}
