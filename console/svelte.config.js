/** Options of the Svelte compiler. */
export default {
  compilerOptions: {
    runes: true,
    // Elements are built one by one: no innerHTML anywhere, so Trusted Types need no exception.
    fragments: "tree",
  },
};
