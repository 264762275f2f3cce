declare module "*.po" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
declare module "virtual:zstd-wasm" {
  const address: string;
  export default address;
}
