/** Lint rules: the usual strict ones, and none of what could turn a PC's text into markup. */
import svelte from "eslint-plugin-svelte";
import typescript from "typescript-eslint";

const MARKUP = "text from a PC must stay text; set textContent or build elements";

export default typescript.config(
  { ignores: ["node_modules/", "dist/"] },
  ...typescript.configs.strict,
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: typescript.parser } },
  },
  {
    rules: {
      "no-restricted-properties": ["error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc"].map((property) => ({ property, message: MARKUP })),
        ...["write", "writeln"].map((property) => ({ object: "document", property, message: MARKUP })),
      ],
      "no-restricted-syntax": ["error",
        { selector: "AssignmentExpression > MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc)$/]", message: MARKUP },
        { selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|createContextualFragment|parseFromString|setHTMLUnsafe)$/]", message: MARKUP },
      ],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-console": "error",
      "svelte/no-at-html-tags": "error",
      // Type stripping leaves unused names to TypeScript, which already refuses them.
      "@typescript-eslint/no-unused-vars": "off",
      "no-undef": "off",
    },
  },
);
