/** The part of gettext-parser that the build uses; the package brings no types. */
declare module "gettext-parser" {
  interface Entry { readonly msgid: string; readonly msgstr: readonly string[]; readonly comments?: { readonly flag?: string } }
  export const po: { parse(data: Uint8Array): { readonly translations: Record<string, Record<string, Entry>> } };
}
